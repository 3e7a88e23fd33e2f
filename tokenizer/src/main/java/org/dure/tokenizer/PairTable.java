package org.dure.tokenizer;

/// From a pair of tokens to a number: a hash table with open addressing over two flat arrays, since
/// the trainer lives in its lookups. Numbers and tokens are at least 0.
final class PairTable {
  private final Scratch scratch;
  private Longs keys;
  private Ints values;
  private int size;
  private int shift;

  PairTable(Scratch scratch, int expected) {
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, expected)));
    this.scratch = scratch;
    keys = new Longs(scratch, 1 << bits);
    values = new Ints(scratch, 1 << bits);
    shift = 64 - bits;
  }

  static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /// @return -1 if the pair is not there
  int find(int left, int right) {
    long wanted = key(left, right) + 1;
    int mask = keys.length() - 1;
    for (int slot = slot(wanted); ; slot = (slot + 1) & mask) {
      long found = keys.get(slot);
      if (found == wanted) {
        return values.get(slot);
      }
      if (found == 0) {
        return -1;
      }
    }
  }

  /// Adds a pair that is not there.
  void add(int left, int right, int value) {
    if (2 * (size + 1) > keys.length()) {
      grow();
    }
    put(key(left, right) + 1, value);
    size++;
  }

  private void put(long key, int value) {
    int slot = slot(key);
    while (keys.get(slot) != 0) {
      slot = (slot + 1) & (keys.length() - 1);
    }
    keys.set(slot, key);
    values.set(slot, value);
  }

  private void grow() {
    Longs oldKeys = keys;
    Ints oldValues = values;
    keys = new Longs(scratch, 2 * oldKeys.length());
    values = new Ints(scratch, 2 * oldValues.length());
    shift--;
    for (int i = 0; i < oldKeys.length(); i++) {
      if (oldKeys.get(i) != 0) {
        put(oldKeys.get(i), oldValues.get(i));
      }
    }
    oldKeys.free();
    oldValues.free();
  }

  private int slot(long key) {
    return (int) (key * 0x9e3779b97f4a7c15L >>> shift);
  }
}
