package org.dure.federation.hub;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.jspecify.annotations.Nullable;

/// One merge, done by several threads: each takes the next fragment that none has, reads it in
/// blocks, steps, keeps the result. Every value goes through the same sums in the same order as on
/// one thread, so the number of threads changes no bit.
///
/// Memory is [#BLOCK_BYTES] and two fragments a thread, whatever the size of the model.
public final class MergeWork {
  /// One region in a merge.
  public record Part(FragmentList delta, double share, ArtifactStore store) {}

  private static final int BLOCK_BYTES = 16 << 20;
  private static final int MOST_THREADS = 4;

  /// Less than this is not worth a second thread.
  private static final long BYTES_FOR_A_THREAD = 4 << 20;

  /// Two fragments above this size, for each of several threads, would be much of a small heap.
  private static final int MOST_FRAGMENT_BYTES = 4 << 20;

  private final List<Part> parts;
  private final FragmentList before;
  private final List<String> velocities;
  private final ArtifactStore published;
  private final OuterStep outer;
  private final DeltaCosines cosines;
  private final String[] newWeights;
  private final String[] newVelocities;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /// @param parts in the order of every sum
  /// @param before the weights
  /// @param velocities fragments of the momentum; empty for zero
  public MergeWork(
      List<Part> parts,
      FragmentList before,
      List<String> velocities,
      ArtifactStore published,
      OuterStep outer) {
    this.parts = parts;
    this.before = before;
    this.velocities = velocities;
    this.published = published;
    this.outer = outer;
    this.cosines = new DeltaCosines(parts.size());
    this.newWeights = new String[before.fragments().size()];
    this.newVelocities = new String[before.fragments().size()];
  }

  /// Merges every fragment.
  ///
  /// @throws DureException if anything could not be read or kept, or is not what its name says
  public void run() {
    List<BackgroundTask> helpers = new ArrayList<>();
    for (int i = 1; i < threads(); i++) {
      helpers.add(BackgroundTask.once("merge-" + i, this::work, this::broken));
    }
    work();
    helpers.forEach(BackgroundTask::join);
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new DureException(ErrorCode.INTERNAL, "a merge was broken off", e);
    }
  }

  private int threads() {
    if (before.fragmentBytes() > MOST_FRAGMENT_BYTES) {
      return 1;
    }
    int most = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    return (int) Math.clamp(before.bytes() * parts.size() / BYTES_FOR_A_THREAD, 1, most);
  }

  @SuppressWarnings("InterruptedExceptionSwallowed")
  private void work() {
    try {
      Blocks blocks = new Blocks();
      int count = before.fragments().size();
      for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        if (!blocks.merge(i)) {
          return;
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      broken(e);
    }
  }

  private void broken(Throwable e) {
    MemoryExhaustion.endIf(e);
    failure.compareAndSet(null, e);
    cosines.giveUp();
  }

  List<String> newWeights() {
    return List.of(newWeights);
  }

  List<String> newVelocities() {
    return List.of(newVelocities);
  }

  /// Cosine between each part's delta and the merged one, in the order of the parts.
  List<Double> cosines() {
    return cosines.cosines();
  }

  /// What one thread works with.
  private final class Blocks {
    private final int size =
        Math.clamp(BLOCK_BYTES / (4L * parts.size() + 16), 1, before.fragmentBytes() / 4);
    private final float[][] deltas = new float[parts.size()][size];
    private final double[] gradient = new double[size];
    private final float[] weights = new float[size];
    private final float[] velocity = new float[size];

    /// @return false if another thread has given up
    boolean merge(int index) throws InterruptedException {
      int count = before.length(index) / 4;
      ByteBuffer weightsAfter = buffer(count);
      ByteBuffer velocityAfter = buffer(count);
      List<FragmentReader> open = new ArrayList<>();
      try {
        for (Part part : parts) {
          open.add(new FragmentReader(part.store(), part.delta().fragments().get(index)));
        }
        open.add(new FragmentReader(published, before.fragments().get(index)));
        if (!velocities.isEmpty()) {
          open.add(new FragmentReader(published, velocities.get(index)));
        }
        for (int from = 0; from < count; from += size) {
          int values = Math.min(size, count - from);
          if (!block(index, open, values)) {
            return false;
          }
          weightsAfter.asFloatBuffer().put(from, weights, 0, values);
          velocityAfter.asFloatBuffer().put(from, velocity, 0, values);
        }
        open.forEach(FragmentReader::finish);
      } finally {
        open.forEach(FragmentReader::close);
      }
      cosines.next();
      newWeights[index] = published.putSoon(weightsAfter.array());
      newVelocities[index] = published.putSoon(velocityAfter.array());
      return true;
    }

    private boolean block(int index, List<FragmentReader> open, int values)
        throws InterruptedException {
      Arrays.fill(gradient, 0);
      for (int p = 0; p < parts.size(); p++) {
        open.get(p).read(deltas[p], values);
        OuterStep.accumulate(gradient, deltas[p], parts.get(p).share(), values);
      }
      open.get(parts.size()).read(weights, values);
      Arrays.fill(velocity, 0);
      if (!velocities.isEmpty()) {
        open.get(parts.size() + 1).read(velocity, values);
      }
      if (!cosines.await(index)) {
        return false;
      }
      cosines.add(gradient, deltas, values);
      outer.step(weights, velocity, gradient, values);
      return true;
    }

    private static ByteBuffer buffer(int floats) {
      return ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
