package org.dure.federation.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Json;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

/// Which rounds count, beside a list that says it of each.
class TakenBackTest {
  @Test
  void itAgreesWithAListOfAllRounds() {
    SplittableRandom random = Seeded.random("taken back");
    for (int trial = 0; trial < 200; trial++) {
      TakenBack takenBack = TakenBack.NONE;
      List<Boolean> counts = new ArrayList<>(List.of(true));
      for (int step = 0; step < 12; step++) {
        int rounds = random.nextInt(1, 6);
        for (int i = 0; i < rounds; i++) {
          counts.add(true);
        }
        int last = counts.size() - 1;
        int base = takenBack.standingBefore(random.nextInt(1, last + 1));
        takenBack = takenBack.with(base, last);
        for (int round = base + 1; round <= last; round++) {
          counts.set(round, false);
        }
        assertAgrees(takenBack, counts);
      }
    }
  }

  private static void assertAgrees(TakenBack takenBack, List<Boolean> counts) {
    int place = 0;
    int standing = 0;
    for (int round = 1; round < counts.size() + 3; round++) {
      boolean counted = round >= counts.size() || counts.get(round);
      assertThat(takenBack.standingBefore(round)).as("before %d", round).isEqualTo(standing);
      place += counted ? 1 : 0;
      standing = counted ? round : standing;
      assertThat(takenBack.contains(round))
          .as("round %d of %s", round, takenBack)
          .isNotEqualTo(counted);
      assertThat(takenBack.place(round)).as("place of %d in %s", round, takenBack).isEqualTo(place);
    }
    assertThat(takenBack.rounds()).isEqualTo(counts.stream().filter(one -> !one).count());
  }

  @Test
  void aRegionIsToldOfTheNewestAndTakesNothingBeforeThemToStand() {
    TakenBack all = TakenBack.NONE;
    for (int round = 2; round <= 100; round += 2) {
      all = all.with(round - 1, round);
    }
    TakenBack told = all.newest();

    assertThat(all.spans()).hasSize(50);
    assertThat(told.spans()).hasSize(TakenBack.MOST);
    assertThat(told.place(101)).isEqualTo(51);
    assertThat(told.contains(99)).isFalse();
    assertThat(told.contains(3)).isTrue();
    assertThat(Json.read(Json.bytes(told), TakenBack.class)).isEqualTo(told);
  }
}
