package org.dure.app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.app.demo.DemoReport;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.terminal.Output;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;

/// What a region ends a study with: a model and what it scored.
///
/// @param home of the region
record RegionOutcome(RegionLayout home) {
  /// Not before the study's end, and not after a rehearsal.
  boolean isThere() {
    return Files.exists(home.model()) && Files.exists(home.evaluation());
  }

  /// Where it lies, and what it is worth; lines without the last one's end.
  String text() {
    StringBuilder text = new StringBuilder();
    text.append("the model: %s%nits scores: %s".formatted(home.model(), home.evaluation()));
    for (Comparison one : EvaluationReport.read(home.evaluation()).languages()) {
      text.append("%n  %s".formatted(DemoReport.line(one)));
    }
    return text.toString();
  }

  /// Says what can be done with it.
  void next(RegionHome region, Output output) {
    Path release = home.path().resolve("release");
    output.next(
        "dure release --name %s --model %s --evaluation %s --corpus %s --key %s --out %s",
        region.region(), home.model(), home.evaluation(), home.corpus(), home.key(), release);
    output.next("dure serve %s", release);
    output.next(
        "dure eval --language %s --model %s --corpus DIR --out FILE, on other text",
        region.language(), home.model());
  }
}
