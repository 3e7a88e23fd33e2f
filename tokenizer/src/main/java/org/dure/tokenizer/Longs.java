package org.dure.tokenizer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// An array of longs in a [Scratch]. Not thread-safe.
final class Longs {
  private final Scratch scratch;
  private Scratch.Block block;
  private MemorySegment cells;
  private int length;

  /// All zero.
  Longs(Scratch scratch, int length) {
    this.scratch = scratch;
    this.block = scratch.grown(Scratch.Block.NONE, bytes(length));
    this.cells = block.cells();
    this.length = length;
  }

  private static long bytes(int length) {
    return (long) Long.BYTES * Math.max(1, length);
  }

  int length() {
    return length;
  }

  long get(int index) {
    return cells.getAtIndex(ValueLayout.JAVA_LONG, index);
  }

  void set(int index, long value) {
    cells.setAtIndex(ValueLayout.JAVA_LONG, index, value);
  }

  /// Makes room for at least `least` in all, twice as many as before where that is more.
  void grow(int least) {
    if (least > length) {
      int most = (int) Math.min(2L * length, Integer.MAX_VALUE - 8);
      length = Math.max(least, most);
      block = scratch.grown(block, bytes(length));
      cells = block.cells();
    }
  }

  /// Gives the room back; the array is not to be used again.
  void free() {
    scratch.free(block);
  }
}
