package org.dure.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The values of a [TensorLayout]: one vector of little-endian 32-bit floats.
///
/// The memory lives as long as the arena it was made in; read-only views of a mapped file are fine.
/// Not thread-safe for writing.
///
/// @param values `4 * layout.elements()` bytes
public record Weights(TensorLayout layout, MemorySegment values) implements WeightSource {
  /// The element layout: 32-bit IEEE 754, little-endian, at any address.
  public static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Weights {
    if (values.byteSize() != 4 * layout.elements()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%d bytes of weights: expected %d for the layout"
              .formatted(values.byteSize(), 4 * layout.elements()));
    }
  }

  /// Zeros.
  public static Weights allocate(TensorLayout layout, Arena arena) {
    return new Weights(layout, arena.allocate(4 * layout.elements(), 64));
  }

  /// All that a source gives.
  public static Weights of(WeightSource source, Arena arena) {
    Weights weights = allocate(source.layout(), arena);
    source.read(0, weights.values);
    return weights;
  }

  @Override
  public void read(long first, MemorySegment into) {
    MemorySegment.copy(values, 4 * first, into, 0, into.byteSize());
  }

  public float get(long index) {
    return values.getAtIndex(FLOAT, index);
  }

  public void set(long index, float value) {
    values.setAtIndex(FLOAT, index, value);
  }
}
