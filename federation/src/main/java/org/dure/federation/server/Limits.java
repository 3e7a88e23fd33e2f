package org.dure.federation.server;

import java.time.Duration;
import org.dure.core.TensorLayout;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Study;

/// What one region may ask of the hub: so many requests a second, chunks so long, so many bytes
/// before a message of it counts. Thread-safe.
final class Limits {
  /// Counts what is turned away.
  @FunctionalInterface
  interface Counter {
    MessageRejected refused(String region, RejectReason refusal, String message);
  }

  /// Deltas that a region may have sent in vain, and what it may have sent beside them, before the
  /// oldest give way.
  private static final int DELTAS = 4;

  private static final long SPARE = 16 << 20;

  /// Bytes of chunks a second that a region may move, and chunks, however small they are.
  private static final long MOST_CHUNK_BYTES = 128L << 20;

  private static final int LEAST_CHUNKS = 500;
  private static final int MOST_CHUNKS = 5_000;

  /// Files that a region may have sent beside its deltas: lists, and chunks of other shapes.
  private static final long SPARE_FILES = 1 << 10;

  /// Fragments of a list that are as much work as a request.
  private static final int FRAGMENTS_A_REQUEST = 256;

  /// A message is as much work as so many requests: its signature is checked.
  private static final int REQUESTS_A_MESSAGE = 3;

  /// A list without its fragments, and each of them, as JSON in whatever layout.
  private static final long LIST_HEAD = 4 << 10;

  private static final long LIST_ENTRY = 80;

  private final long modelBytes;
  private final long partBytes;
  private final int fragmentBytes;
  private final Counter counter;
  private final RateLimiter rate = new RateLimiter(RateLimiter.REGION);
  private final RateLimiter.Rate chunkRate;
  private final RateLimiter chunks;

  Limits(TensorLayout layout, Study study, Counter counter) {
    this.modelBytes = 4 * layout.elements();
    this.partBytes = CommonPreparation.mostBytes(study);
    this.fragmentBytes = study.fragmentBytes();
    this.counter = counter;
    int perSecond = Math.clamp(MOST_CHUNK_BYTES / fragmentBytes, LEAST_CHUNKS, MOST_CHUNKS);
    this.chunkRate = new RateLimiter.Rate(2 * perSecond, perSecond, RateLimiter.REGION.mostDelay());
    this.chunks = new RateLimiter(chunkRate);
  }

  /// Lets an admitted region wait where it asks faster than the hub lets one region.
  ///
  /// @throws MessageRefused with [RejectReason#TOO_OFTEN]
  void awaitTurn(String region) {
    awaitTurn(region, rate, RateLimiter.REGION);
  }

  /// As [#awaitTurn], for a message.
  void awaitMessageTurn(String region) {
    awaitTurn(region);
    rate.charge(region, REQUESTS_A_MESSAGE - 1);
  }

  /// As [#awaitTurn], for a chunk: as many a second as fill a fast link.
  void awaitChunkTurn(String region) {
    awaitTurn(region, chunks, chunkRate);
  }

  private void awaitTurn(String region, RateLimiter limiter, RateLimiter.Rate most) {
    Duration delay =
        limiter
            .take(region)
            .orElseThrow(
                () ->
                    counter.refused(
                        region,
                        RejectReason.TOO_OFTEN,
                        "more than %d requests a second of %s"
                            .formatted(most.perSecond(), region)));
    if (!delay.isZero()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Charges a region for a list of so many fragments: each is looked for on the disk.
  void chargeList(String region, int fragments) {
    rate.charge(region, fragments / FRAGMENTS_A_REQUEST);
  }

  /// Longest list in bytes that makes sense in this study.
  ///
  /// @param prepares whether parts of the common preparation may come
  int mostList(boolean prepares) {
    long most = Math.max(modelBytes, prepares ? partBytes : 0);
    long fragments = FragmentList.count(most, fragmentBytes);
    return (int) Math.min(FragmentList.MOST_BYTES, LIST_HEAD + fragments * LIST_ENTRY);
  }

  private long partFragments() {
    return FragmentList.count(partBytes, fragmentBytes);
  }

  /// @throws MessageRefused if no chunk may be that long
  void checkSize(String region, long length) {
    long most = Math.max(fragmentBytes, FragmentList.MOST_BYTES);
    if (length > most) {
      throw counter.refused(
          region,
          RejectReason.TOO_LARGE,
          "a chunk of %d bytes: expected at most %d".formatted(length, most));
    }
  }

  /// What a region may have here that no message of it counts yet: some deltas with their files,
  /// and before the first round its part of the preparation.
  ///
  /// @param prepares whether parts of the common preparation may be among it
  UploadQuota.Quota quota(boolean prepares) {
    long fragments = FragmentList.count(modelBytes, fragmentBytes);
    return new UploadQuota.Quota(
        DELTAS * (modelBytes + fragments * UploadQuota.FILE_COST)
            + (prepares ? Math.max(SPARE, partBytes) : SPARE),
        DELTAS * fragments
            + SPARE_FILES
            + (prepares ? Math.min(FragmentList.MOST_FRAGMENTS, partFragments()) : 0));
  }
}
