package org.dure.federation;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.dure.core.TensorLayout;

/// What one region may ask of the hub: so many requests a second, chunks so long, so many bytes
/// before a message of it counts. Thread-safe.
final class Limits {
  /// Counts what is turned away.
  @FunctionalInterface
  interface Counter {
    MessageRefused refused(String region, Refusal refusal, String message);
  }

  /// Deltas that a region may have sent in vain, and what it may have sent beside them.
  private static final int DELTAS = 4;

  private static final long SPARE = 16 << 20;

  private final long modelBytes;
  private final int fragmentBytes;
  private final Counter counter;
  private final Pace pace = new Pace();
  private final Map<String, Long> unclaimed = new HashMap<>();

  Limits(TensorLayout layout, int fragmentBytes, Counter counter) {
    this.modelBytes = 4 * layout.elements();
    this.fragmentBytes = fragmentBytes;
    this.counter = counter;
  }

  /// Lets an admitted region wait where it asks faster than the hub lets one region.
  ///
  /// @throws MessageRefused with [Refusal#TOO_OFTEN]
  void pace(String region) {
    Duration delay =
        pace.take(region)
            .orElseThrow(
                () ->
                    counter.refused(
                        region,
                        Refusal.TOO_OFTEN,
                        "more than %d requests a second of %s".formatted(Pace.PER_SECOND, region)));
    if (!delay.isZero()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// @throws MessageRefused if no chunk may be that long
  void checkSize(String region, long length) {
    long most = Math.max(fragmentBytes, FragmentList.MOST_BYTES);
    if (length > most) {
      throw counter.refused(
          region,
          Refusal.TOO_LARGE,
          "a chunk of %d bytes: expected at most %d".formatted(length, most));
    }
  }

  /// Counts what a region sends before a message of it counts; less than 0 gives back.
  ///
  /// @param prepares whether parts of the common preparation may be among it
  /// @throws MessageRefused with [Refusal#QUOTA_USED]
  void claim(String region, long bytes, boolean prepares) {
    long quota = quota(prepares);
    boolean within;
    synchronized (unclaimed) {
      long sum = unclaimed.getOrDefault(region, 0L) + bytes;
      within = sum <= quota || bytes < 0;
      if (within) {
        unclaimed.put(region, sum);
      }
    }
    if (!within) {
      throw counter.refused(
          region,
          Refusal.QUOTA_USED,
          "more than %d bytes since the last message that counted".formatted(quota));
    }
  }

  /// What a region may have here that no message of it counts yet: some deltas with their files,
  /// and before the first round its part of the preparation.
  private long quota(boolean prepares) {
    long fragments = FragmentList.count(modelBytes, fragmentBytes);
    return DELTAS * (modelBytes + fragments * HubChunks.FILE_COST)
        + (prepares ? Inspection.MOST_BYTES : SPARE);
  }

  /// A message of the region counts.
  void forgetClaims(String region) {
    synchronized (unclaimed) {
      unclaimed.remove(region);
    }
  }
}
