package org.dure.console;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;

/// The study's picture as all viewers share it: however many look, the hub is asked at most once in
/// [#FRESH]. Thread-safe.
final class StatusCache implements AutoCloseable {
  /// How long one picture serves, nanoseconds.
  static final long FRESH = 500_000_000L;

  private final Supplier<StudyStatus> status;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private @Nullable StudyStatus picture;
  private long taken;
  private boolean closed;

  StatusCache(Supplier<StudyStatus> status) {
    this(status, System::nanoTime);
  }

  StatusCache(Supplier<StudyStatus> status, LongSupplier nanos) {
    this.status = status;
    this.nanos = nanos;
  }

  /// The present picture, at most [#FRESH] old.
  StudyStatus picture() {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      StudyStatus known = picture;
      if (known == null || now - taken >= FRESH) {
        known = status.get();
        picture = known;
        taken = now;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for `millis`, then gives the picture if more than its time differs from `seen`.
  ///
  /// @return empty where nothing happened
  Optional<StudyStatus> after(@Nullable StudyStatus seen, long millis) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (!closed && left > 0) {
        left = ended.awaitNanos(left);
      }
      if (closed) {
        return Optional.empty();
      }
    } finally {
      lock.unlock();
    }
    StudyStatus now = picture();
    return seen != null && now.still().equals(seen.still()) ? Optional.empty() : Optional.of(now);
  }

  boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /// Ends every wait.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
