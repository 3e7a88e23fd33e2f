package org.dure.core.accounting;

import java.util.List;
import java.util.function.Function;

/// Numerical accounting with error bounds (Gopi, Lee, Wutschitz 2021, the PRV accountant): the
/// privacy loss of a step is put on a grid, composed with itself by Fourier transform, and read
/// off. Opacus' `PRVAccountant` and Google's PLD accountant do the same.
///
/// Both neighbours are looked at, a document more and a document less; the larger epsilon counts.
///
/// @param error of epsilon, to either side, that the grid is made for; above 0
public record NumericalAccountant(double error) {
  private static final double ERROR = 0.01;

  /// The share of delta that is kept for what the grid cuts off.
  private static final double DELTA_SHARE = 1e-3;

  private static final double MARGIN = 3;

  /// Beyond it exponentials leave the range of numbers, and nobody wants to know.
  private static final double MOST_EXTENT = 500;

  /// Points of a grid: 80 MiB in all. A grid that would need more is made coarser, its bounds
  /// wider.
  private static final int MOST_POINTS = 1 << 21;

  /// What lies certainly below and above the true epsilon.
  ///
  /// @param estimate between them
  /// @param high infinite where nothing can be said, e.g. if rounding is as large as delta
  public record Bounds(double low, double estimate, double high) {
    private static final Bounds UNKNOWN =
        new Bounds(0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

    private static Bounds larger(Bounds one, Bounds other) {
      return new Bounds(
          Math.max(one.low, other.low),
          Math.max(one.estimate, other.estimate),
          Math.max(one.high, other.high));
    }
  }

  /// With the grid in use.
  public static NumericalAccountant standard() {
    return new NumericalAccountant(ERROR);
  }

  /// Bounds of epsilon.
  ///
  /// @param delta above 0, below 1
  public Bounds epsilon(List<SampledGaussian> spent, double delta) {
    List<SampledGaussian> some = spent.stream().filter(one -> one.steps() > 0).toList();
    if (some.isEmpty()) {
      return new Bounds(0, 0, 0);
    }
    double deltaError = delta * DELTA_SHARE;
    double extent = extent(some, deltaError);
    if (!(extent < MOST_EXTENT)) {
      return Bounds.UNKNOWN;
    }
    long steps = some.stream().mapToLong(SampledGaussian::steps).sum();
    double width = error / Math.sqrt(steps / 2.0 * StrictMath.log(12 / deltaError));
    double wider = 1;
    while (2 * extent / (width * wider) > MOST_POINTS) {
      wider *= 2;
    }
    Grid grid = Grid.of(extent, width * wider);
    Bounds there =
        composed(some, PrivacyLossVariable.DocumentThere::new, grid)
            .bounds(delta, deltaError, error * wider, steps);
    Bounds gone =
        composed(some, PrivacyLossVariable.DocumentGone::new, grid)
            .bounds(delta, deltaError, error * wider, steps);
    return Bounds.larger(there, gone);
  }

  /// How far to either side the grid must go, from what Renyi accounting says of the tails.
  private double extent(List<SampledGaussian> spent, double deltaError) {
    RenyiAccountant tails = RenyiAccountant.standard();
    double steps = spent.stream().mapToDouble(SampledGaussian::steps).sum();
    double most = tails.epsilon(spent, deltaError / 4);
    for (SampledGaussian one : spent) {
      most = Math.max(most, tails.epsilon(List.of(one.times(1)), deltaError / (8 * steps)));
    }
    return Math.max(most, error) + MARGIN;
  }

  /// @param points a power of two
  /// @param width between two points; point `points / 2` is 0
  private record Grid(int points, double width) {
    static Grid of(double extent, double width) {
      int points = Math.max(2, Integer.highestOneBit((int) Math.ceil(2 * extent / width) - 1) * 2);
      return new Grid(points, width);
    }

    double at(int point) {
      return (point - points / 2) * width;
    }
  }

  private static Composition composed(
      List<SampledGaussian> spent,
      Function<SampledGaussian, PrivacyLossVariable> variable,
      Grid grid) {
    FourierTransform transform = new FourierTransform(grid.points);
    double[] real = new double[grid.points];
    double[] imaginary = new double[grid.points];
    real[0] = 1;
    transform.forward(real, imaginary);
    double shift = 0;
    for (SampledGaussian one : spent) {
      double[] step = new double[grid.points];
      double[] stepImaginary = new double[grid.points];
      shift += one.steps() * discretise(variable.apply(one), grid, step);
      transform.forward(step, stepImaginary);
      multiplyPower(real, imaginary, step, stepImaginary, one.steps());
    }
    transform.inverse(real, imaginary);
    return new Composition(grid, real, shift);
  }

  /// The loss of a step on the grid, its index 0 the loss 0, cut off at its ends.
  ///
  /// @return how much the grid is to be shifted so that the mean is the true one
  private static double discretise(PrivacyLossVariable loss, Grid grid, double[] into) {
    int half = grid.points / 2;
    double low = loss.cumulative(grid.at(0) - grid.width / 2);
    double mass = loss.cumulative(grid.at(grid.points - 1) + grid.width / 2) - low;
    double before = low;
    double mean = 0;
    for (int i = 0; i < grid.points; i++) {
      double until = loss.cumulative(grid.at(i) + grid.width / 2);
      double share = (until - before) / mass;
      into[(i + half) % grid.points] = share;
      mean += share * grid.at(i);
      before = until;
    }
    return loss.mean() - mean;
  }

  /// Multiplies by a power, number by number.
  private static void multiplyPower(
      double[] real, double[] imaginary, double[] base, double[] baseImaginary, long power) {
    for (int i = 0; i < real.length; i++) {
      double r = base[i];
      double m = baseImaginary[i];
      double productReal = real[i];
      double product = imaginary[i];
      for (long left = power; left > 0; left >>= 1) {
        if ((left & 1) == 1) {
          double next = productReal * r - product * m;
          product = productReal * m + product * r;
          productReal = next;
        }
        double square = r * r - m * m;
        m = 2 * r * m;
        r = square;
      }
      real[i] = productReal;
      imaginary[i] = product;
    }
  }

  /// The distribution of the loss of all steps.
  ///
  /// @param share of each point, point 0 the loss 0
  /// @param shift to be added to every loss
  private record Composition(Grid grid, double[] share, double shift) {
    /// A sum over the grid, or a power of so many steps, is known to no more than its rounding.
    Bounds bounds(double delta, double deltaError, double error, long steps) {
      double rounding = Math.ulp(1.0) * Math.max(grid.points, steps);
      if (!Double.isFinite(shift) || rounding > delta - deltaError) {
        return Bounds.UNKNOWN;
      }
      return new Bounds(
          Math.max(0, epsilon(delta + deltaError) - error),
          Math.max(0, epsilon(delta)),
          Math.max(0, epsilon(delta - deltaError) + error));
    }

    /// The smallest epsilon at which `sum over t > epsilon of share(t) (1 - exp(epsilon - t))` is
    /// `delta`: from the largest loss down, until it is.
    private double epsilon(double delta) {
      int half = grid.points / 2;
      double above = 0;
      double weighted = 0;
      for (int i = grid.points - 1; i >= 0; i--) {
        double loss = grid.at(i) + shift;
        double point = Math.max(0, share[(i + half) % grid.points]);
        if (above - StrictMath.exp(loss) * weighted > delta) {
          return StrictMath.log((above - delta) / weighted);
        }
        above += point;
        weighted += point * StrictMath.exp(-loss);
      }
      return Double.NEGATIVE_INFINITY;
    }
  }
}
