package org.dure.federation.region;

import java.util.List;
import java.util.Set;
import org.dure.core.Settings;
import org.dure.federation.protocol.Message;

/// What a region lets leave: decided at the site, outside the workload, before any byte goes out.
///
/// @param kinds that may leave, out of [#KINDS]
/// A hello belongs to no round: it is a few hundred bytes about the region's state, logged like
/// everything, and how often it may leave is for [HelloPace] to say.
///
/// @param bytesPerRound most bytes of all kinds but hellos together in one round of one study
public record ExportPolicy(Set<String> kinds, long bytesPerRound) {
  /// Every kind of export there is.
  public static final List<String> KINDS =
      List.of(
          "hello",
          "activity",
          "preparation",
          "delta",
          "contribution",
          "scores",
          "keys",
          "shares",
          "confirmation",
          "revelation",
          "withdrawal");

  public ExportPolicy {
    kinds = Set.copyOf(kinds);
  }

  /// Whether exports of the kind are counted against [#bytesPerRound].
  static boolean isBudgeted(String kind) {
    return !kind.equals(Message.Hello.KIND);
  }

  /// Every kind, up to 4 GiB a round.
  public static ExportPolicy standard() {
    return new ExportPolicy(Set.copyOf(KINDS), 4L << 30);
  }

  /// Reads `exports.kinds` and `exports.bytes-per-round`.
  public static ExportPolicy of(Settings settings) {
    List<String> kinds = settings.strings("exports.kinds", KINDS);
    for (String kind : kinds) {
      if (!KINDS.contains(kind)) {
        settings.problem("exports.kinds has \"%s\": expected some of %s".formatted(kind, KINDS));
      }
    }
    long bytes = settings.wholeNumber("exports.bytes-per-round", 4L << 30, 0, Long.MAX_VALUE);
    return new ExportPolicy(Set.copyOf(kinds), bytes);
  }
}
