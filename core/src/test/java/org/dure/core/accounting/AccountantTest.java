package org.dure.core.accounting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.accounting.NumericalAccountant.Bounds;
import org.junit.jupiter.api.Test;

class AccountantTest {
  private static final double DELTA = 1e-6;

  private static List<SampledGaussian> steps(long steps) {
    return List.of(new SampledGaussian(1.0, 0.02, steps));
  }

  @Test
  void nothingSpentIsNothingTold() {
    assertThat(PrivacyAccountant.epsilon(List.of(), DELTA)).isZero();
    assertThat(PrivacyAccountant.epsilon(steps(0), DELTA)).isZero();
  }

  @Test
  void partsOfARunAddUpToTheRun() {
    List<SampledGaussian> parts =
        List.of(
            new SampledGaussian(1.0, 0.02, 70),
            new SampledGaussian(1.0, 0.02, 20),
            new SampledGaussian(1.0, 0.02, 10));
    assertThat(RenyiAccountant.standard().epsilon(parts, DELTA))
        .isCloseTo(RenyiAccountant.standard().epsilon(steps(100), DELTA), withinPercentage(1e-9));
    assertThat(NumericalAccountant.standard().epsilon(parts, DELTA).high())
        .isCloseTo(
            NumericalAccountant.standard().epsilon(steps(100), DELTA).high(),
            withinPercentage(1e-4));
  }

  @Test
  void moreStepsLessNoiseAndMoreDocumentsAStepTellMore() {
    double before = PrivacyAccountant.epsilon(steps(100), DELTA);
    assertThat(PrivacyAccountant.epsilon(steps(101), DELTA)).isGreaterThan(before);
    assertThat(PrivacyAccountant.epsilon(List.of(new SampledGaussian(0.95, 0.02, 100)), DELTA))
        .isGreaterThan(before);
    assertThat(PrivacyAccountant.epsilon(List.of(new SampledGaussian(1, 0.021, 100)), DELTA))
        .isGreaterThan(before);
    assertThat(PrivacyAccountant.epsilon(steps(100), DELTA / 10)).isGreaterThan(before);
  }

  /// One step with every document is the Gaussian mechanism itself, whose curve is known: delta =
  /// Phi(a - b) - exp(epsilon) Phi(-a - b), a = 1 / (2 sigma), b = epsilon sigma (Balle and Wang
  /// 2018, theorem 8).
  @Test
  void oneStepWithEveryDocumentIsTheGaussianMechanism() {
    for (double sigma : new double[] {0.7, 1, 3}) {
      Bounds bounds =
          NumericalAccountant.standard().epsilon(List.of(new SampledGaussian(sigma, 1, 1)), DELTA);
      assertThat(curve(sigma, bounds.estimate())).isCloseTo(DELTA, withinPercentage(1));
      assertThat(curve(sigma, bounds.low())).isGreaterThan(DELTA);
      assertThat(curve(sigma, bounds.high())).isLessThan(DELTA);
    }
  }

  private static double curve(double sigma, double epsilon) {
    double a = 1 / (2 * sigma);
    double b = epsilon * sigma;
    return NormalDistribution.cumulative(a - b)
        - Math.exp(epsilon) * NormalDistribution.cumulative(-a - b);
  }

  @Test
  void whereRoundingIsAsLargeAsDeltaNumbersSayNothing() {
    List<SampledGaussian> spent = steps(1000);
    assertThat(NumericalAccountant.standard().epsilon(spent, 1e-13).high()).isInfinite();
    assertThat(PrivacyAccountant.epsilon(spent, 1e-13))
        .isEqualTo(RenyiAccountant.standard().epsilon(spent, 1e-13));
  }

  /// A power of so many steps is known to less than that delta.
  @Test
  void noBoundIsAboveWhatTheOtherAccountantProves() {
    List<SampledGaussian> many = List.of(new SampledGaussian(1, 1e-5, 100_000_000));
    Bounds bounds = NumericalAccountant.standard().epsilon(many, 1e-9);
    assertThat(bounds.low()).isLessThanOrEqualTo(RenyiAccountant.standard().epsilon(many, 1e-9));
  }

  @Test
  void manyStudiesAreWithinALimitOrNotBySumsThatBothAccountantsAgreeOn() {
    List<SampledGaussian> studies = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      studies.add(new SampledGaussian(1 + i / 100.0, 0.01, 20));
    }
    double renyi = RenyiAccountant.standard().epsilon(studies, DELTA);
    assertThat(PrivacyAccountant.isWithin(studies, DELTA, renyi)).isTrue();
    assertThat(PrivacyAccountant.shown(studies, DELTA, renyi)).isEqualTo(renyi);
    assertThat(PrivacyAccountant.isWithin(studies, DELTA, renyi / 3)).isFalse();
    List<SampledGaussian> equal = Collections.nCopies(50, steps(20).getFirst());
    assertThat(PrivacyAccountant.epsilon(equal, DELTA))
        .isEqualTo(PrivacyAccountant.epsilon(steps(1000), DELTA));
    assertThat(PrivacyAccountant.shown(equal, DELTA, 8))
        .isEqualTo(PrivacyAccountant.epsilon(steps(1000), DELTA));
    List<SampledGaussian> most =
        Collections.nCopies(2, new SampledGaussian(1e-3, 1, SampledGaussian.MOST_STEPS));
    assertThat(PrivacyAccountant.isWithin(most, DELTA, 1000)).isFalse();
  }

  @Test
  void veryLittleNoiseTellsVeryMuchAndIsNoError() {
    assertThat(PrivacyAccountant.epsilon(List.of(new SampledGaussian(0.01, 0.5, 1000)), DELTA))
        .isGreaterThan(1000);
    assertThat(PrivacyAccountant.epsilon(List.of(new SampledGaussian(1e-3, 1, 1L << 40)), DELTA))
        .isGreaterThan(1000);
  }

  @Test
  void whatIsNoMechanismIsRefused() {
    assertThatThrownBy(() -> new SampledGaussian(0, 0.1, 1)).isInstanceOf(DureException.class);
    assertThatThrownBy(() -> new SampledGaussian(Double.NaN, 0.1, 1))
        .isInstanceOf(DureException.class);
    assertThatThrownBy(() -> new SampledGaussian(1, 0, 1)).isInstanceOf(DureException.class);
    assertThatThrownBy(() -> new SampledGaussian(1, 1.1, 1)).isInstanceOf(DureException.class);
    assertThatThrownBy(() -> new SampledGaussian(1, 0.1, -1)).isInstanceOf(DureException.class);
  }
}
