package org.dure.federation.region;

import java.util.Map;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.LeastRecentlyUsed;
import org.dure.federation.region.ExportPolicy.Accepted;
import org.dure.federation.region.ExportPolicy.Bound;

/// What has left since it was accepted, part by part of the terms, as the export log says it: over
/// all studies that one consent covers, whatever rounds a hub calls it of. Not thread-safe.
final class AcceptedExports {
  /// The kind of a line that says from where on a consent counts.
  static final String CONSENT = "consent";

  /// Rounds that are remembered; of an older one the same again is one time more.
  private static final int MOST_ROUNDS = 256;

  private record InRound(String part, String study, int round) {}

  private static final class Count {
    private long times;
    private long bytes;
  }

  private final Accepted accepted;
  private final Map<String, Count> parts = new TreeMap<>();
  private final LeastRecentlyUsed<InRound, Long> rounds = new LeastRecentlyUsed<>(MOST_ROUNDS);
  private boolean counting;

  AcceptedExports(Accepted accepted) {
    this.accepted = accepted;
  }

  /// Whether the log has no line of this consent. A yes counts once, from its first line on: one
  /// that is put back after a newer one has all the more left since.
  boolean isNew() {
    return !counting;
  }

  void take(ExportLog.Entry entry) {
    if (entry.kind().equals(CONSENT)) {
      if (!counting && entry.digest().equals(accepted.consent())) {
        counting = true;
        parts.clear();
        rounds.removeIf(round -> true);
      }
      return;
    }
    Bound bound = accepted.bounds().get(entry.kind());
    if (bound != null) {
      InRound key = new InRound(bound.part(), entry.study(), entry.round());
      long before = inRound(key);
      Count count = count(bound);
      count.times += bound.times(before + entry.bytes()) - bound.times(before);
      count.bytes += entry.bytes();
      rounds.put(key, before + entry.bytes());
    }
  }

  private long inRound(InRound key) {
    Long known = rounds.get(key);
    return known == null ? 0 : known;
  }

  private Count count(Bound bound) {
    return parts.computeIfAbsent(bound.part(), part -> new Count());
  }

  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if so much more is more than was
  ///     accepted
  void require(String study, int round, String kind, long bytes) {
    Bound bound = accepted.bounds().get(kind);
    if (bound == null) {
      return;
    }
    long before = inRound(new InRound(bound.part(), study, round));
    Count count = count(bound);
    long needed = count.times + bound.times(before + bytes) - bound.times(before);
    if (needed > bound.times()) {
      throw new DureException(
          ErrorCode.CONSENT_MISSING,
          "%s of %,d bytes in round %d: of %s at most %,d bytes were accepted %,d times, and %,d bytes"
                  .formatted(
                      kind, bytes, round, bound.part(), bound.bytes(), bound.times(), count.bytes)
              + " have left in %,d times since; %s".formatted(count.times, accepted.more()));
    }
  }
}
