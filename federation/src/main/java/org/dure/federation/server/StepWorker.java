package org.dure.federation.server;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.dure.core.DureException;
import org.dure.core.runtime.Failures;
import org.dure.federation.hub.Hub;
import org.dure.federation.log.Event;
import org.dure.federation.status.HubHealth;
import org.jspecify.annotations.Nullable;

/// Makes the hub's long steps off the lock, one after the other, while requests go on. A step that
/// fails in any way is given up, so that nobody waits for it, and is due again after a while.
final class StepWorker {
  /// How long a step that failed, e.g. for want of room, is left alone.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Hub hub;
  private final InstantSource clock;
  private final Executor steps;
  private final ReentrantLock lock;
  private final Condition news;
  private final HubHealth health;
  private final Runnable look;
  private boolean working;

  /// When a step failed last, by the clock.
  private @Nullable Long failedAt;

  private boolean closed;

  /// @param lock guards the hub and this
  /// @param news of that lock: signalled after every step
  /// @param look to be called after every event, under the lock
  StepWorker(
      Hub hub,
      InstantSource clock,
      Executor steps,
      ReentrantLock lock,
      Condition news,
      HubHealth health,
      Runnable look) {
    this.hub = hub;
    this.clock = clock;
    this.steps = steps;
    this.lock = lock;
    this.news = news;
    this.health = health;
    this.look = look;
  }

  /// Begins the step that is due, if none is being made. Under the lock.
  void poll() {
    if (closed || working || isPausing()) {
      return;
    }
    try {
      Optional<Hub.Step> due = hub.due(clock.millis());
      due.ifPresentOrElse(this::begin, () -> health.failed(null));
    } catch (RuntimeException e) {
      pause(Failures.of(e));
    }
  }

  /// A clock that is set back holds nothing up.
  private boolean isPausing() {
    long passed = failedAt == null ? -1 : clock.millis() - failedAt;
    return passed >= 0 && passed < PAUSE.toMillis();
  }

  private void pause(DureException why) {
    health.failed(why);
    failedAt = clock.millis();
  }

  private void begin(Hub.Step step) {
    working = true;
    try {
      steps.execute(() -> work(step));
    } catch (RuntimeException | Error e) {
      working = false;
      hub.abandon();
      throw e;
    }
  }

  /// Does steps until none is due.
  private void work(Hub.Step first) {
    try {
      Optional<Hub.Step> step = Optional.of(first);
      while (step.isPresent()) {
        step = next(step.get(), step.get().work().get());
      }
    } catch (RuntimeException e) {
      giveUp(Failures.of(e));
    } catch (Error e) {
      giveUp(Failures.of(e));
      throw e;
    }
  }

  private Optional<Hub.Step> next(Hub.Step done, Optional<Event> made) {
    lock.lock();
    try {
      hub.finish(done, made, clock.millis());
      look.run();
      health.failed(null);
      Optional<Hub.Step> next = closed ? Optional.empty() : hub.due(clock.millis());
      working = next.isPresent();
      return next;
    } finally {
      news.signalAll();
      lock.unlock();
    }
  }

  private void giveUp(DureException why) {
    lock.lock();
    try {
      hub.abandon();
      pause(why);
      working = false;
    } finally {
      news.signalAll();
      lock.unlock();
    }
  }

  /// Waits for the step that is being made. Under the lock.
  void close() {
    closed = true;
    while (working) {
      news.awaitUninterruptibly();
    }
  }
}
