package org.dure.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.dure.core.WeightSource;
import org.dure.core.Weights;

/// The weights with which a model starts: a function of shape and seed, the same bits on every
/// machine, without libtorch.
///
/// Every tensor has its own stream of random numbers, keyed by seed and tensor name, so that the
/// body is the same whatever the vocabulary, and the first rows of an embedding whatever its
/// length. Numbers come from SplitMix64 (Steele, Lea and Flood 2014) and become normal through
/// Box-Muller on [StrictMath], which gives equal bits everywhere.
///
/// Norms are 1; matrices and embeddings normal with deviation [#deviation]; the two matrices of a
/// block that write into the residual stream are zero, so that every block starts as the identity
/// (Zhang et al. 2019, Fixup). docs/experiments.md has the comparisons at the demo's size: there a
/// fixed 0.02 costs a fifth more bits per byte, and non-zero output matrices cost as much again.
public final class InitialWeights {
  /// Values made at a time; even, since they come in pairs.
  private static final int CHUNK = 1 << 14;

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private InitialWeights() {}

  /// The start of the tensors that travel, in pieces: the same bits as [TorchTrainer] starts with.
  public static WeightSource shared(ModelConfig config, long seed, Sharing sharing) {
    return new Start(SharedTensors.layout(sharing, config), seed);
  }

  /// Standard deviation of a matrix or embedding with that many columns: 0.059 for 128, and the
  /// customary 0.02 where it was found to fit, for about a thousand.
  static double deviation(long columns) {
    return 2 / (3 * StrictMath.sqrt(columns));
  }

  /// The start of every tensor of a layout.
  static Weights of(TensorLayout layout, long seed, Arena arena) {
    return Weights.of(new Start(layout, seed), arena);
  }

  private record Start(TensorLayout layout, long seed) implements WeightSource {
    @Override
    public void read(long first, MemorySegment into) {
      long end = first + into.byteSize() / Float.BYTES;
      long offset = 0;
      for (TensorLayout.Tensor tensor : layout.tensors()) {
        long from = Math.max(first, offset);
        long to = Math.min(end, offset + tensor.elements());
        if (from < to) {
          MemorySegment part =
              into.asSlice((from - first) * Float.BYTES, (to - from) * Float.BYTES);
          fill(part, tensor, from - offset, seed);
        }
        offset += tensor.elements();
      }
    }
  }

  /// Fills with the tensor's values from number `first` on.
  private static void fill(MemorySegment into, TensorLayout.Tensor tensor, long first, long seed) {
    String name = tensor.name();
    boolean norm = tensor.shape().size() == 1;
    if (!norm && (name.endsWith(".o_proj.weight") || name.endsWith(".down_proj.weight"))) {
      into.fill((byte) 0);
      return;
    }
    long stream = stream(seed, name);
    long end = first + into.byteSize() / Float.BYTES;
    float[] chunk = new float[CHUNK];
    Arrays.fill(chunk, 1);
    long from = first;
    while (from < end) {
      int skipped = (int) (from & 1);
      int count = (int) Math.min(CHUNK - skipped, end - from);
      if (!norm) {
        fillNormal(
            chunk,
            skipped + count,
            deviation(tensor.shape().getLast()),
            stream + (from - skipped) * GOLDEN);
      }
      MemorySegment.copy(chunk, skipped, into, Weights.FLOAT, (from - first) * Float.BYTES, count);
      from += count;
    }
  }

  /// Two numbers of the stream give two values, in the same order; `stream` begins at a pair.
  private static void fillNormal(float[] values, int count, double deviation, long stream) {
    long state = stream;
    for (int i = 0; i < count; i += 2) {
      state += GOLDEN;
      double radius = deviation * StrictMath.sqrt(-2 * StrictMath.log(uniform(state)));
      state += GOLDEN;
      double angle = 2 * Math.PI * uniform(state);
      values[i] = (float) (radius * StrictMath.cos(angle));
      values[i + 1] = (float) (radius * StrictMath.sin(angle));
    }
  }

  /// In (0, 1], 53 bits.
  private static double uniform(long state) {
    return ((mix(state) >>> 11) + 1) * 0x1p-53;
  }

  /// Start of a tensor's stream: FNV-1a over the name's UTF-8 bytes, from the mixed seed.
  private static long stream(long seed, String name) {
    long hash = 0xcbf29ce484222325L ^ mix(seed + GOLDEN);
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /// The finaliser of SplitMix64.
  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
