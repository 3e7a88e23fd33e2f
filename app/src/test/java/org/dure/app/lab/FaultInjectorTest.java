package org.dure.app.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FaultInjectorTest {
  @Test
  void theSameSeedStrikesTheSameProcessesAtTheSamePoints() {
    List<FaultInjector.Strike> strikes = FaultInjector.plan(200, 20, 5, 3);
    assertThat(strikes).isEqualTo(FaultInjector.plan(200, 20, 5, 3));
    assertThat(strikes).isNotEqualTo(FaultInjector.plan(200, 20, 5, 4));
  }

  @Test
  void strikesGoThroughTheStudyInOrderAndReachEveryProcess() {
    List<FaultInjector.Strike> strikes = FaultInjector.plan(200, 20, 5, 3);
    assertThat(strikes).hasSize(200);
    assertThat(strikes).extracting(FaultInjector.Strike::point).isSorted();
    assertThat(strikes.getFirst().point()).isGreaterThanOrEqualTo(0).isLessThan(2);
    assertThat(strikes.getLast().point()).isGreaterThan(16).isLessThan(20);
    for (int i = 0; i < 200; i += 5) {
      assertThat(strikes.subList(i, i + 5))
          .extracting(FaultInjector.Strike::victim)
          .containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }
  }

  @Test
  void noOneIsStruckBeforeTheStudyHasComeSoFar() throws InterruptedException {
    FaultInjector faults =
        new FaultInjector(
            List.of(new FaultInjector.Strike(2.5, 0, 0)),
            victim -> {
              throw new AssertionError("struck " + victim);
            });
    assertThat(faults.strike(2.4, 0)).isNull();
    assertThat(faults.left()).isEqualTo(1);
  }
}
