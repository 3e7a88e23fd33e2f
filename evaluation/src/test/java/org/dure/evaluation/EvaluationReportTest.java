package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.evaluation.Comparison.Verdict;
import org.dure.evaluation.EvaluationReport.Matrix;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationReportTest {
  @TempDir Path folder;

  static Comparison comparison(String language, double belt, double twin, Verdict verdict) {
    double difference = belt - twin;
    return new Comparison(
        language,
        new Interval(2.5, 2.45, 2.55),
        new Interval(belt, belt - 0.02, belt + 0.02),
        new Interval(twin, twin - 0.02, twin + 0.02),
        new Interval(difference, difference - 0.01, difference + 0.01),
        verdict,
        120,
        480,
        61_234,
        17_000);
  }

  /// Without start and twin.
  static Comparison notMeasured(String language) {
    Interval belt = new Interval(1.3, 1.28, 1.32);
    return new Comparison(
        language, null, belt, null, null, Verdict.NOT_MEASURED, 5, 480, 61_234, 17_000);
  }

  static Matrix matrix() {
    List<@Nullable Interval> row = new ArrayList<>();
    row.add(new Interval(1.36, 1.34, 1.38));
    row.add(null);
    return new Matrix(List.of("ko"), List.of("ko", "ja"), List.of(row));
  }

  static EvaluationReport report() {
    return EvaluationReport.of(
        "demo",
        "2026-11-22T13:00:00Z",
        List.of(
            comparison("ko", 1.357, 1.393, Verdict.BETTER),
            comparison("ja", 1.235, 1.288, Verdict.BETTER),
            comparison("fr", 1.495, 1.505, Verdict.NO_DIFFERENCE),
            comparison("vi", 1.256, 1.223, Verdict.WORSE)),
        matrix(),
        Map.of("steps", "240", "seed", "7"));
  }

  @Test
  void aReportComesBackFromItsFile() {
    Path file = folder.resolve("evaluation.json");
    report().write(file);
    assertThat(EvaluationReport.read(file)).isEqualTo(report());
  }

  @Test
  void theFileHasTheFieldsThatAreDocumented() {
    Path file = folder.resolve("evaluation.json");
    report().write(file);
    Map<String, @Nullable Object> json = Json.object(file);
    assertThat(json.keySet())
        .containsExactly("version", "study", "created", "languages", "matrix", "conditions");
    assertThat(json.get("languages"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .first(InstanceOfAssertFactories.MAP)
        .containsEntry("verdict", "BETTER")
        .containsOnlyKeys(
            "language",
            "start",
            "belt",
            "twin",
            "difference",
            "verdict",
            "pages",
            "documents",
            "bytes",
            "tokens");
  }

  @Test
  void whatWasNotMeasuredComesBackAsThatAndFilesOfVersionOneAreStillRead() throws IOException {
    Path file = folder.resolve("evaluation.json");
    EvaluationReport report =
        EvaluationReport.of(
            "demo", "2026-11-22T13:00:00Z", List.of(notMeasured("ko")), null, Map.of());
    report.write(file);
    assertThat(EvaluationReport.read(file)).isEqualTo(report);
    report().write(file);
    Files.writeString(file, Files.readString(file).replace("\"version\" : 2", "\"version\" : 1"));
    assertThat(EvaluationReport.read(file).languages()).isEqualTo(report().languages());
  }

  @Test
  void equalReportsGiveEqualBytes() throws IOException {
    report().write(folder.resolve("a.json"));
    report().write(folder.resolve("b.json"));
    assertThat(folder.resolve("a.json")).hasSameBinaryContentAs(folder.resolve("b.json"));
  }

  @Test
  void filesThatAreNoReportAreRefused() throws IOException {
    Path file = folder.resolve("evaluation.json");
    report().write(file);
    String good = Files.readString(file);
    for (String bad :
        List.of(
            "",
            "[]",
            "{}",
            good.substring(0, good.length() / 2),
            good.replace("\"version\" : 2", "\"version\" : 3"),
            good.replace("BETTER", "BEST"),
            good.replace("\"twin\" : {", "\"twins\" : {"),
            good.replaceFirst("\"belt\" : \\{[^}]*}", "\"belt\" : null"),
            good.replaceFirst("\"twin\" : \\{[^}]*}", "\"twin\" : null"))) {
      Files.writeString(file, bad);
      assertThatThrownBy(() -> EvaluationReport.read(file))
          .as(bad)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void aMatrixHasOneCellForEachModelAndLanguage() {
    for (List<List<@Nullable Interval>> cells :
        List.<List<List<@Nullable Interval>>>of(List.of(), List.of(List.of()))) {
      assertThatThrownBy(() -> new Matrix(List.of("ko"), List.of("ko", "ja"), cells))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("1 models by 2 languages");
    }
  }
}
