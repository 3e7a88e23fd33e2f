package org.dure.federation.secure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretSumTest {
  private final SplittableRandom random = Seeded.random("secret sum");

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 8})
  void theSumIsExactForEveryDropoutPattern(int count) {
    int threshold = Roster.threshold(0, count);
    SecretRound round = new SecretRound(count, threshold, random);
    List<String> members = List.copyOf(round.members);
    int patterns = 0;
    for (int sent = 1; sent < 1 << count; sent++) {
      SortedSet<String> contributors = subset(members, sent);
      if (contributors.size() < threshold) {
        continue;
      }
      List<String> alive = new ArrayList<>(contributors);
      while (alive.size() > threshold && random.nextBoolean()) {
        alive.remove(random.nextInt(alive.size()));
      }
      Unmasking unmasking = round.unmasking(contributors, round.revealed(contributors, alive));
      for (int fragment = 0; fragment < SecretRound.FRAGMENTS; fragment++) {
        int[] sum = round.maskedSum(contributors, fragment);
        unmasking.apply(fragment, sum);
        assertThat(sum).isEqualTo(round.expected(contributors, fragment));
      }
      patterns++;
    }
    assertThat(patterns).isGreaterThanOrEqualTo(count);
  }

  @Test
  void whoeverOfTheContributorsIsLeftAtTheEndTheSumIsTheSame() {
    SecretRound round = new SecretRound(5, 3, random);
    List<String> members = List.copyOf(round.members);
    SortedSet<String> contributors = new TreeSet<>(members.subList(0, 4));
    for (int left = 0; left < 1 << 4; left++) {
      SortedSet<String> alive = subset(members, left);
      Map<String, Map<String, byte[]>> revealed = round.revealed(contributors, alive);
      if (alive.size() < 3) {
        assertThatThrownBy(() -> round.unmasking(contributors, revealed))
            .isInstanceOf(DishonestShares.class);
        continue;
      }
      int[] sum = round.maskedSum(contributors, 0);
      round.unmasking(contributors, revealed).apply(0, sum);
      assertThat(sum).isEqualTo(round.expected(contributors, 0));
    }
  }

  private static SortedSet<String> subset(List<String> members, int bits) {
    SortedSet<String> subset = new TreeSet<>();
    for (int i = 0; i < members.size(); i++) {
      if ((bits >> i & 1) == 1) {
        subset.add(members.get(i));
      }
    }
    return subset;
  }

  @Test
  void aMemberThatSharedSomethingElseThanItsSeedsIsNamed() {
    SecretRound round = new SecretRound(4, 3, random);
    SortedSet<String> contributors = new TreeSet<>(round.members);
    contributors.remove("region-3");
    for (String liar : round.members) {
      Map<String, Map<String, byte[]>> revealed = round.revealed(contributors, contributors);
      Seeds other = Seeds.draw(random);
      Map<String, Seeds.Shares> others = other.shares(round.places, 4, 3, random);
      Map<String, byte[]> instead = new TreeMap<>();
      contributors.forEach(
          member ->
              instead.put(
                  member,
                  contributors.contains(liar)
                      ? others.get(member).own()
                      : others.get(member).pair()));
      revealed.put(liar, instead);
      assertThatThrownBy(() -> round.unmasking(contributors, revealed))
          .isInstanceOfSatisfying(
              DishonestShares.class, e -> assertThat(e.owner()).isEqualTo(liar));
    }
  }

  @Test
  void sharesThatWereChangedOrAreNoneMakeNoSum() {
    SecretRound round = new SecretRound(3, 2, random);
    SortedSet<String> all = new TreeSet<>(round.members);
    for (byte[] bad :
        List.of(new byte[0], new byte[32], new byte[33], new byte[34], filled(33, 0xff))) {
      Map<String, Map<String, byte[]>> revealed = round.revealed(all, all);
      revealed.get("region-0").put("region-0", bad);
      assertThatThrownBy(() -> round.unmasking(all, revealed))
          .isInstanceOfSatisfying(
              DishonestShares.class, e -> assertThat(e.owner()).isEqualTo("region-0"));
    }
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void aKeyOfAnotherRoundStudyOrPairTakesNoMaskOff() {
    SecretRound round = new SecretRound(3, 2, random);
    SortedSet<String> all = new TreeSet<>(round.members);
    Map<String, Map<String, byte[]>> revealed = round.revealed(all, all);
    for (RoundContext other :
        List.of(
            new RoundContext(round.context.study(), round.context.round() + 1),
            new RoundContext("other", round.context.round()))) {
      int[] sum = round.maskedSum(all, 0);
      new Unmasking(
              new Unmasking.Round(other, round.threshold, round.places, round.advertised, all),
              revealed)
          .apply(0, sum);
      assertThat(sum).isNotEqualTo(round.expected(all, 0));
    }
  }

  @Test
  void theRosterStaysOrChangesByTwo() {
    SortedSet<String> three = new TreeSet<>(List.of("fr", "ja", "ko"));
    SortedSet<String> four = new TreeSet<>(List.of("fr", "ja", "ko", "vi"));
    SortedSet<String> five = new TreeSet<>(List.of("de", "fr", "ja", "ko", "vi"));
    SortedSet<String> swapped = new TreeSet<>(List.of("fr", "ja", "vi"));

    assertThat(Roster.next(new TreeSet<>(), three)).isEqualTo(three);
    assertThat(Roster.next(three, three)).isEqualTo(three);
    assertThat(Roster.next(three, four)).isEqualTo(three);
    assertThat(Roster.next(four, three)).isEqualTo(four);
    assertThat(Roster.next(three, five)).isEqualTo(five);
    assertThat(Roster.next(three, swapped)).isEqualTo(swapped);
    assertThat(Roster.digest(three)).isNotEqualTo(Roster.digest(four));
  }
}
