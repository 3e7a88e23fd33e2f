package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.Comparison.Verdict;
import org.junit.jupiter.api.Test;

class ResultSentenceTest {
  private static Comparison comparison(
      String language, double together, double alone, Verdict verdict) {
    double half = verdict == Verdict.NO_DIFFERENCE ? 0.5 : 0.005;
    double value = together - alone;
    Interval difference = new Interval(value, value - half, value + half);
    return new Comparison(
        language,
        new Interval(2, 2, 2),
        new Interval(together, together, together),
        new Interval(alone, alone, alone),
        difference,
        verdict,
        100,
        100,
        1000,
        400,
        null,
        null,
        null,
        null);
  }

  private static Comparison withoutTwin() {
    Interval end = new Interval(1.127, 1.1, 1.2);
    return new Comparison(
        "ko",
        new Interval(2, 2, 2),
        end,
        null,
        null,
        Verdict.NOT_MEASURED,
        100,
        100,
        1000,
        400,
        null,
        null,
        null,
        null);
  }

  private static SequencedMap<String, Comparison> four() {
    SequencedMap<String, Comparison> four = new LinkedHashMap<>();
    four.put("Korean", comparison("ko", 1.127, 1.138, Verdict.BETTER));
    four.put("Japanese", comparison("ja", 1.033, 1.065, Verdict.BETTER));
    four.put("French", comparison("fr", 1.355, 1.356, Verdict.NO_DIFFERENCE));
    four.put("Vietnamese", comparison("vi", 1.115, 1.099, Verdict.WORSE));
    return four;
  }

  @Test
  void itCountsAndNamesEveryLanguage() {
    assertThat(ResultSentence.of("en", four()))
        .isEqualTo(
            "Training together saves 0.6% of the bits, on the mean of 4. Better in 2 of 4"
                + " languages: Korean −1.0%, Japanese −3.0%. Worse in 1: Vietnamese +1.5%. No clear"
                + " difference in 1: French −0.1%.");
    assertThat(ResultSentence.of("ko", four())).contains("언어 4개 중 2개에서 함께 학습이 더 좋습니다: ");
    assertThat(ResultSentence.of("ja", four())).contains("4 言語中 2 言語で").endsWith("。");
    assertThat(ResultSentence.of("fr", four())).contains("Mieux ensemble pour 2 des 4 langues");
    assertThat(ResultSentence.of("vi", four())).contains("Học cùng nhau tốt hơn ở 2 trên 4");
  }

  @Test
  void aFewRoundsAreSaidToBeTooFewForAVerdict() {
    assertThat(ResultSentence.of("en", four(), 3))
        .startsWith("Training together saves")
        .endsWith("3 rounds are too few for a verdict; in the demo --minutes 20 gives more.");
    assertThat(ResultSentence.of("ko", four(), 9)).contains(" 9라운드로는");
    for (String language : ReportMessages.LANGUAGES) {
      assertThat(ResultSentence.tooFew(language, 9)).contains("9", "--minutes 20");
      assertThat(ResultSentence.of(language, four(), 10))
          .isEqualTo(ResultSentence.of(language, four()));
      assertThat(ResultSentence.of(language, four(), 0))
          .isEqualTo(ResultSentence.of(language, four()));
    }
    assertThat(ResultSentence.of("en", new LinkedHashMap<>(), 3)).isEmpty();
  }

  @Test
  void oneLanguageIsSaidInTheSingular() {
    SequencedMap<String, Comparison> one = new LinkedHashMap<>();
    one.put("Korean", comparison("ko", 1.127, 1.138, Verdict.BETTER));
    assertThat(ResultSentence.of("en", one)).isEqualTo("Better in 1 of 1 language: Korean −1.0%.");
  }

  @Test
  void noneBetterIsSaidToo() {
    SequencedMap<String, Comparison> worse = new LinkedHashMap<>();
    worse.put("Korean", comparison("ko", 1.2, 1.1, Verdict.WORSE));
    worse.put("Japanese", comparison("ja", 1.1, 1.1, Verdict.NO_DIFFERENCE));
    assertThat(ResultSentence.of("en", worse))
        .isEqualTo(
            "Training together costs 4.5% more bits, on the mean of 2. Together better in none of"
                + " 2 languages. Worse in 1: Korean +9.1%. No clear difference in 1: Japanese 0.0%.");
  }

  @Test
  void whereSeveralAreOfOneLanguageInstitutionsAreCounted() {
    SequencedMap<String, Comparison> two = new LinkedHashMap<>();
    two.put("Korean (ko-1)", comparison("ko", 1.08, 1.2, Verdict.BETTER));
    two.put("Korean (ko-2)", comparison("ko", 1.26, 1.2, Verdict.WORSE));
    assertThat(ResultSentence.of("en", two))
        .isEqualTo(
            "Training together saves 2.5% of the bits, on the mean of 2. Better for 1 of 2"
                + " institutions: Korean (ko-1) −10.0%. Worse for 1: Korean (ko-2) +5.0%.");
    for (String language : ReportMessages.LANGUAGES) {
      assertThat(ResultSentence.of(language, two)).doesNotContain("{", "result.");
    }
  }

  @Test
  void withoutATwinItSaysWhatIsKnown() {
    SequencedMap<String, Comparison> alone = new LinkedHashMap<>();
    alone.put("Korean", withoutTwin());
    assertThat(ResultSentence.of("en", alone))
        .isEqualTo(
            "Without a twin there is nothing to compare with; bits per byte: Korean 2.000 →"
                + " 1.127.");
    assertThat(ResultSentence.of("en", new LinkedHashMap<>())).isEmpty();
  }

  @Test
  void thePictureHasARowForEachComparisonThatHasATwin() {
    SequencedMap<String, Comparison> five = four();
    five.put("Khmer", withoutTwin());
    HtmlWriter html = new HtmlWriter();
    DifferenceChart.write(html, "en", five, "d");
    String svg = html.end();
    assertThat(svg.split("class=\"interval\"", -1)).hasSize(5);
    assertThat(svg)
        .contains("class=\"WORSE\"", "Vietnamese: +0.016 bits per byte", "+1.5%: worse together")
        .contains("id=\"d-title\"")
        .doesNotContain("Khmer: ", "NaN");
    HtmlWriter empty = new HtmlWriter();
    DifferenceChart.write(empty, "en", new LinkedHashMap<>(), "d");
    assertThat(empty.end()).isEmpty();
  }
}
