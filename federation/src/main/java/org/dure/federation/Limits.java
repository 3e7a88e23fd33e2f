package org.dure.federation;

import java.time.Duration;
import org.dure.core.TensorLayout;

/// What one region may ask of the hub: so many requests a second, chunks so long, so many bytes
/// before a message of it counts. Thread-safe.
final class Limits {
  /// Counts what is turned away.
  @FunctionalInterface
  interface Counter {
    MessageRefused refused(String region, Refusal refusal, String message);
  }

  /// Deltas that a region may have sent in vain, and what it may have sent beside them, before the
  /// oldest give way.
  private static final int DELTAS = 4;

  private static final long SPARE = 16 << 20;

  private final long modelBytes;
  private final int fragmentBytes;
  private final Counter counter;
  private final Pace pace = new Pace();

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

  /// What a region may have here that no message of it counts yet: some deltas with their files,
  /// and before the first round its part of the preparation.
  ///
  /// @param prepares whether parts of the common preparation may be among it
  Claims.Quota quota(boolean prepares) {
    long fragments = FragmentList.count(modelBytes, fragmentBytes);
    return new Claims.Quota(
        DELTAS * (modelBytes + fragments * Claims.FILE_COST)
            + (prepares ? Inspection.MOST_BYTES : SPARE),
        DELTAS * fragments + FragmentList.MOST_FRAGMENTS);
  }
}
