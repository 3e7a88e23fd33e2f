package org.dure.model;

/// A seeded permutation of `[0, size)` in constant memory: a Feistel network of four rounds over
/// the next power of four, walked until it lands inside (Black and Rogaway 2002, "Ciphers with
/// arbitrary finite domains").
final class Permutation {
  private static final int ROUNDS = 4;
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final long size;
  private final long key;
  private final int halfBits;

  /// @param size 1 to 2^62
  Permutation(long size, long key) {
    this.size = size;
    this.key = key;
    this.halfBits = Math.max(1, (64 - Long.numberOfLeadingZeros(size - 1) + 1) / 2);
  }

  /// Where `index` goes.
  long at(long index) {
    long value = index;
    do {
      value = network(value);
    } while (value >= size);
    return value;
  }

  private long network(long value) {
    long mask = (1L << halfBits) - 1;
    long left = value >>> halfBits;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (InitialWeights.mix(key + right * ROUNDS * GOLDEN + round) & mask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }
}
