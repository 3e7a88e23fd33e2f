package org.dure.core.accounting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;

class NormalDistributionTest {
  /// erfc by SciPy 1.17.1 (`scipy.special.erfc`, `erfcx`).
  private static final double[][] KNOWN = {
    {0, 1},
    {0.5, 0.4795001221869535},
    {1, 0.15729920705028516},
    {2, 0.004677734981047266},
    {2.5, 0.00040695201744495886},
    {3, 2.2090496998585445e-05},
    {5, 1.5374597944280347e-12},
    {10, 2.0884875837625446e-45},
    {-1, 1.8427007929497148},
  };

  @Test
  void theErrorFunctionIsExactToTenDigitsInTheTailsToo() {
    for (double[] known : KNOWN) {
      assertThat(NormalDistribution.complement(known[0]))
          .isCloseTo(known[1], withinPercentage(1e-8));
      assertThat(Math.exp(NormalDistribution.logComplement(known[0])))
          .isCloseTo(known[1], withinPercentage(1e-8));
    }
    assertThat(NormalDistribution.logComplement(100))
        .isCloseTo(-10_005.177585122665, withinPercentage(1e-8));
  }

  @Test
  void whereSeriesAndFractionMeetThereIsNoStep() {
    double before = NormalDistribution.complement(Math.nextDown(2.5));
    assertThat(before).isCloseTo(NormalDistribution.complement(2.5), withinPercentage(1e-9));
  }
}
