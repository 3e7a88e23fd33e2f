package org.dure.tokenizer;

import java.util.Arrays;

/// A binary heap of pairs: the largest count first, of equal counts the smallest key.
final class PairHeap {
  private long[] counts = new long[1 << 10];
  private long[] keys = new long[1 << 10];
  private int[] pairs = new int[1 << 10];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  /// Count of the first.
  long count() {
    return counts[0];
  }

  /// Pair of the first.
  int pair() {
    return pairs[0];
  }

  void add(long count, long key, int pair) {
    if (size == counts.length) {
      counts = Arrays.copyOf(counts, 2 * size);
      keys = Arrays.copyOf(keys, 2 * size);
      pairs = Arrays.copyOf(pairs, 2 * size);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!before(count, key, parent)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    set(at, count, key, pair);
  }

  /// Removes the first.
  void remove() {
    size--;
    long count = counts[size];
    long key = keys[size];
    int pair = pairs[size];
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && before(counts[child + 1], keys[child + 1], child)) {
        child++;
      }
      if (before(count, key, child)) {
        break;
      }
      move(child, at);
      at = child;
    }
    set(at, count, key, pair);
  }

  private boolean before(long count, long key, int other) {
    return count != counts[other] ? count > counts[other] : key < keys[other];
  }

  private void move(int from, int to) {
    set(to, counts[from], keys[from], pairs[from]);
  }

  private void set(int at, long count, long key, int pair) {
    counts[at] = count;
    keys[at] = key;
    pairs[at] = pair;
  }
}
