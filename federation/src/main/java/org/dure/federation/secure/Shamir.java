package org.dure.federation.secure;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Shares of a seed, of which any `threshold` make it again and fewer tell nothing about it
/// (Shamir 1979), over the integers modulo the prime 2^256 + 297.
public final class Shamir {
  /// Length of a seed in bytes.
  public static final int SEED_BYTES = 32;

  /// Length of a share in bytes.
  public static final int SHARE_BYTES = 33;

  static final BigInteger PRIME = BigInteger.ONE.shiftLeft(256).add(BigInteger.valueOf(297));

  private Shamir() {}

  /// @param randomness must be that of a cryptographic generator
  /// @return the share of place 1, 2, ... `count`
  public static List<byte[]> split(
      byte[] seed, int threshold, int count, RandomGenerator randomness) {
    if (seed.length != SEED_BYTES || threshold < 1 || threshold > count) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "a seed of %d bytes in %d shares of which %d are enough"
              .formatted(seed.length, count, threshold));
    }
    BigInteger[] coefficients = new BigInteger[threshold];
    coefficients[0] = new BigInteger(1, seed);
    for (int i = 1; i < threshold; i++) {
      coefficients[i] = element(randomness);
    }
    List<byte[]> shares = new ArrayList<>();
    for (int place = 1; place <= count; place++) {
      BigInteger at = BigInteger.valueOf(place);
      BigInteger value = BigInteger.ZERO;
      for (int i = threshold - 1; i >= 0; i--) {
        value = value.multiply(at).add(coefficients[i]).mod(PRIME);
      }
      shares.add(bytes(value, SHARE_BYTES));
    }
    return shares;
  }

  /// Uniform below the prime: what is above it is drawn again.
  private static BigInteger element(RandomGenerator randomness) {
    while (true) {
      byte[] drawn = new byte[SHARE_BYTES];
      randomness.nextBytes(drawn);
      drawn[0] &= 1;
      BigInteger value = new BigInteger(1, drawn);
      if (value.compareTo(PRIME) < 0) {
        return value;
      }
    }
  }

  /// Whether these bytes can be a share.
  public static boolean isShare(byte[] share) {
    return share.length == SHARE_BYTES && new BigInteger(1, share).compareTo(PRIME) < 0;
  }

  /// Makes a seed again, from the `threshold` shares of the lowest places.
  ///
  /// @param shares by place, from 1
  /// @return what the shares add up to: whether that is the seed, its owner's public word says
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if there are too few, one is no share,
  ///     or they add up to no seed
  public static byte[] combine(Map<Integer, byte[]> shares, int threshold) {
    if (shares.size() < threshold || threshold < 1) {
      throw malformed("%d shares: expected %d".formatted(shares.size(), threshold));
    }
    SortedMap<Integer, BigInteger> points = new TreeMap<>();
    for (Map.Entry<Integer, byte[]> share : new TreeMap<>(shares).entrySet()) {
      if (share.getKey() < 1 || !isShare(share.getValue())) {
        throw malformed("what stands at place %d is no share".formatted(share.getKey()));
      }
      if (points.size() < threshold) {
        points.put(share.getKey(), new BigInteger(1, share.getValue()));
      }
    }
    BigInteger seed = BigInteger.ZERO;
    for (Map.Entry<Integer, BigInteger> point : points.entrySet()) {
      seed = seed.add(point.getValue().multiply(atZero(point.getKey(), points))).mod(PRIME);
    }
    if (seed.bitLength() > 8 * SEED_BYTES) {
      throw malformed("the shares add up to no seed");
    }
    return bytes(seed, SEED_BYTES);
  }

  /// Lagrange's basis polynomial of `place`, at zero.
  private static BigInteger atZero(int place, SortedMap<Integer, BigInteger> points) {
    BigInteger above = BigInteger.ONE;
    BigInteger below = BigInteger.ONE;
    for (int other : points.keySet()) {
      if (other != place) {
        above = above.multiply(BigInteger.valueOf(other)).mod(PRIME);
        below = below.multiply(BigInteger.valueOf(other - place)).mod(PRIME);
      }
    }
    return above.multiply(below.modInverse(PRIME)).mod(PRIME);
  }

  private static byte[] bytes(BigInteger value, int length) {
    byte[] signed = value.toByteArray();
    byte[] bytes = new byte[length];
    int from = Math.max(0, signed.length - length);
    System.arraycopy(signed, from, bytes, length - (signed.length - from), signed.length - from);
    Arrays.fill(signed, (byte) 0);
    return bytes;
  }

  private static DureException malformed(String why) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "shares of a seed: " + why);
  }
}
