package org.dure.core.accounting;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Renyi accounting of the sampled Gaussian mechanism (Mironov 2017; Mironov, Talwar and Zhang
/// 2019), in log space, at whole and fractional orders.
///
/// @param orders above 1, at which the divergence is bounded; the best one counts
public record RenyiAccountant(List<Double> orders) {
  /// Those that Opacus and Google's dp-accounting use, together.
  private static final List<Double> STANDARD =
      DoubleStream.concat(
              IntStream.range(1, 100).mapToDouble(tenths -> 1 + tenths / 10.0),
              DoubleStream.concat(
                  IntStream.range(11, 64).asDoubleStream(), DoubleStream.of(128, 256, 512, 1024)))
          .boxed()
          .toList();

  /// Terms of the fractional series that are too small to count, as a logarithm.
  private static final double NEGLIGIBLE = -30;

  /// The series is alternating and converges: this many terms are a defect.
  private static final int MOST_TERMS = 100_000;

  /// @throws DureException with [ErrorCode#INTERNAL] if an order is not above 1
  public RenyiAccountant {
    orders = List.copyOf(orders);
    if (orders.isEmpty() || orders.stream().anyMatch(order -> !(order > 1))) {
      throw new DureException(ErrorCode.INTERNAL, "orders must be above 1");
    }
  }

  /// With the orders in use.
  public static RenyiAccountant standard() {
    return new RenyiAccountant(STANDARD);
  }

  /// The smallest epsilon that the orders show.
  ///
  /// @param delta above 0, below 1
  /// @return at least 0; infinite if no order shows any
  public double epsilon(List<SampledGaussian> spent, double delta) {
    double least = Double.POSITIVE_INFINITY;
    for (double order : orders) {
      double divergence = 0;
      for (SampledGaussian one : spent) {
        divergence += one.steps() == 0 ? 0 : one.steps() * divergence(one, order);
      }
      least = Math.min(least, epsilon(divergence, order, delta));
    }
    return Math.max(0, least);
  }

  /// From a Renyi divergence to epsilon (Canonne, Kamath, Steinke 2020, proposition 12; Balle et
  /// al. 2020, theorem 21).
  private static double epsilon(double divergence, double order, double delta) {
    return divergence
        + StrictMath.log1p(-1 / order)
        - (StrictMath.log(delta) + StrictMath.log(order)) / (order - 1);
  }

  /// Renyi divergence of one step at an order.
  static double divergence(SampledGaussian one, double order) {
    double sigma = one.noiseMultiplier();
    double rate = one.sampleRate();
    if (rate == 1) {
      return order / (2 * sigma * sigma);
    }
    double moment =
        order == Math.rint(order)
            ? wholeMoment(sigma, rate, (int) order)
            : fractionalMoment(sigma, rate, order);
    return moment / (order - 1);
  }

  /// Log of the moment at a whole order (Mironov, Talwar, Zhang 2019, section 3.3).
  private static double wholeMoment(double sigma, double rate, int order) {
    double sum = Double.NEGATIVE_INFINITY;
    double binomial = 0;
    for (int i = 0; i <= order; i++) {
      double term =
          binomial
              + i * StrictMath.log(rate)
              + (order - i) * StrictMath.log1p(-rate)
              + ((double) i * i - i) / (2 * sigma * sigma);
      sum = logAdd(sum, term);
      binomial += StrictMath.log(order - i) - StrictMath.log(i + 1);
    }
    return sum;
  }

  /// Log of the moment at a fractional order: two series, of the parts of the line on either side
  /// of the point where both densities of the mixture weigh the same.
  private static double fractionalMoment(double sigma, double rate, double order) {
    double low = Double.NEGATIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double equal = sigma * sigma * StrictMath.log(1 / rate - 1) + 0.5;
    double logRate = StrictMath.log(rate);
    double logRest = StrictMath.log1p(-rate);
    double width = Math.sqrt(2) * sigma;
    double binomial = 1;
    for (int i = 0; i < MOST_TERMS; i++) {
      double j = order - i;
      double coefficient = StrictMath.log(Math.abs(binomial));
      double half = StrictMath.log(0.5);
      double first =
          coefficient
              + i * logRate
              + j * logRest
              + ((double) i * i - i) / (2 * sigma * sigma)
              + half
              + NormalDistribution.logComplement((i - equal) / width);
      double second =
          coefficient
              + j * logRate
              + i * logRest
              + (j * j - j) / (2 * sigma * sigma)
              + half
              + NormalDistribution.logComplement((equal - j) / width);
      if (binomial > 0) {
        low = logAdd(low, first);
        high = logAdd(high, second);
      } else {
        low = logSubtract(low, first);
        high = logSubtract(high, second);
      }
      if (Math.max(first, second) < NEGLIGIBLE) {
        return logAdd(low, high);
      }
      binomial *= (order - i) / (i + 1);
    }
    return Double.POSITIVE_INFINITY;
  }

  private static double logAdd(double one, double other) {
    double least = Math.min(one, other);
    double most = Math.max(one, other);
    return least == Double.NEGATIVE_INFINITY || most == Double.POSITIVE_INFINITY
        ? most
        : most + StrictMath.log1p(StrictMath.exp(least - most));
  }

  /// An alternating series that rounding has brought below 0 shows nothing at this order.
  private static double logSubtract(double from, double what) {
    if (what == Double.NEGATIVE_INFINITY) {
      return from;
    }
    return from <= what
        ? Double.POSITIVE_INFINITY
        : from + StrictMath.log1p(-StrictMath.exp(what - from));
  }
}
