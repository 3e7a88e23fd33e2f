package org.dure.serving;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dure.core.runtime.BackgroundTask;

/// Works on those requests that were admitted, each on a thread of the operating system, which
/// divides the time among them: a virtual thread that computes would keep others from beginning,
/// that of a health check too. Thread-safe.
final class Workers implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(BackgroundTask.threads("answer"));

  <T> Future<T> submit(Callable<T> work) {
    return threads.submit(work);
  }

  /// Waits until the work is done, however often the caller is interrupted: its request is the
  /// work's own until then. What the work throws passes through.
  static <T> T join(Future<T> done) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return done.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException problem -> throw problem;
        case RuntimeException problem -> throw problem;
        case Error problem -> throw problem;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Waits until the work is done, whatever has come of it.
  static void settle(Future<?> done) {
    try {
      Object unused = join(done);
    } catch (IOException | RuntimeException e) {
      // Whoever sent the answer has met it.
      return;
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
