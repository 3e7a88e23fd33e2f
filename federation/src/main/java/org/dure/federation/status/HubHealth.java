package org.dure.federation.status;

import java.time.Duration;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Why the hub pauses, and since when: a step that failed, a full disk that a region met, counts
/// that could not be kept. Thread-safe.
public final class HubHealth {
  /// The same trouble after a shorter pause than this is still the same.
  private static final long SAME_MILLIS = 5_000;

  private static final Duration FULL = Duration.ofSeconds(15);

  private @Nullable DureException failed;
  private @Nullable DureException full;
  private long fullAt;
  private @Nullable DureException unkept;
  private @Nullable ErrorCode code;
  private long since;
  private long seen;

  /// The hub's own step has failed; null if it has not, or is mended.
  public synchronized void failed(@Nullable DureException why) {
    failed = why;
  }

  /// A full disk that a region's message or chunk met is trouble until there has been none for a
  /// while, or a message is in the log: regions try again all the time.
  public synchronized void met(DureException e) {
    if (e.code() == ErrorCode.DISK_FULL || e.code() == ErrorCode.STORE_UNREACHABLE) {
      full = e;
      fullAt = System.nanoTime();
    }
  }

  /// A message is in the log: there is room.
  public synchronized void logged() {
    full = null;
  }

  /// Why the counts could not be kept; null if they could.
  public synchronized void unkept(@Nullable DureException why) {
    unkept = why;
  }

  /// Why the study pauses; null if it does not.
  public synchronized @Nullable DureException now() {
    boolean still = full != null && System.nanoTime() - fullAt < FULL.toNanos();
    DureException other = still ? full : unkept;
    return failed == null ? other : failed;
  }

  /// Remembers since when there is trouble; short breaks do not count.
  ///
  /// @param time milliseconds since 1970
  public synchronized StudyStatus.@Nullable Trouble watch(long time) {
    DureException why = now();
    if (why == null) {
      return null;
    }
    if (why.code() != code || time - seen > SAME_MILLIS) {
      since = time;
    }
    code = why.code();
    seen = time;
    return new StudyStatus.Trouble(why.code().name(), String.valueOf(why.getMessage()), since);
  }
}
