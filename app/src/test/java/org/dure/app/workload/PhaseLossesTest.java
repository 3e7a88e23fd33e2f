package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class PhaseLossesTest {
  @Test
  void aPhaseIsCutIntoFourPartsOfItsSteps() {
    assertThat(means(8, 1, 3, 5, 7, 9, 11, 13, 15))
        .containsExactly(
            Map.entry("1of4", 2.0),
            Map.entry("2of4", 6.0),
            Map.entry("3of4", 10.0),
            Map.entry("4of4", 14.0));
  }

  @Test
  void partsDifferByAStepAtMostAndNoneIsEmpty() {
    assertThat(means(6, 1, 2, 3, 4, 5, 6))
        .containsExactly(
            Map.entry("1of4", 1.5),
            Map.entry("2of4", 3.0),
            Map.entry("3of4", 4.5),
            Map.entry("4of4", 6.0));
  }

  @Test
  void aShortPhaseHasAPartForEachStepAndASingleStepNone() {
    assertThat(means(2, 4, 2)).containsExactly(Map.entry("1of2", 4.0), Map.entry("2of2", 2.0));
    assertThat(means(1, 4)).isEmpty();
  }

  private static Map<String, Double> means(int steps, double... losses) {
    PhaseLosses phase = new PhaseLosses(steps);
    for (double loss : losses) {
      phase.add(loss);
    }
    return phase.means();
  }
}
