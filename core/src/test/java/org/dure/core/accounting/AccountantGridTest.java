package org.dure.core.accounting;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.dure.core.Extent;
import org.dure.core.accounting.NumericalAccountant.Bounds;
import org.junit.jupiter.api.Test;

/// Opacus and Google's dp-accounting, on a grid of mechanisms: `accountants.csv`, whose head says
/// how it was made.
class AccountantGridTest {
  /// A thousandth.
  private static final double PERCENT = 0.1;

  private record Point(List<SampledGaussian> spent, double delta, String[] values) {
    double opacusRenyi() {
      return Double.parseDouble(values[0]);
    }

    double googleRenyi() {
      return Double.parseDouble(values[1]);
    }

    double opacusNumerical() {
      return Double.parseDouble(values[2]);
    }

    double googleWhole() {
      return Double.parseDouble(values[4]);
    }

    double googleNumerical() {
      return Double.parseDouble(values[3]);
    }
  }

  private static List<Point> points() throws IOException {
    List<Point> points = new ArrayList<>();
    try (InputStream in = AccountantGridTest.class.getResourceAsStream("accountants.csv")) {
      for (String line : new String(Objects.requireNonNull(in).readAllBytes(), UTF_8).split("\n")) {
        String[] cells = line.split(",", -1);
        if (line.startsWith("#") || line.startsWith("noise")) {
          continue;
        }
        String[] noise = cells[0].split(" ");
        String[] rate = cells[1].split(" ");
        String[] steps = cells[2].split(" ");
        List<SampledGaussian> spent = new ArrayList<>();
        for (int i = 0; i < noise.length; i++) {
          spent.add(
              new SampledGaussian(
                  Double.parseDouble(noise[i]),
                  Double.parseDouble(rate[i]),
                  Long.parseLong(steps[i])));
        }
        points.add(new Point(spent, Double.parseDouble(cells[3]), Arrays.copyOfRange(cells, 4, 9)));
      }
    }
    assertThat(points).hasSizeGreaterThan(50);
    return points;
  }

  /// The orders at which Opacus looks.
  private static final RenyiAccountant OPACUS =
      new RenyiAccountant(
          DoubleStream.concat(
                  IntStream.range(1, 100).mapToDouble(tenths -> 1 + tenths / 10.0),
                  IntStream.range(12, 64).asDoubleStream())
              .boxed()
              .toList());

  /// Orders at which Google's sums are exact.
  private static final RenyiAccountant WHOLE =
      new RenyiAccountant(
          DoubleStream.concat(
                  IntStream.range(2, 64).asDoubleStream(), DoubleStream.of(128, 256, 512, 1024))
              .boxed()
              .toList());

  @Test
  void renyiAccountingIsThatOfOpacusAndOfGoogle() throws IOException {
    for (Point point : points()) {
      assertThat(OPACUS.epsilon(point.spent, point.delta))
          .as(point.toString())
          .isCloseTo(point.opacusRenyi(), withinPercentage(PERCENT));
      assertThat(WHOLE.epsilon(point.spent, point.delta))
          .as(point.toString())
          .isCloseTo(point.googleWhole(), withinPercentage(PERCENT));
      assertThat(RenyiAccountant.standard().epsilon(point.spent, point.delta))
          .isLessThanOrEqualTo(1.001 * Math.min(point.googleRenyi(), point.opacusRenyi()));
    }
  }

  /// With little noise the logarithm of the ratio is beyond what numbers tell apart; it must never
  /// come out as nothing spent.
  @Test
  void littleNoiseOnEveryDocumentCostsNearlyWhatRenyiAccountingSays() {
    for (double noise : List.of(0.1, 0.3, 0.35, 0.36, 0.5)) {
      for (double rate : List.of(1.0, 1 - 1e-10)) {
        for (long steps : List.of(1L, 10L)) {
          List<SampledGaussian> spent = List.of(new SampledGaussian(noise, rate, steps));
          double renyi = RenyiAccountant.standard().epsilon(spent, 1e-6);
          assertThat(PrivacyAccountant.epsilon(spent, 1e-6))
              .as(spent.toString())
              .isBetween(0.8 * renyi, renyi);
        }
      }
    }
  }

  /// Opacus gives its upper bound, Google an estimate from above on a finer grid. Large epsilons
  /// take seconds each: a plain run has every eighth of the small ones.
  @Test
  void numericalAccountingIsThatOfOpacusAndOfGoogle() throws IOException {
    int every = Extent.of(8, 1);
    double most = Extent.of(4.0, 100.0);
    List<Point> points = points().stream().filter(point -> point.opacusNumerical() < most).toList();
    for (int i = 0; i < points.size(); i += every) {
      Point point = points.get(i);
      Bounds bounds = NumericalAccountant.standard().epsilon(point.spent, point.delta);
      assertThat(bounds.high())
          .as(point.toString())
          .isCloseTo(point.opacusNumerical(), withinPercentage(PERCENT));
      assertThat(bounds.low()).isLessThan(bounds.estimate()).isLessThan(point.googleNumerical());
      double thousandth = 1e-3 * Math.max(1, point.googleNumerical());
      assertThat(bounds.estimate())
          .as(point.toString())
          .isCloseTo(point.googleNumerical(), within(thousandth));
    }
  }
}
