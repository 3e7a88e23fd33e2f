package org.dure.app.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.evaluation.Interval;
import org.dure.evaluation.Released;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;

/// The demo's report.
public final class DemoReport {
  /// What the demo does, in its order; the report has words for each.
  static final List<String> STAGES =
      List.of("text", "corpus", "tokenizer", "plan", "belt", "release", "answers");

  private static final String NOT_MEASURED = "not measured";

  private DemoReport() {}

  /// An institution's outcome in one line.
  public static String line(Comparison one) {
    return String.format(
        Locale.ROOT,
        "%s: %s bits per byte at the start, %s on the belt, %s alone; %sdifference %s: %s (on %s)",
        name(one),
        one.start() == null ? NOT_MEASURED : decimal("%.3f", one.start().value()),
        interval(one.belt()),
        interval(one.twin()),
        released(one),
        one.outcome() == null ? NOT_MEASURED : decimal("%+.3f", one.outcome().value()),
        one.outcomeVerdict().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        one.extent());
  }

  /// The comparisons of a report by their institutions, or their languages' codes.
  static SequencedMap<String, Comparison> byName(EvaluationReport report) {
    SequencedMap<String, Comparison> comparisons = new LinkedHashMap<>();
    report.languages().forEach(one -> comparisons.put(name(one), one));
    return comparisons;
  }

  private static String name(Comparison one) {
    return Objects.requireNonNullElse(one.region(), one.language());
  }

  /// What an institution goes on with, where it chose.
  private static String released(Comparison one) {
    Released released = one.released();
    return released == null || released.choice() == null
        ? ""
        : "released %s (%s); "
            .formatted(interval(released.value()), called(released.choice().origin()));
  }

  private static String called(String origin) {
    return switch (origin) {
      case "belt" -> "the last merge";
      case "own" -> "its own last weights";
      case "belt-and-own" -> "the mean of last merge and own";
      case "twin" -> "the one alone";
      case "belt-and-twin" -> "the mean of last merge and the one alone";
      default -> origin;
    };
  }

  private static String decimal(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static String interval(@Nullable Interval interval) {
    if (interval == null) {
      return NOT_MEASURED;
    }
    return String.format(
        Locale.ROOT, "%.3f (%.3f to %.3f)", interval.value(), interval.low(), interval.high());
  }

  /// Writes `index.html`.
  ///
  /// @param samples prompt and whole text of what each model wrote
  static void write(
      Path folder,
      EvaluationReport report,
      StudyStatus status,
      List<EvaluationReportPage.Sample> samples,
      Map<String, Long> seconds) {
    SequencedMap<String, List<EvaluationReportPage.Point>> losses = new LinkedHashMap<>();
    for (StudyStatus.Region region : status.regions()) {
      losses.put(region.name(), losses(status, region.name()));
    }
    SequencedMap<String, Double> timings = new LinkedHashMap<>();
    for (String stage : STAGES) {
      Long took = seconds.get(stage);
      if (took != null) {
        timings.put(stage, (double) took);
      }
    }
    EvaluationReportPage.of(report)
        .lossCurves(losses)
        .borders(
            status.regions().stream()
                .map(
                    region ->
                        new EvaluationReportPage.Border(
                            region.name(), region.work().sent(), region.work().received()))
                .toList())
        .samples(samples)
        .timings(timings)
        .write(folder.resolve("index.html"), report.languages().getFirst().language());
  }

  private static List<EvaluationReportPage.Point> losses(StudyStatus status, String region) {
    List<EvaluationReportPage.Point> points = new ArrayList<>();
    for (StudyStatus.Round round : status.history()) {
      StudyStatus.Contribution contribution = round.contributions().get(region);
      Double loss = contribution == null ? null : contribution.metrics().get("loss");
      if (loss != null) {
        points.add(
            new EvaluationReportPage.Point(
                (double) round.number() * status.progress().stepsPerRound(), loss));
      }
    }
    return points;
  }
}
