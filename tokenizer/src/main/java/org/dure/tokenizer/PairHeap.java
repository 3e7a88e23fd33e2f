package org.dure.tokenizer;

/// A binary heap of pairs: the largest count first, of equal counts the smallest key.
final class PairHeap {
  private final Longs counts;
  private final Longs keys;
  private final Ints pairs;
  private int size;

  PairHeap(Scratch scratch) {
    this.counts = new Longs(scratch, 1 << 10);
    this.keys = new Longs(scratch, 1 << 10);
    this.pairs = new Ints(scratch, 1 << 10);
  }

  boolean isEmpty() {
    return size == 0;
  }

  /// Count of the first.
  long count() {
    return counts.get(0);
  }

  /// Pair of the first.
  int pair() {
    return pairs.get(0);
  }

  void add(long count, long key, int pair) {
    counts.grow(size + 1);
    keys.grow(size + 1);
    pairs.grow(size + 1);
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
    long count = counts.get(size);
    long key = keys.get(size);
    int pair = pairs.get(size);
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && before(counts.get(child + 1), keys.get(child + 1), child)) {
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
    return count != counts.get(other) ? count > counts.get(other) : key < keys.get(other);
  }

  private void move(int from, int to) {
    set(to, counts.get(from), keys.get(from), pairs.get(from));
  }

  private void set(int at, long count, long key, int pair) {
    counts.set(at, count);
    keys.set(at, key);
    pairs.set(at, pair);
  }
}
