package org.dure.federation.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class OuterStepTest {
  /// Values of `torch.optim.SGD([w], lr=0.7, momentum=0.9, nesterov=True)`, worked out by hand from
  /// its documented recurrence: gradients 0.5, -0.25, 1 from weight 1.
  @Test
  void threeStepsGiveTheValuesOfNesterovMomentum() {
    OuterStep outer = new OuterStep(0.7, 0.9);
    float[] weights = {1};
    float[] momentum = {0};
    double[] expectedWeights = {0.335, 0.384, -1.0594};
    double[] expectedMomentum = {0.5, 0.2, 1.18};
    double[] gradients = {0.5, -0.25, 1};
    for (int step = 0; step < 3; step++) {
      outer.step(weights, momentum, new double[] {gradients[step]}, 1);
      assertThat(weights[0]).isCloseTo((float) expectedWeights[step], within(2e-7f));
      assertThat(momentum[0]).isCloseTo((float) expectedMomentum[step], within(2e-7f));
    }
  }

  @Test
  void aDeltaIsBeforeMinusAfterSoThatAPlainStepLandsOnTheMeanOfTheRegions() {
    float before = 2;
    float[] after = {1, 5};
    double[] gradient = new double[1];
    for (float value : after) {
      OuterStep.accumulate(gradient, new float[] {before - value}, 0.5, 0, 1);
    }

    float[] weights = {before};
    new OuterStep(1, 0).step(weights, new float[1], gradient, 1);

    assertThat(weights).containsExactly(3);
  }

  @Test
  void theStepGoesTheWayTheRegionsWent() {
    double[] gradient = new double[2];
    OuterStep.accumulate(gradient, new float[] {1f - 0.5f, 1f - 1.5f}, 1, 0, 2);

    float[] after = {1, 1};
    new OuterStep(0.7, 0.9).step(after, new float[2], gradient, 2);

    assertThat(after[0]).isLessThan(1);
    assertThat(after[1]).isGreaterThan(1);
  }

  @Test
  void sharesAreInProportionToTheWeights() {
    assertThat(MergeShares.capped(new TreeMap<>(Map.of("ja", 1.0, "ko", 3.0)), 1))
        .containsExactly(Map.entry("ja", 0.25), Map.entry("ko", 0.75));
  }

  @Test
  void aRegionAboveTheCapGivesWhatItHasTooMuchToTheOthersInProportion() {
    assertThat(MergeShares.capped(new TreeMap<>(Map.of("a", 90.0, "b", 9.0, "c", 1.0)), 0.4))
        .satisfies(
            shares -> {
              assertThat(shares.get("a")).isEqualTo(0.4);
              assertThat(shares.get("b")).isEqualTo(0.4);
              assertThat(shares.get("c")).isCloseTo(0.2, within(1e-12));
            });
  }

  @Test
  void theCapIsNeverBelowAnEqualShare() {
    assertThat(MergeShares.capped(new TreeMap<>(Map.of("a", 1e6, "b", 1.0)), 0.1))
        .containsExactly(Map.entry("a", 0.5), Map.entry("b", 0.5));
  }

  @Test
  void sharesAlwaysAddUpToOneAndStayBelowTheCap() {
    SplittableRandom random = Seeded.random("shares");
    for (int trial = 0; trial < 2_000; trial++) {
      int regions = random.nextInt(1, 9);
      double cap = random.nextDouble(0.01, 1);
      TreeMap<String, Double> weights = new TreeMap<>();
      for (int i = 0; i < regions; i++) {
        weights.put("r" + i, (double) random.nextLong(1, 1L << random.nextInt(1, 62)));
      }
      var shares = MergeShares.capped(weights, cap);
      double limit = Math.max(cap, 1.0 / regions);
      assertThat(shares.values().stream().mapToDouble(share -> share).sum())
          .isCloseTo(1, within(1e-9));
      assertThat(shares.values()).allMatch(share -> share <= limit + 1e-9 && share >= 0);
    }
  }
}
