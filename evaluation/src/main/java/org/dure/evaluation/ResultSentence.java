package org.dure.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.evaluation.Comparison.Verdict;

/// What a study's comparisons come to, in a sentence or a few: the first thing that console, report
/// and demo say, e.g. `Training together saves 1.0% of the bits, on the mean of 4. Better in 3 of 4
/// languages: Korean −0.9%, Japanese −3.1%, French −1.5%. Worse in 1: Vietnamese +1.4%.`
/// Percentages are of the twin's bits per byte. Where several are of one language, institutions are
/// counted instead.
public final class ResultSentence {
  /// Below so many rounds training together has not yet come to bear.
  private static final int ENOUGH_ROUNDS = 10;

  private final ReportMessages words;
  private final SequencedMap<String, Comparison> comparisons;

  private ResultSentence(ReportMessages words, SequencedMap<String, Comparison> comparisons) {
    this.words = words;
    this.comparisons = comparisons;
  }

  /// What must be known before a verdict of a short study is read; empty where it had rounds
  /// enough, or it is not known how many. The demo alone has `--minutes`, and the sentence says so.
  ///
  /// @param language of the sentence, one of `ko`, `ja`, `fr`, `vi`, `en`
  public static String tooFew(String language, int rounds) {
    return tooFew(ReportMessages.in(language), rounds);
  }

  private static String tooFew(ReportMessages words, int rounds) {
    return rounds <= 0 || rounds >= ENOUGH_ROUNDS
        ? ""
        : words.counted("result.few", rounds, words.integer(rounds));
  }

  /// As [#of(String, SequencedMap)] of a whole report, before [#tooFew] if that is to be said.
  ///
  /// @param comparisons of the report, by what their languages are called
  /// @param rounds that were trained together; 0 where that is not known
  public static String of(
      String language, SequencedMap<String, Comparison> comparisons, int rounds) {
    ReportMessages words = ReportMessages.in(language);
    return after(words, rounds, new ResultSentence(words, comparisons).text());
  }

  private static String after(ReportMessages words, int rounds, String sentence) {
    String few = tooFew(words, rounds);
    return few.isEmpty() || sentence.isEmpty()
        ? sentence
        : sentence + words.text("sentence.separator") + few;
  }

  /// @param language of the sentence, one of `ko`, `ja`, `fr`, `vi`, `en`
  /// @param comparisons by what their language or region is called, in the order of the sentence
  /// @return empty where there is no comparison
  public static String of(String language, SequencedMap<String, Comparison> comparisons) {
    return new ResultSentence(ReportMessages.in(language), comparisons).text();
  }

  /// The same of a report, whose languages are called as the reader calls them.
  static String of(ReportMessages words, EvaluationReport report) {
    return after(
        words, report.rounds(), new ResultSentence(words, words.byName(report.languages())).text());
  }

  private String text() {
    List<String> better = named(Verdict.BETTER);
    List<String> worse = named(Verdict.WORSE);
    List<String> level = named(Verdict.NO_DIFFERENCE);
    List<String> unknown = named(Verdict.NOT_MEASURED);
    int compared = better.size() + worse.size() + level.size();
    List<String> sentences = new ArrayList<>();
    if (compared > 1 && level.size() < compared) {
      double gain = meanGain();
      sentences.add(
          words.text(
              gain >= 0 ? "result.gain" : "result.loss",
              words.percent(Math.abs(gain)),
              words.integer(compared)));
    }
    if (!better.isEmpty()) {
      sentences.add(
          words.counted(
              key("result.better"),
              compared,
              words.integer(better.size()),
              words.integer(compared),
              list(better)));
    } else if (compared > 0) {
      sentences.add(words.counted(key("result.none"), compared, words.integer(compared)));
    }
    if (!worse.isEmpty()) {
      sentences.add(words.text(key("result.worse"), words.integer(worse.size()), list(worse)));
    }
    if (!level.isEmpty()) {
      sentences.add(words.text(key("result.level"), words.integer(level.size()), list(level)));
    }
    if (!unknown.isEmpty()) {
      sentences.add(words.text("result.alone", list(unknown)));
    }
    return String.join(words.text("sentence.separator"), sentences);
  }

  /// Of languages, or of institutions where several are of one language.
  private String key(String of) {
    long languages = comparisons.values().stream().map(Comparison::language).distinct().count();
    return languages < comparisons.size() ? of + ".institutions" : of;
  }

  /// A share of the twin's bits per byte, each comparison's counting the same.
  private double meanGain() {
    return comparisons.values().stream()
            .flatMap(comparison -> comparison.gain().stream())
            .mapToDouble(Interval::value)
            .average()
            .orElse(0)
        / 100;
  }

  private List<String> named(Verdict verdict) {
    return comparisons.entrySet().stream()
        .filter(entry -> entry.getValue().outcomeVerdict() == verdict)
        .map(this::item)
        .toList();
  }

  private String item(Map.Entry<String, Comparison> entry) {
    Comparison comparison = entry.getValue();
    Interval difference = comparison.outcome();
    Interval twin = comparison.twin();
    Interval start = comparison.start();
    String value =
        difference != null && twin != null
            ? words.signedPercent(difference.value() / twin.value())
            : start == null
                ? words.decimal(comparison.belt().value())
                : words.text(
                    "result.fromTo",
                    words.decimal(start.value()),
                    words.decimal(comparison.belt().value()));
    return words.text("result.item", entry.getKey(), value);
  }

  private String list(List<String> items) {
    return String.join(words.text("list.separator"), items);
  }
}
