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
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.evaluation.BitsPerByte.Score;
import org.dure.evaluation.Comparison.Verdict;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final double LN_2 = Math.log(2);

  /// Documents of random length, about 1.5 bits per byte, each a page of its own.
  private static List<Score> measure(SplittableRandom random, int documents) {
    List<Score> scores = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      long bytes = random.nextLong(20, 400);
      scores.add(new Score("d" + i, bytes * LN_2 * random.nextDouble(1, 2), bytes, bytes));
    }
    return scores;
  }

  /// The same documents with other nats.
  private static List<Score> with(List<Score> measure, ToDoubleFunction<Score> nats) {
    return measure.stream()
        .map(s -> new Score(s.id(), nats.applyAsDouble(s), s.bytes(), s.tokens()))
        .toList();
  }

  private static Comparison compare(
      List<Score> start, List<Score> belt, List<Score> twin, long seed) {
    return Comparison.of(
        "ko", BitsPerByte.of(start), BitsPerByte.of(belt), BitsPerByte.of(twin), seed);
  }

  @Test
  void theIntervalIsThatOfTheDeltaMethod() {
    List<Score> scores = measure(Seeded.random("ComparisonTest.delta"), 800);
    BitsPerByte measure = BitsPerByte.of(scores);
    double ratio = measure.nats() / measure.bytes();
    double squares =
        scores.stream().mapToDouble(s -> Math.pow(s.nats() - ratio * s.bytes(), 2)).sum();
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
    List<Score> twin = measure(Seeded.random("ComparisonTest.paired"), 300);
    List<Score> belt = with(twin, s -> s.nats() - 0.01 * LN_2 * s.bytes());
    Comparison comparison = compare(twin, belt, twin, 7);
    assertThat(comparison.difference().value()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.difference().low()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.difference().high()).isCloseTo(-0.01, within(1e-9));
    assertThat(comparison.belt().high()).isGreaterThan(comparison.twin().low());
    assertThat(comparison.verdict()).isEqualTo(Verdict.BETTER);
    assertThat(compare(twin, twin, belt, 7).verdict()).isEqualTo(Verdict.WORSE);
  }

  @Test
  void equalModelsDoNotDiffer() {
    List<Score> measure = measure(Seeded.random("ComparisonTest.equal"), 50);
    Comparison comparison = compare(measure, measure, measure, 7);
    assertThat(comparison.difference()).isEqualTo(new Interval(0, 0, 0));
    assertThat(comparison.verdict()).isEqualTo(Verdict.NO_DIFFERENCE);
  }

  @Test
  void noiseIsSeldomTakenForADifference() {
    SplittableRandom random = Seeded.random("ComparisonTest.noise");
    int decided = 0;
    for (int i = 0; i < 300; i++) {
      List<Score> twin = measure(random, 60);
      List<Score> belt =
          with(twin, s -> s.nats() + s.bytes() * LN_2 * random.nextDouble(-0.1, 0.1));
      Verdict verdict = compare(twin, belt, twin, i).verdict();
      decided += verdict == Verdict.NO_DIFFERENCE ? 0 : 1;
    }
    // 5 % of 300 are expected; 45 is more than seven standard deviations above.
    assertThat(decided).isBetween(1, 45);
  }

  @Test
  void thesameSeedGivesTheSameIntervals() {
    SplittableRandom random = Seeded.random("ComparisonTest.seed");
    List<Score> start = measure(random, 40);
    List<Score> belt = with(start, s -> s.nats() * random.nextDouble(0.5, 1));
    Comparison first = compare(start, belt, start, 7);
    assertThat(compare(start, belt, start, 7)).isEqualTo(first);
    assertThat(compare(start, belt, start, 8).difference().low())
        .isNotEqualTo(first.difference().low());
  }

  @Test
  void fewPagesDecideNothing() {
    List<Score> twin = measure(Seeded.random("ComparisonTest.few"), 9);
    List<Score> belt = with(twin, s -> s.nats() / 2);
    assertThat(compare(twin, belt, twin, 7).verdict()).isEqualTo(Verdict.NO_DIFFERENCE);
  }

  @Test
  void repeatedParagraphsOfAPageAreNoFurtherWitnesses() {
    List<Score> pages = measure(Seeded.random("ComparisonTest.pages"), 100);
    List<Score> paragraphs = new ArrayList<>();
    for (Score page : pages) {
      for (int i = 0; i < 10; i++) {
        paragraphs.add(new Score(page.id() + "#par" + i, page.nats(), page.bytes(), page.tokens()));
      }
    }
    Interval once = BitsPerByte.of(pages).interval(3);
    Interval tenTimes = BitsPerByte.of(paragraphs).interval(3);
    assertThat(tenTimes.low()).isCloseTo(once.low(), within(1e-9));
    assertThat(tenTimes.high()).isCloseTo(once.high(), within(1e-9));
    Comparison comparison = compare(paragraphs, paragraphs, paragraphs, 1);
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
    List<Score> some = measure(random, 20);
    List<Score> fewer = some.subList(0, 19);
    List<Score> others =
        some.stream().map(s -> new Score(s.id(), s.nats(), s.bytes() + 1, s.tokens())).toList();
    for (List<Score> other : List.of(fewer, others)) {
      assertThatThrownBy(() -> compare(some, some, other, 7))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("different text");
    }
  }

  @Test
  void whatLeavesTheRegionIsNumbersFromWhichTheComparisonComesBack() {
    SplittableRandom random = Seeded.random("ComparisonTest.scores");
    List<Score> start = measure(random, 30);
    List<Score> belt = with(start, s -> s.nats() * random.nextDouble(0.5, 0.9));
    List<Score> twin = with(start, s -> s.nats() * random.nextDouble(0.5, 0.9));
    Comparison comparison = compare(start, belt, twin, 7);
    Map<String, Double> scores = comparison.scores();
    assertThat(scores).containsKeys("start", "end", "twin", "difference.low", "bytes");
    assertThat(Comparison.of("ko", scores)).isEqualTo(comparison);
    Map<String, Double> old = new LinkedHashMap<>(scores);
    old.remove("heldOutDocuments");
    assertThat(Comparison.of("ko", old).heldOutDocuments()).isNull();
    for (String name : old.keySet()) {
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
    BitsPerByte belt = BitsPerByte.of(measure(Seeded.random("ComparisonTest.alone"), 60));
    Comparison comparison = Comparison.of("ko", null, belt, null, 7);
    assertThat(comparison.start()).isNull();
    assertThat(comparison.twin()).isNull();
    assertThat(comparison.difference()).isNull();
    assertThat(comparison.verdict()).isEqualTo(Verdict.NOT_MEASURED);
    assertThat(comparison.belt()).isEqualTo(Comparison.of("ko", belt, belt, belt, 7).belt());
    assertThat(comparison.scores()).containsKey("end").doesNotContainKeys("start", "twin.low");
    assertThat(Comparison.of("ko", comparison.scores())).isEqualTo(comparison);
  }

  @Test
  void howManyDocumentsThereWereIsKeptBesideHowManyWereMeasured() {
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      documents.add(new Document("d" + i, "ko", "글 " + i, "here", "CC0"));
    }
    ByteModel model = new ByteModel(64);
    BitsPerByte some = BitsPerByte.measure(model, documents, 5, (doing, done, total) -> {});
    Comparison sample = Comparison.of("ko", null, some, null, 1);
    assertThat(sample.documents()).isEqualTo(5);
    assertThat(sample.heldOutDocuments()).isEqualTo(20);
    assertThat(Comparison.of("ko", sample.scores()).heldOutDocuments()).isEqualTo(20);
    BitsPerByte all = BitsPerByte.measure(model, documents, (doing, done, total) -> {});
    assertThat(Comparison.of("ko", null, all, null, 1).heldOutDocuments()).isEqualTo(20);
  }

  @Test
  void whatContradictsItselfIsRefused() {
    Interval one = new Interval(1, 0.9, 1.1);
    Interval two = new Interval(1.2, 1.1, 1.3);
    Interval lower = new Interval(-0.2, -0.25, -0.15);
    for (Verdict verdict : List.of(Verdict.WORSE, Verdict.NO_DIFFERENCE)) {
      assertThatThrownBy(() -> contradictory(one, two, lower, verdict))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("allows BETTER");
    }
    Interval other = new Interval(-0.3, -0.35, -0.25);
    assertThatThrownBy(() -> contradictory(one, two, other, Verdict.BETTER))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("difference -0.3");
    assertThatThrownBy(() -> new Interval(1, 2, 1)).isInstanceOf(DureException.class);
    assertThatThrownBy(() -> new Interval(Double.NaN, 1, 1)).isInstanceOf(DureException.class);
    Comparison alone =
        new Comparison(
            "ko", null, one, null, null, Verdict.NOT_MEASURED, 5, 5, 9, 9, 5L, null, null, null);
    ModelDigests model = new ModelDigests("a", "b", "c");
    assertThatThrownBy(() -> alone.on(new MeasuredOn(model, null, model, "p", "h")))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("twin is named");
  }

  private static Comparison contradictory(
      Interval belt, Interval twin, Interval difference, Verdict verdict) {
    return new Comparison(
        "ko", null, belt, twin, difference, verdict, 50, 50, 900, 300, null, null, null, null);
  }

  @Test
  void morePagesThanAreKeptApartGiveTheSameIntervalsInGroups() {
    SplittableRandom random = Seeded.random("ComparisonTest.groups");
    List<Score> many = measure(random, 3 * PageScores.MOST);
    BitsPerByte grouped = BitsPerByte.of(many);
    double ratio = grouped.nats() / grouped.bytes();
    double squares =
        many.stream().mapToDouble(s -> Math.pow(s.nats() - ratio * s.bytes(), 2)).sum();
    double standardError = Math.sqrt(squares) / grouped.bytes() / LN_2;
    Interval interval = grouped.interval(1);

    assertThat(grouped.pages().size()).isEqualTo(PageScores.MOST);
    assertThat(grouped.documents()).isEqualTo(3L * PageScores.MOST);
    assertThat(interval.high() - interval.low())
        .isCloseTo(2 * 1.96 * standardError, Percentage.withPercentage(12));
    assertThat(interval.low()).isLessThan(grouped.value());
    assertThat(interval.high()).isGreaterThan(grouped.value());
  }
}
