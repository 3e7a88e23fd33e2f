package org.dure.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.evaluation.Interval;
import org.dure.federation.StudyStatus;

/// The demo's report.
final class DemoReport {
  private static final List<String> STAGES =
      List.of("text", "corpus", "tokenizer", "plan", "belt", "release", "answers");

  private DemoReport() {}

  /// A language's outcome in one line.
  static String line(Comparison one) {
    return String.format(
        Locale.ROOT,
        "%s: %.3f bits per byte at the start, %s on the belt, %s alone; difference %+.3f: %s",
        one.language(),
        one.start().value(),
        interval(one.belt()),
        interval(one.twin()),
        one.difference().value(),
        one.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  private static String interval(Interval interval) {
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
                            region.name(), region.sent(), region.received()))
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
            new EvaluationReportPage.Point((double) round.number() * status.stepsPerRound(), loss));
      }
    }
    return points;
  }
}
