package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CrossingsTest {
  private static Crossings longStudy(RoundStore log, int rounds, int regions) {
    Crossings crossings = new Crossings();
    for (int round = 1; round <= rounds; round++) {
      for (int region = 0; region < regions; region++) {
        crossings.out("r" + region, round, Crossings.DELTA, 1000);
        crossings.in("r" + region, round, Crossings.WEIGHTS, 500);
      }
      crossings.save(log);
    }
    return crossings;
  }

  @Test
  void totalsCountEveryRoundAndSingleRoundsOnlyTheNewestThousand() {
    Crossings crossings = longStudy(new MemoryRoundStore(), 1500, 2);
    assertThat(crossings.totals())
        .contains(new StudyStatus.Total("r1", "out", "delta", 1500, 1_500_000));
    assertThat(crossings.list()).hasSize(4 * 1000);
    assertThat(crossings.list().getFirst().round()).isEqualTo(501);
  }

  @Test
  void manyRegionsShortenTheHistoryInsteadOfGrowingIt() {
    Crossings crossings = longStudy(new MemoryRoundStore(), 300, 100);
    assertThat(crossings.list()).hasSizeLessThanOrEqualTo(Crossings.MOST_ENTRIES);
    assertThat(crossings.totals()).hasSize(200).allMatch(total -> total.items() == 300);
  }

  @Test
  void whatIsKeptComesBackAfterARestart() {
    RoundStore log = new MemoryRoundStore();
    Crossings crossings = longStudy(log, 1200, 2);
    Crossings again = new Crossings();
    again.restore(log, 1200);
    assertThat(again.totals()).isEqualTo(crossings.totals());
    assertThat(again.list()).isEqualTo(crossings.list());
  }

  @Test
  void aTickWritesTheTotalsAndTheRoundsThatChangedAndNoMore() {
    RoundStore log = new MemoryRoundStore();
    Crossings crossings = longStudy(log, 50, 3);
    RoundStore fresh = new MemoryRoundStore();
    crossings.save(fresh);
    assertThat(fresh.noted("crossings")).isEmpty();

    crossings.out("r0", 50, Crossings.CONTROL, 10);
    crossings.save(fresh);
    assertThat(fresh.noted("crossings")).isPresent();
    assertThat(fresh.noted("crossings-50")).isPresent();
    assertThat(fresh.noted("crossings-49")).isEmpty();
  }
}
