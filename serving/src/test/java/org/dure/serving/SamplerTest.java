package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.serving.text.LogProbabilities;
import org.dure.serving.text.Sampler;
import org.dure.serving.text.Sampling;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final double[] PROBABILITIES = {0.4, 0.3, 0.15, 0.1, 0.05};

  @Test
  void temperatureZeroTakesTheMostLikelyAndTheLowestOfEquals() {
    Sampler sampler = new Sampler(Sampling.GREEDY, 1);
    assertThat(sampler.next(new float[] {1, 3, 3, 2}, token -> true)).isEqualTo(1);
  }

  @Test
  void drawsFollowTheProbabilities() {
    assertThat(shares(Sampling.PLAIN)).containsExactly(PROBABILITIES, within(0.02));
  }

  @Test
  void temperatureSharpensAsThePowerOfTheProbabilities() {
    double[] expected = Arrays.stream(PROBABILITIES).map(share -> share * share).toArray();
    double total = Arrays.stream(expected).sum();
    assertThat(shares(Sampling.PLAIN.withTemperature(0.5)))
        .containsExactly(
            Arrays.stream(expected).map(share -> share / total).toArray(), within(0.02));
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesIt() {
    assertThat(drawn(Sampling.PLAIN.withTopP(0.6))).containsExactly(0, 1);
    assertThat(drawn(Sampling.PLAIN.withTopP(0.75))).containsExactly(0, 1, 2);
    assertThat(drawn(Sampling.PLAIN.withTopP(0))).containsExactly(0);
  }

  @Test
  void topPKeepsTheSameSetAsASortOfEverything() {
    SplittableRandom random = Seeded.random("topPKeepsTheSameSetAsASortOfEverything");
    for (int round = 0; round < 50; round++) {
      float[] logits = new float[12];
      for (int token = 0; token < logits.length; token++) {
        logits[token] = (float) (random.nextDouble() * 4);
      }
      double limit = random.nextDouble();
      LogProbabilities probabilities = new LogProbabilities(logits);
      Set<Integer> expected = new TreeSet<>();
      double sum = 0;
      for (LogProbabilities.Scored scored : probabilities.most(12)) {
        expected.add(scored.token());
        sum += Math.exp(scored.logProbability());
        if (sum >= limit) {
          break;
        }
      }
      Set<Integer> seen = new TreeSet<>();
      for (int draw = 0; draw < 400; draw++) {
        seen.add(new Sampler(Sampling.PLAIN.withTopP(limit), draw).next(logits, token -> true));
      }
      assertThat(expected).containsAll(seen);
    }
  }

  @Test
  void topKKeepsSoManyTokens() {
    assertThat(drawn(Sampling.PLAIN.withTopK(2))).containsExactly(0, 1);
  }

  @Test
  void theSameSeedDrawsTheSameTokens() {
    assertThat(sequence(7)).isEqualTo(sequence(7)).isNotEqualTo(sequence(8));
  }

  @Test
  void penaltiesCountWhatWasDrawnBefore() {
    Sampling sampling = new Sampling(0, 1, 0, 0.6, 0.5, Map.of());
    Sampler sampler = new Sampler(sampling, 1);
    float[] logits = {2, 1, -0.3f};
    // 2; then 2 - 0.6 - 0.5 = 0.9 < 1; then 0.9 against 1 - 1.1 = -0.1; then 0.3 against -0.1; and
    // at last 2 - 3 * 0.6 - 0.5 = -0.3, equal to the third but of a lower id.
    int[] drawn = new int[5];
    for (int at = 0; at < drawn.length; at++) {
      drawn[at] = sampler.next(logits, token -> true);
    }
    assertThat(drawn).containsExactly(0, 1, 0, 0, 1);
  }

  @Test
  void aBiasBansOrForcesAToken() {
    Sampling banned = new Sampling(0, 1, 0, 0, 0, Map.of(0, -100.0));
    assertThat(new Sampler(banned, 1).next(logits(), token -> true)).isEqualTo(1);
    Sampling forced = new Sampling(1, 1, 0, 0, 0, Map.of(4, 100.0));
    assertThat(new Sampler(forced, 1).next(logits(), token -> true)).isEqualTo(4);
  }

  @Test
  void tokensThatAreNotAllowedAreNeverDrawn() {
    assertThat(new Sampler(Sampling.GREEDY, 1).next(logits(), token -> token > 1)).isEqualTo(2);
    assertThatThrownBy(() -> new Sampler(Sampling.GREEDY, 1).next(logits(), token -> false))
        .isInstanceOf(DureException.class);
  }

  @Test
  void aLogitThatIsNotANumberIsAnError() {
    assertThatThrownBy(
            () -> new Sampler(Sampling.PLAIN, 1).next(new float[] {1, Float.NaN}, token -> true))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
        .hasMessageContaining("token 1");
  }

  @Test
  void valuesOutOfRangeAreRefusedByName() {
    assertThatThrownBy(() -> Sampling.PLAIN.withTemperature(-0.1))
        .hasMessageContaining("temperature");
    assertThatThrownBy(() -> Sampling.PLAIN.withTopP(1.1)).hasMessageContaining("top_p");
    assertThatThrownBy(() -> Sampling.PLAIN.withTemperature(Double.NaN))
        .hasMessageContaining("NaN");
  }

  @Test
  void logProbabilitiesSumToOneAndTheMostLikelyComeFirst() {
    LogProbabilities probabilities = new LogProbabilities(logits());
    for (int token = 0; token < PROBABILITIES.length; token++) {
      assertThat(Math.exp(probabilities.of(token))).isCloseTo(PROBABILITIES[token], within(1e-6));
    }
    assertThat(probabilities.most(3))
        .extracting(LogProbabilities.Scored::token)
        .containsExactly(0, 1, 2);
    assertThat(probabilities.most(0)).isEmpty();
    assertThat(probabilities.most(20)).hasSize(5);
  }

  private static float[] logits() {
    float[] logits = new float[PROBABILITIES.length];
    for (int token = 0; token < logits.length; token++) {
      logits[token] = (float) Math.log(PROBABILITIES[token]) + 3;
    }
    return logits;
  }

  private static double[] shares(Sampling sampling) {
    Sampler sampler = new Sampler(sampling, 42);
    double[] shares = new double[PROBABILITIES.length];
    for (int draw = 0; draw < 20_000; draw++) {
      shares[sampler.next(logits(), token -> true)] += 1 / 20_000.0;
    }
    return shares;
  }

  private static Set<Integer> drawn(Sampling sampling) {
    Set<Integer> drawn = new TreeSet<>();
    for (int seed = 0; seed < 500; seed++) {
      drawn.add(new Sampler(sampling, seed).next(logits(), token -> true));
    }
    return drawn;
  }

  private static String sequence(long seed) {
    Sampler sampler = new Sampler(Sampling.PLAIN, seed);
    StringBuilder sequence = new StringBuilder();
    for (int at = 0; at < 50; at++) {
      sequence.append(sampler.next(logits(), token -> true));
    }
    return sequence.toString();
  }
}
