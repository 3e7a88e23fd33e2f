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

  /// However seldom a region asks, what it is told continues what it was told before.
  @Test
  void whatAStudyComesToContinuesWhatItWas() {
    SplittableRandom random = Seeded.random("continues");
    for (int trial = 0; trial < 300; trial++) {
      TakenBack now = TakenBack.NONE;
      TakenBack told = TakenBack.NONE;
      int open = 1;
      int then = 0;
      for (int step = 0; step < 60; step++) {
        open += random.nextInt(0, 4);
        int back = random.nextInt(8) == 0 ? open : Math.min(open, random.nextInt(1, 4));
        if (random.nextBoolean()) {
          now = now.with(now.standingBefore(open - back + 1), open);
          open++;
        }
        assertThat(now.newest().isSound(open)).as("%s in round %d", now, open).isTrue();
        if (random.nextInt(3) == 0) {
          assertThat(now.newest().continues(told, then))
              .as("%s after %s in round %d", now.newest(), told, then)
              .isTrue();
          told = now.newest();
          then = open;
        }
      }
    }
  }

  private static TakenBack of(int... ends) {
    List<TakenBack.Span> spans = new ArrayList<>();
    int rounds = 0;
    for (int i = 0; i < ends.length; i += 2) {
      spans.add(new TakenBack.Span(ends[i], ends[i + 1]));
      rounds += ends[i + 1] - ends[i] + 1;
    }
    return new TakenBack(rounds, spans);
  }

  @Test
  void whatNoStudyComesToIsNeitherSoundNorContinues() {
    assertThat(of(2, 3, 5, 9).isSound(9)).isTrue();
    assertThat(of(2, 3, 5, 9).isSound(8)).as("what has not been").isFalse();
    assertThat(of(2, 3, 4, 9).isSound(10)).as("two that touch").isFalse();
    assertThat(of(5, 9, 2, 3).isSound(10)).isFalse();
    assertThat(of(0, 3).isSound(10)).isFalse();
    assertThat(of(3, 2).isSound(10)).isFalse();
    assertThat(of(1, Integer.MAX_VALUE, 5, Integer.MAX_VALUE).isSound(10)).isFalse();
    assertThat(new TakenBack(-1, List.of()).isSound(10)).isFalse();
    assertThat(new TakenBack(1, List.of()).isSound(10)).isFalse();
    assertThat(new TakenBack(9, of(5, 9).spans()).isSound(10)).as("fewer than 16").isFalse();

    assertThat(of(3, 5).continues(TakenBack.NONE, 5)).isTrue();
    assertThat(of(3, 4).continues(TakenBack.NONE, 5)).as("the open one stayed").isFalse();
    assertThat(of(1, 1, 3, 1000).continues(TakenBack.NONE, 1000)).isFalse();
    assertThat(of(3, 5).continues(of(3, 6), 7)).as("one counts again").isFalse();
    assertThat(of(2, 9).continues(of(3, 6), 7)).isTrue();
    assertThat(TakenBack.NONE.continues(of(3, 6), 7)).isFalse();
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
