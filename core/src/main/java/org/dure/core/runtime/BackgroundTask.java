package org.dure.core.runtime;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dure.core.DureException;

/// The one way in which Dure runs a thread that lives longer than the call that starts it.
///
/// Whatever its body throws, nobody waits for it in vain: exhausted memory ends the process
/// ([MemoryExhaustion]); everything else is told to the owner as a [DureException], numbered
/// [ErrorCode#INTERNAL] unless it is one already. A task that recurs then goes on at its next turn;
/// one that runs once has ended. Its threads hold no process open. Thread-safe.
public final class BackgroundTask implements AutoCloseable {
  /// What is to be done.
  @FunctionalInterface
  public interface Body {
    /// @throws InterruptedException ends the task
    void run() throws InterruptedException;
  }

  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  private BackgroundTask(String name, Consumer<CountDownLatch> work) {
    this.thread = threads(name).newThread(() -> work.accept(stop));
  }

  /// Runs the body once, from now on.
  ///
  /// @param failed told what the body threw, on the task's thread, before [#join] returns
  public static BackgroundTask once(String name, Body body, Consumer<DureException> failed) {
    return started(new BackgroundTask(name, stop -> turn(body, failed)));
  }

  /// Runs the body again and again until it is closed, the first time after `pause`.
  ///
  /// @param pause between the end of one turn and the begin of the next
  /// @param failed told what the body threw, on the task's thread; the same not twice in a row
  public static BackgroundTask every(
      Duration pause, String name, Body body, Consumer<DureException> failed) {
    return started(new BackgroundTask(name, stop -> turns(pause, body, failed, stop)));
  }

  private static BackgroundTask started(BackgroundTask task) {
    task.thread.start();
    return task;
  }

  /// Threads for an executor, which keeps for whoever asks for the result what a task threw.
  public static ThreadFactory threads(String name) {
    return Thread.ofPlatform().daemon().name(name).factory();
  }

  private static void turns(
      Duration pause, Body body, Consumer<DureException> failed, CountDownLatch stop) {
    String[] last = {""};
    Consumer<DureException> once =
        failure -> {
          if (!failure.report().equals(last[0])) {
            last[0] = failure.report();
            failed.accept(failure);
          }
        };
    Body untroubled =
        () -> {
          body.run();
          last[0] = "";
        };
    try {
      while (!stop.await(pause.toNanos(), TimeUnit.NANOSECONDS) && turn(untroubled, once)) {
        continue;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return false if the task was interrupted
  private static boolean turn(Body body, Consumer<DureException> failed) {
    try {
      body.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (RuntimeException | Error e) {
      tell(Failures.of(e), failed);
    }
    return true;
  }

  private static void tell(DureException failure, Consumer<DureException> failed) {
    try {
      failed.accept(failure);
    } catch (RuntimeException | Error e) {
      MemoryExhaustion.endIf(e);
      failure.addSuppressed(e);
      failure.printStackTrace();
    }
  }

  /// For [java.lang.management.ThreadMXBean].
  public long threadId() {
    return thread.threadId();
  }

  /// Interrupts the body.
  public void interrupt() {
    thread.interrupt();
  }

  /// There are no further turns; does not wait for the one under way.
  public void stop() {
    stop.countDown();
  }

  /// Waits until the task has ended, also while this thread is interrupted, which it then still is.
  public void join() {
    boolean interrupted = false;
    while (thread != Thread.currentThread() && thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// [#stop] and [#join].
  @Override
  public void close() {
    stop();
    join();
  }
}
