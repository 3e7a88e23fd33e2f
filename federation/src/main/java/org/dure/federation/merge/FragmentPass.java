package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.federation.protocol.FragmentList;
import org.jspecify.annotations.Nullable;

/// One way through all fragments by several threads, each of which takes the next that none has.
/// Sums over all values are taken in their order, whatever the number of threads: who has a later
/// fragment waits for its turn.
final class FragmentPass {
  /// What one thread does.
  @FunctionalInterface
  interface Worker {
    /// @return false if another thread has given up
    boolean take(int fragment) throws InterruptedException;
  }

  private static final int MOST_THREADS = 4;

  /// Less than this is not worth a second thread.
  private static final long BYTES_FOR_A_THREAD = 4 << 20;

  /// Two fragments above this size, for each of several threads, would be much of a small heap.
  private static final int MOST_FRAGMENT_BYTES = 4 << 20;

  private final FragmentList list;
  private final int deltas;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private int turn;
  private boolean broken;

  /// @param list whose fragments they are
  /// @param deltas how many are read side by side
  FragmentPass(FragmentList list, int deltas) {
    this.list = list;
    this.deltas = deltas;
  }

  /// Goes through every fragment.
  ///
  /// @param workers makes what one thread works with
  /// @throws DureException if anything could not be read or kept, or is not what its name says
  void run(Supplier<Worker> workers) {
    List<BackgroundTask> helpers = new ArrayList<>();
    for (int i = 1; i < threads(); i++) {
      helpers.add(BackgroundTask.once("merge-" + i, () -> work(workers), this::giveUp));
    }
    work(workers);
    helpers.forEach(BackgroundTask::join);
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new DureException(ErrorCode.INTERNAL, "a merge was broken off", e);
    }
  }

  private int threads() {
    if (list.fragmentBytes() > MOST_FRAGMENT_BYTES) {
      return 1;
    }
    int most = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    return (int) Math.clamp(list.bytes() * deltas / BYTES_FOR_A_THREAD, 1, most);
  }

  @SuppressWarnings("InterruptedExceptionSwallowed")
  private void work(Supplier<Worker> workers) {
    try {
      Worker worker = workers.get();
      int count = list.fragments().size();
      for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        if (!worker.take(i)) {
          return;
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      giveUp(e);
    }
  }

  private void giveUp(Throwable e) {
    MemoryExhaustion.endIf(e);
    failure.compareAndSet(null, e);
    synchronized (this) {
      broken = true;
      notifyAll();
    }
  }

  /// Waits until all fragments before `fragment` have had their turn.
  ///
  /// @return false if another thread has given up, so that the turn will never come
  synchronized boolean await(int fragment) throws InterruptedException {
    while (turn != fragment && !broken) {
      wait();
    }
    return !broken;
  }

  /// The turn of the fragment is over.
  synchronized void next() {
    turn++;
    notifyAll();
  }
}
