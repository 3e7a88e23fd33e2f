package org.dure.serving;

import java.io.IOException;
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

  /// What is to be done for a request.
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /// Waits until the work is done, however often the caller is interrupted: its request is the
  /// work's own until then. What the work throws passes through.
  void run(Work work) throws IOException {
    Future<?> done =
        threads.submit(
            () -> {
              work.run();
              return true;
            });
    boolean interrupted = false;
    try {
      while (true) {
        try {
          done.get();
          return;
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

  @Override
  public void close() {
    threads.shutdown();
  }
}
