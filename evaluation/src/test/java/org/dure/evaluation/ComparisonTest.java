package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.assertj.core.data.Percentage;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.evaluation.BitsPerByte.Score;
import org.dure.evaluation.Comparison.Verdict;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final double LN_2 = Math.log(2);

  /// Documents of random length, about 1.5 bits per byte, each a page of its own.
  private static BitsPerByte measure(SplittableRandom random, int documents) {
    List<Score> scores = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      long bytes = random.nextLong(20, 400);
      scores.add(new Score("d" + i, bytes * LN_2 * random.nextDouble(1, 2), bytes, bytes));
    }
    return new BitsPerByte(scores);
  }

  /// The same documents with other nats.
  private static BitsPerByte with(BitsPerByte measure, ToDoubleFunction<Score> nats) {
    return new BitsPerByte(
        measure.documents().stream()
            .map(s -> new Score(s.id(), nats.applyAsDouble(s), s.bytes(), s.tokens()))
            .toList());
  }

  @Test
  void theIntervalIsThatOfTheDeltaMethod() {
    BitsPerByte measure = measure(Seeded.random("ComparisonTest.delta"), 800);
    double ratio = measure.nats() / measure.bytes();
    double squares =
        measure.documents().stream()
            .mapToDouble(s -> Math.pow(s.nats() - ratio * s.bytes(), 2))
            .sum();
    double standardError = Math.sqrt(squares) / measure.bytes() / LN_2;
    Interval interval = measure.interval(1);
    assertThat(interval.value()).isEqualTo(measure.value());
    assertThat(interval.high() - interval.low())
        .isCloseTo(2 * 1.96 * standardError, Percentage.withPercentage(12));
    assertThat((interval.high() + interval.low()) / 2)
        .isCloseTo(measure.value(), within(standardError * 0.3));
  }

  @Test
  void whatIsHardForBothCancelsInThePairedDifference() {
    BitsPerByte twin = measure(Seeded.random("ComparisonTest.paired"), 300);
    BitsPerByte belt = with(twin, s -> s.nats() - 0.01 * LN_2 * s.bytes());
    Comparison comparison = Comparison.of("ko", twin, belt, twin, 7);
    assertThat(comparison.difference().value()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.difference().low()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.difference().high()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.belt().high()).isGreaterThan(comparison.twin().low());
    assertThat(comparison.verdict()).isEqualTo(Verdict.BETTER);
    assertThat(Comparison.of("ko", twin, twin, belt, 7).verdict()).isEqualTo(Verdict.WORSE);
  }

  @Test
  void equalModelsDoNotDiffer() {
    BitsPerByte measure = measure(Seeded.random("ComparisonTest.equal"), 50);
    Comparison comparison = Comparison.of("ko", measure, measure, measure, 7);
    assertThat(comparison.difference()).isEqualTo(new Interval(0, 0, 0));
    assertThat(comparison.verdict()).isEqualTo(Verdict.NO_DIFFERENCE);
  }

  @Test
  void noiseIsSeldomTakenForADifference() {
    SplittableRandom random = Seeded.random("ComparisonTest.noise");
    int decided = 0;
    for (int i = 0; i < 300; i++) {
      BitsPerByte twin = measure(random, 60);
      BitsPerByte belt =
          with(twin, s -> s.nats() + s.bytes() * LN_2 * random.nextDouble(-0.1, 0.1));
      Verdict verdict = Comparison.of("ko", twin, belt, twin, i).verdict();
      decided += verdict == Verdict.NO_DIFFERENCE ? 0 : 1;
    }
    // 5 % of 300 are expected; 45 is more than seven standard deviations above.
    assertThat(decided).isBetween(1, 45);
  }

  @Test
  void thesameSeedGivesTheSameIntervals() {
    SplittableRandom random = Seeded.random("ComparisonTest.seed");
    BitsPerByte start = measure(random, 40);
    BitsPerByte belt = with(start, s -> s.nats() * random.nextDouble(0.5, 1));
    Comparison first = Comparison.of("ko", start, belt, start, 7);
    assertThat(Comparison.of("ko", start, belt, start, 7)).isEqualTo(first);
    assertThat(Comparison.of("ko", start, belt, start, 8).difference().low())
        .isNotEqualTo(first.difference().low());
  }

  @Test
  void fewPagesDecideNothing() {
    BitsPerByte twin = measure(Seeded.random("ComparisonTest.few"), 9);
    BitsPerByte belt = with(twin, s -> s.nats() / 2);
    assertThat(Comparison.of("ko", twin, belt, twin, 7).verdict()).isEqualTo(Verdict.NO_DIFFERENCE);
  }

  @Test
  void repeatedParagraphsOfAPageAreNoFurtherWitnesses() {
    BitsPerByte pages = measure(Seeded.random("ComparisonTest.pages"), 100);
    List<Score> paragraphs = new ArrayList<>();
    for (Score page : pages.documents()) {
      for (int i = 0; i < 10; i++) {
        paragraphs.add(new Score(page.id() + "#par" + i, page.nats(), page.bytes(), page.tokens()));
      }
    }
    BitsPerByte repeated = new BitsPerByte(paragraphs);
    Interval once = pages.interval(3);
    Interval tenTimes = repeated.interval(3);
    assertThat(tenTimes.low()).isCloseTo(once.low(), within(1e-9));
    assertThat(tenTimes.high()).isCloseTo(once.high(), within(1e-9));
    Comparison comparison = Comparison.of("ko", repeated, repeated, repeated, 1);
    assertThat(comparison.pages()).isEqualTo(100);
    assertThat(comparison.documents()).isEqualTo(1000);
  }

  @Test
  void quantilesInterpolate() {
    double[] sorted = {1, 2, 4, 8};
    assertThat(Bootstrap.quantile(sorted, 0)).isEqualTo(1);
    assertThat(Bootstrap.quantile(sorted, 1)).isEqualTo(8);
    assertThat(Bootstrap.quantile(sorted, 0.5)).isEqualTo(3);
    assertThat(Bootstrap.quantile(sorted, 0.1)).isCloseTo(1.3, within(1e-12));
  }

  @Test
  void modelsMeasuredOnDifferentTextAreNotCompared() {
    SplittableRandom random = Seeded.random("ComparisonTest.different");
    BitsPerByte some = measure(random, 20);
    BitsPerByte fewer = new BitsPerByte(some.documents().subList(0, 19));
    BitsPerByte others =
        new BitsPerByte(
            some.documents().stream()
                .map(s -> new Score(s.id(), s.nats(), s.bytes() + 1, s.tokens()))
                .toList());
    for (BitsPerByte other : List.of(fewer, others)) {
      assertThatThrownBy(() -> Comparison.of("ko", some, some, other, 7))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("different text");
    }
  }

  @Test
  void whatLeavesTheRegionIsNumbersFromWhichTheComparisonComesBack() {
    SplittableRandom random = Seeded.random("ComparisonTest.scores");
    BitsPerByte start = measure(random, 30);
    BitsPerByte belt = with(start, s -> s.nats() * random.nextDouble(0.5, 0.9));
    BitsPerByte twin = with(start, s -> s.nats() * random.nextDouble(0.5, 0.9));
    Comparison comparison = Comparison.of("ko", start, belt, twin, 7);
    Map<String, Double> scores = comparison.scores();
    assertThat(scores).containsKeys("start", "end", "twin", "difference.low", "bytes");
    assertThat(Comparison.of("ko", scores)).isEqualTo(comparison);
    for (String name : scores.keySet()) {
      Map<String, Double> without = new LinkedHashMap<>(scores);
      without.remove(name);
      assertThatThrownBy(() -> Comparison.of("ko", without))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("\"" + name + "\" is missing");
      without.put(name, Double.NaN);
      assertThatThrownBy(() -> Comparison.of("ko", without)).hasMessageContaining("NaN");
    }
  }

  @Test
  void whatWasNotMeasuredIsNoNumber() {
    BitsPerByte belt = measure(Seeded.random("ComparisonTest.alone"), 60);
    Comparison comparison = Comparison.of("ko", null, belt, null, 7);
    assertThat(comparison.start()).isNull();
    assertThat(comparison.twin()).isNull();
    assertThat(comparison.difference()).isNull();
    assertThat(comparison.verdict()).isEqualTo(Verdict.NOT_MEASURED);
    assertThat(comparison.belt()).isEqualTo(Comparison.of("ko", belt, belt, belt, 7).belt());
    assertThat(comparison.scores()).containsKey("end").doesNotContainKeys("start", "twin.low");
    assertThat(Comparison.of("ko", comparison.scores())).isEqualTo(comparison);
  }
}
