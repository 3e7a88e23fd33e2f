package org.dure.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.dure.core.Sharing;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoReportTest {
  @TempDir Path folder;

  private static Comparison korean() {
    Map<String, Double> scores = new LinkedHashMap<>();
    Map.of("start", 2.056, "end", 1.127, "twin", 1.138, "difference", -0.011)
        .forEach(
            (name, value) -> {
              scores.put(name, value);
              scores.put(name + ".low", value - 0.005);
              scores.put(name + ".high", value + 0.005);
            });
    List.of("pages", "documents", "bytes", "tokens").forEach(count -> scores.put(count, 64.0));
    return Comparison.of("ko", scores);
  }

  @Test
  void everyStageIsNamedInTheReadersWords() throws IOException {
    StudyStatus status =
        new StudyStatus(
            "demo",
            Sharing.BODY,
            new StudyStatus.Progress(Phase.FINISHED, 3, 3, 20, 1, 2, StudyStatus.Undone.NONE),
            new StudyStatus.Membership(1, 4, 4, 0.4, 0),
            null,
            Map.of(),
            List.of(),
            List.of(),
            new StudyStatus.Traffic(List.of(), List.of()));
    Map<String, Long> seconds = new LinkedHashMap<>();
    DemoReport.STAGES.forEach(stage -> seconds.put(stage, 10L));
    EvaluationReport report =
        EvaluationReport.of("demo", "2026-11-28T05:00:00Z", List.of(korean()), null, Map.of());
    DemoReport.write(folder, report, status, List.of(), seconds);
    String html = Files.readString(folder.resolve("index.html"));
    for (String stage : DemoReport.STAGES) {
      assertThat(html).doesNotContain("<th scope=\"row\">" + stage + "</th>");
    }
    assertThat(html)
        .containsPattern(Pattern.compile("<h1>.demo. 평가|<h1>&quot;demo&quot; 평가"))
        .contains("언어 1개 중 1개에서 함께 학습이 더 좋습니다: 한국어 −1.0%.");
  }
}
