package org.dure.serving;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// Who may generate: a bounded number of requests at once, a bounded number waiting in the order of
/// their arrival, and among those that generate, turns step by step.
///
/// ```
/// request -> waiting (FIFO, bounded) -> active (bounded) -> turn (fair, one step of a model)
/// ```
///
/// Thread-safe.
final class Admission {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final ServingLimits limits;
  private final Semaphore turns;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Object> waiting = new ArrayDeque<>();
  private int active;
  private boolean closing;
  private volatile boolean cut;

  Admission(ServingLimits limits) {
    this.limits = limits;
    // Fair: whoever has just had a step stands behind everyone who waits for one.
    this.turns = new Semaphore(limits.steps(), true);
  }

  /// Waits until the request may generate.
  ///
  /// @param gone whether the client has left; asked while waiting
  /// @throws ApiError if too many wait, or the server stops
  /// @throws Departure.ClientGone if the client left while it waited
  void enter(BooleanSupplier gone) {
    lock.lock();
    try {
      refuseIfClosing();
      if (waiting.size() >= limits.waiting() && active + waiting.size() >= limits.active()) {
        throw new ApiError(
            503,
            ApiError.SERVER_ERROR,
            null,
            "server_overloaded",
            "The server is answering %d requests and %d are waiting. Please try again later."
                .formatted(active, waiting.size()));
      }
      Object ticket = new Object();
      waiting.addLast(ticket);
      try {
        while (active >= limits.active() || waiting.peekFirst() != ticket) {
          boolean unused = changed.awaitNanos(LOOK_NANOS) > 0;
          refuseIfClosing();
          if (gone.getAsBoolean()) {
            throw new Departure.ClientGone();
          }
        }
        active++;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Departure.ClientGone();
      } finally {
        waiting.remove(ticket);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Gives the place back.
  void leave() {
    lock.lock();
    try {
      active--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a turn to run one step of a model; [#endTurn] must follow.
  void beginTurn() {
    if (cut) {
      throw stopping();
    }
    turns.acquireUninterruptibly();
  }

  void endTurn() {
    turns.release();
  }

  int active() {
    lock.lock();
    try {
      return active;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /// Lets nobody in any more, waits up to `grace` for those inside, then cuts them off at their
  /// next token.
  void close(Duration grace) {
    long end = System.nanoTime() + grace.toNanos();
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
      awaitEmpty(end);
      cut = true;
      awaitEmpty(System.nanoTime() + TimeUnit.SECONDS.toNanos(2));
    } catch (InterruptedException e) {
      cut = true;
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void awaitEmpty(long end) throws InterruptedException {
    while (active > 0 && System.nanoTime() < end) {
      boolean unused = changed.awaitNanos(Math.min(LOOK_NANOS, end - System.nanoTime())) > 0;
    }
  }

  private void refuseIfClosing() {
    if (closing) {
      throw stopping();
    }
  }

  private static ApiError stopping() {
    return new ApiError(
        503, ApiError.SERVER_ERROR, null, "server_stopping", "The server is stopping.");
  }
}
