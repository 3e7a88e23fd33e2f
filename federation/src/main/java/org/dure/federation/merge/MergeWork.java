package org.dure.federation.merge;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;

/// One merge, done by several threads: each takes the next fragment that none has, reads it in
/// blocks, steps, keeps the result. Every value goes through the same sums in the same order as on
/// one thread, so the number of threads changes no bit.
///
/// Memory is [#BLOCK_BYTES] and two fragments a thread, whatever the size of the model.
public final class MergeWork {
  /// One region in a merge.
  ///
  /// @param scales by group of tensors; empty where all are 1
  public record Part(FragmentList delta, double share, List<Double> scales, ArtifactStore store) {
    public Part {
      scales = List.copyOf(scales);
    }

    double scale(int group) {
      return scales.isEmpty() ? 1 : scales.get(group);
    }
  }

  /// What a merge goes out from.
  ///
  /// @param weights before it
  /// @param momentum fragments of it; empty for zero
  /// @param store where both are, and where the new ones are kept
  public record Start(FragmentList weights, List<String> momentum, ArtifactStore store) {
    public Start {
      momentum = List.copyOf(momentum);
    }
  }

  static final int BLOCK_BYTES = 16 << 20;

  private final List<Part> parts;
  private final Start start;
  private final Mixture mixture;
  private final OuterStep outer;
  private final DeltaCosines cosines;
  private final FragmentPass pass;
  private final String[] newWeights;
  private final String[] newVelocities;
  private final AtomicBoolean finite = new AtomicBoolean(true);

  /// @param parts in the order of every sum; those whose share is 0 are only compared
  public MergeWork(List<Part> parts, Start start, Mixture mixture, OuterStep outer) {
    this.parts = parts;
    this.start = start;
    this.mixture = mixture;
    this.outer = outer;
    this.cosines = new DeltaCosines(parts.size());
    this.pass = new FragmentPass(start.weights(), parts.size());
    this.newWeights = new String[start.weights().fragments().size()];
    this.newVelocities = new String[start.weights().fragments().size()];
  }

  /// Merges every fragment.
  ///
  /// @throws DureException if anything could not be read or kept, or is not what its name says
  public void run() {
    pass.run(() -> new Blocks()::merge);
  }

  public List<String> newWeights() {
    return List.of(newWeights);
  }

  public List<String> newVelocities() {
    return List.of(newVelocities);
  }

  /// Whether every new weight and momentum is a finite number.
  public boolean isFinite() {
    return finite.get();
  }

  /// Cosine between each part's delta and the merged one, in the order of the parts.
  public List<Double> cosines() {
    return cosines.cosines();
  }

  /// What one thread works with.
  private final class Blocks {
    private final int size =
        Math.clamp(BLOCK_BYTES / (4L * parts.size() + 16), 1, start.weights().fragmentBytes() / 4);
    private final float[][] deltas = new float[parts.size()][size];
    private final double[] gradient = new double[size];
    private final float[] weights = new float[size];
    private final float[] velocity = new float[size];
    private final Mixture.Desk desk = mixture.desk(parts);

    boolean merge(int index) throws InterruptedException {
      int count = start.weights().length(index) / 4;
      ByteBuffer weightsAfter = buffer(count);
      ByteBuffer velocityAfter = buffer(count);
      List<FragmentReader> open = new ArrayList<>();
      try {
        for (Part part : parts) {
          open.add(new FragmentReader(part.store(), part.delta().fragments().get(index)));
        }
        open.add(new FragmentReader(start.store(), start.weights().fragments().get(index)));
        if (!start.momentum().isEmpty()) {
          open.add(new FragmentReader(start.store(), start.momentum().get(index)));
        }
        for (int from = 0; from < count; from += size) {
          int values = Math.min(size, count - from);
          read(open, start.weights().offset(index) / 4 + from, values);
          if (!pass.await(index)) {
            return false;
          }
          cosines.add(gradient, deltas, values);
          if (!outer.step(weights, velocity, gradient, values)) {
            finite.set(false);
          }
          weightsAfter.asFloatBuffer().put(from, weights, 0, values);
          velocityAfter.asFloatBuffer().put(from, velocity, 0, values);
        }
        open.forEach(FragmentReader::finish);
      } finally {
        open.forEach(FragmentReader::close);
      }
      pass.next();
      newWeights[index] = start.store().putSoon(weightsAfter.array());
      newVelocities[index] = start.store().putSoon(velocityAfter.array());
      return true;
    }

    private void read(List<FragmentReader> open, long place, int values) {
      for (int p = 0; p < parts.size(); p++) {
        open.get(p).read(deltas[p], values);
      }
      desk.mix(gradient, deltas, place, values);
      open.get(parts.size()).read(weights, values);
      Arrays.fill(velocity, 0);
      if (!start.momentum().isEmpty()) {
        open.get(parts.size() + 1).read(velocity, values);
      }
    }

    private static ByteBuffer buffer(int floats) {
      return ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
