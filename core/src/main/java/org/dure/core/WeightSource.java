package org.dure.core;

import java.lang.foreign.MemorySegment;

/// The values of a [TensorLayout], to be read piece by piece: a whole model need not be in memory.
///
/// Implementations are thread-safe for reading and give the same bits whatever the pieces.
public interface WeightSource {
  TensorLayout layout();

  /// Fills `into` with the values from number `first` on, as little-endian 32-bit floats.
  ///
  /// @param into a multiple of 4 bytes, at most as many as there are values from `first` on
  void read(long first, MemorySegment into);
}
