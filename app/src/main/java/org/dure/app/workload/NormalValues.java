package org.dure.app.workload;

import java.nio.charset.StandardCharsets;
import org.dure.core.Sha256;

/// Normally distributed values by their index: the same on every machine, in any order, from no
/// memory.
///
/// A value is the quantile of a hash of the index (SplitMix64; Steele, Lea, Flood 2014), linear
/// between 4,096 exact points, so that all bits of a float differ as those of trained weights do.
/// Only basic arithmetic is used, which Java gives alike everywhere. Immutable.
final class NormalValues {
  private static final int POINTS = 4_096;
  private static final double MOST = 4.2;
  private static final double[] QUANTILES = quantiles();

  private final long seed;

  NormalValues(long seed) {
    this.seed = seed;
  }

  /// A seed of its own for every purpose.
  static long seed(long study, String purpose) {
    String digest = Sha256.of((study + " " + purpose).getBytes(StandardCharsets.UTF_8));
    return Long.parseUnsignedLong(digest.substring(0, 16), 16);
  }

  /// Of mean 0 and variance 1.
  double at(long index) {
    long hash = seed + (index + 1) * 0x9E3779B97F4A7C15L;
    hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
    hash ^= hash >>> 31;
    int point = (int) (hash >>> 52);
    double share = (hash & ((1L << 52) - 1)) * 0x1p-52;
    return QUANTILES[point] + share * (QUANTILES[point + 1] - QUANTILES[point]);
  }

  private static double[] quantiles() {
    double[] quantiles = new double[POINTS + 1];
    for (int i = 1; i < POINTS; i++) {
      quantiles[i] = quantile((double) i / POINTS);
    }
    quantiles[0] = -MOST;
    quantiles[POINTS] = MOST;
    return quantiles;
  }

  /// By halving, on the distribution's own series: exact to 1e-12 and the same everywhere.
  private static double quantile(double probability) {
    double low = -MOST;
    double high = MOST;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (distribution(middle) < probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /// The normal distribution function (Marsaglia 2004, series for |x| below 7).
  private static double distribution(double x) {
    double sum = x;
    double term = x;
    for (int i = 3; Math.abs(term) > 1e-17; i += 2) {
      term *= x * x / i;
      sum += term;
    }
    return 0.5 + sum * StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * StrictMath.PI);
  }
}
