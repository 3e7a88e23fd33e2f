package org.dure.federation.region;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.Sha256;
import org.dure.federation.protocol.Message;

/// What a region lets leave in one study: decided at the site, outside the workload, before any
/// byte goes out.
///
/// A hello belongs to no round: it is a few hundred bytes about the region's state, logged like
/// everything, and how often it may leave is for [HelloPace] to say.
///
/// @param kinds that may leave, out of [#KINDS], each with the words of the site's policy that
///     allow it
/// @param bytesPerRound most bytes of all kinds but hellos together in one round of one study
/// @param digest of the site's policy that this comes from, for the export log
public record ExportPolicy(Map<String, String> kinds, long bytesPerRound, String digest) {
  /// Every kind of export there is.
  public static final List<String> KINDS =
      List.of(
          "hello",
          "activity",
          "preparation",
          "delta",
          "spending",
          "contribution",
          "scores",
          "keys",
          "shares",
          "confirmation",
          "revelation",
          "withdrawal");

  public ExportPolicy {
    kinds = Map.copyOf(new TreeMap<>(kinds));
  }

  /// Of a site without a policy of its own.
  public static ExportPolicy of(Collection<String> kinds, long bytesPerRound) {
    return new ExportPolicy(
        kinds.stream().collect(Collectors.toMap(kind -> kind, kind -> kind)),
        bytesPerRound,
        Sha256.NONE);
  }

  /// Whether exports of the kind are counted against [#bytesPerRound].
  static boolean isBudgeted(String kind) {
    return !kind.equals(Message.Hello.KIND);
  }

  /// Every kind, up to 4 GiB a round.
  public static ExportPolicy standard() {
    return of(KINDS, 4L << 30);
  }
}
