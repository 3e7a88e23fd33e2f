package org.dure.federation.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.TrafficKind;
import org.junit.jupiter.api.Test;

class TrafficCountersTest {
  private static TrafficCounters longStudy(RoundStore log, int rounds, int regions) {
    TrafficCounters traffic = new TrafficCounters();
    for (int round = 1; round <= rounds; round++) {
      for (int region = 0; region < regions; region++) {
        traffic.out("r" + region, round, TrafficKind.DELTA, 1000);
        traffic.in("r" + region, round, TrafficKind.WEIGHTS, 500);
      }
      traffic.save(log);
    }
    return traffic;
  }

  @Test
  void totalsCountEveryRoundAndSingleRoundsOnlyTheNewestThousand() {
    TrafficCounters traffic = longStudy(new MemoryRoundStore(), 1500, 2);
    assertThat(traffic.totals())
        .contains(new StudyStatus.Total("r1", Direction.OUT, TrafficKind.DELTA, 1500, 1_500_000));
    assertThat(traffic.list()).hasSize(4 * 1000);
    assertThat(traffic.list().getFirst().round()).isEqualTo(501);
  }

  @Test
  void manyRegionsShortenTheHistoryInsteadOfGrowingIt() {
    TrafficCounters traffic = longStudy(new MemoryRoundStore(), 300, 100);
    assertThat(traffic.list()).hasSizeLessThanOrEqualTo(TrafficCounters.MOST_ENTRIES);
    assertThat(traffic.totals()).hasSize(200).allMatch(total -> total.items() == 300);
  }

  @Test
  void whatIsKeptComesBackAfterARestart() {
    RoundStore log = new MemoryRoundStore();
    TrafficCounters traffic = longStudy(log, 1200, 2);
    TrafficCounters again = new TrafficCounters();
    again.restore(log, 1200);
    assertThat(again.totals()).isEqualTo(traffic.totals());
    assertThat(again.list()).isEqualTo(traffic.list());
  }

  @Test
  void aTickWritesTheTotalsAndTheRoundsThatChangedAndNoMore() {
    RoundStore log = new MemoryRoundStore();
    TrafficCounters traffic = longStudy(log, 50, 3);
    RoundStore fresh = new MemoryRoundStore();
    traffic.save(fresh);
    assertThat(fresh.noted("crossings")).isEmpty();

    traffic.out("r0", 50, TrafficKind.CONTROL, 10);
    traffic.save(fresh);
    assertThat(fresh.noted("crossings")).isPresent();
    assertThat(fresh.noted("crossings-50")).isPresent();
    assertThat(fresh.noted("crossings-49")).isEmpty();
  }
}
