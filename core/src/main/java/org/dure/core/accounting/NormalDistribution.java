package org.dure.core.accounting;

/// The error function and what follows from it, to about 13 digits, in the tails too.
final class NormalDistribution {
  private static final double SQRT_PI = Math.sqrt(Math.PI);
  private static final double SQRT_2 = Math.sqrt(2);

  /// From here on the continued fraction converges faster than the series.
  private static final double FAR = 2.5;

  /// From here on the function is too small for a number.
  private static final double NOTHING = 27.3;

  private NormalDistribution() {}

  /// P(X <= x) of the standard normal distribution.
  static double cumulative(double x) {
    return 0.5 * complement(-x / SQRT_2);
  }

  /// The complementary error function.
  static double complement(double x) {
    if (x < 0) {
      return 2 - complement(-x);
    }
    if (x > NOTHING) {
      return 0;
    }
    return x < FAR ? 1 - series(x) : StrictMath.exp(-x * x) * tail(x);
  }

  /// Its natural logarithm, where it is itself too small for a number too.
  static double logComplement(double x) {
    return x < FAR ? StrictMath.log(complement(x)) : StrictMath.log(tail(x)) - x * x;
  }

  /// erf(x) by the series whose terms are all positive (Abramowitz and Stegun 7.1.6).
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / SQRT_PI * StrictMath.exp(-x * x) * sum;
  }

  /// erfc(x) exp(x x) by the continued fraction (Abramowitz and Stegun 7.1.14).
  private static double tail(double x) {
    int terms = (int) (20 + 400 / (x * x));
    double fraction = x;
    for (int k = terms; k >= 1; k--) {
      fraction = x + k / 2.0 / fraction;
    }
    return 1 / (SQRT_PI * fraction);
  }
}
