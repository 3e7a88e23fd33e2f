package org.dure.federation.region;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.Sha256;
import org.dure.federation.protocol.Message;

/// What a region lets leave in one study: decided at the site, outside the workload, before any
/// byte goes out.
///
/// A hello belongs to no round: it is a few hundred bytes about the region's state, logged like
/// everything, and how often it may leave is for [HelloPace] to say. What is said of the work goes
/// by time, every two seconds, however long a round is.
///
/// @param kinds that may leave, out of [#KINDS], each with the words of the site's policy that
///     allow it
/// @param bytesPerRound most bytes of all kinds but hellos and activity together in one round of
///     one study
/// @param digest of the site's policy that this comes from, for the export log
/// @param accepted how much was accepted; empty where nobody was asked
public record ExportPolicy(
    Map<String, String> kinds, long bytesPerRound, String digest, Optional<Accepted> accepted) {
  /// How much was accepted in all.
  ///
  /// @param region whose people did
  /// @param consent digest of what was accepted, when and how: another starts the count anew
  /// @param bounds by kind out of [#KINDS]; of a kind that has none only time and round bound it
  /// @param more what to do for more, for people
  public record Accepted(String region, String consent, Map<String, Bound> bounds, String more) {
    public Accepted {
      bounds = Map.copyOf(bounds);
    }
  }

  /// What leaves in one round counts as one time, or as more where it is more than one time's
  /// bytes.
  ///
  /// @param part what the terms call it; kinds of the same part count together
  /// @param bytes each time, at least 1
  /// @param times in all
  public record Bound(String part, long bytes, long times) {
    /// How many times so many bytes of one round are.
    long times(long inRound) {
      return Math.ceilDiv(inRound, bytes);
    }
  }

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

  /// Where nobody was asked.
  public ExportPolicy(Map<String, String> kinds, long bytesPerRound, String digest) {
    this(kinds, bytesPerRound, digest, Optional.empty());
  }

  /// The same within what was accepted.
  public ExportPolicy within(Accepted some) {
    return new ExportPolicy(kinds, bytesPerRound, digest, Optional.of(some));
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
    return !kind.equals(Message.Hello.KIND) && !kind.equals(Message.Activity.KIND);
  }

  /// Every kind, up to 4 GiB a round.
  public static ExportPolicy standard() {
    return of(KINDS, 4L << 30);
  }
}
