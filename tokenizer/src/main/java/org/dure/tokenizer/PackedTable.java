package org.dure.tokenizer;

/// From two numbers to a third in one array of longs, so that a lookup touches one cache line: that
/// is what encoding waits for. Open addressing, at most half full. The three numbers take 64 bits
/// together; the third is at least 1, the others at least 0.
final class PackedTable {
  private final int secondBits;
  private final int valueBits;
  private final long valueMask;
  private long[] slots = new long[1 << 10];
  private int shift = 64 - 10;
  private int size;

  PackedTable(int secondBits, int valueBits) {
    this.secondBits = secondBits;
    this.valueBits = valueBits;
    this.valueMask = (1L << valueBits) - 1;
  }

  /// @return -1 if there is none
  int find(int first, int second) {
    long key = (long) first << secondBits | second;
    int mask = slots.length - 1;
    for (int slot = slot(key); ; slot = (slot + 1) & mask) {
      long found = slots[slot];
      if (found >>> valueBits == key && found != 0) {
        return (int) (found & valueMask);
      }
      if (found == 0) {
        return -1;
      }
    }
  }

  /// Adds what is not there.
  void add(int first, int second, int value) {
    if (2 * (size + 1) > slots.length) {
      long[] old = slots;
      slots = new long[2 * old.length];
      shift--;
      for (long entry : old) {
        if (entry != 0) {
          put(entry);
        }
      }
    }
    put(((long) first << secondBits | second) << valueBits | value);
    size++;
  }

  private void put(long entry) {
    int slot = slot(entry >>> valueBits);
    while (slots[slot] != 0) {
      slot = (slot + 1) & (slots.length - 1);
    }
    slots[slot] = entry;
  }

  private int slot(long key) {
    return (int) (key * 0x9e3779b97f4a7c15L >>> shift);
  }
}
