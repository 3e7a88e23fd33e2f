package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
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
        17_000,
        480L,
        new MeasuredOn(digests("model"), digests("start"), digests("twin"), "profile", "held out"),
        null,
        null);
  }

  private static ModelDigests digests(String name) {
    return new ModelDigests("weights of " + name, "tokenizer of " + name, "config of " + name);
  }

  /// Without start and twin.
  static Comparison notMeasured(String language) {
    Interval belt = new Interval(1.3, 1.28, 1.32);
    return new Comparison(
        language,
        null,
        belt,
        null,
        null,
        Verdict.NOT_MEASURED,
        5,
        64,
        61_234,
        17_000,
        480L,
        null,
        null,
        null);
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
            comparison("fr", 1.495, 1.5, Verdict.NO_DIFFERENCE),
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
        .containsExactly(
            "version", "study", "created", "languages", "matrix", "conditions", "digest");
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
            "tokens",
            "heldOutDocuments",
            "measuredOn",
            "region",
            "released");
  }

  @Test
  @SuppressWarnings("unchecked")
  void aReportFromBeforeRegionsWereNamedIsReadAsItWasWritten() {
    Path file = folder.resolve("evaluation.json");
    report().write(file);
    Map<String, @Nullable Object> json = Json.object(file);
    json.remove("digest");
    json.put("version", 3);
    ((List<Map<String, @Nullable Object>>) json.get("languages"))
        .forEach(one -> one.keySet().removeAll(List.of("region", "released")));
    json.put("digest", Sha256.of(Json.bytes(json)));
    AtomicFiles.write(file, Json.pretty(json));
    assertThat(EvaluationReport.read(file).languages()).isEqualTo(report().languages());
  }

  @Test
  void aChoiceThatCannotHaveBeenMadeIsNone() {
    ModelDigests model = digests("chosen");
    String text = "0".repeat(64);
    assertThat(new Released.Choice("own", model, Map.of("own", 1.0, "belt", 1.1), 20, text).dev())
        .containsOnlyKeys("belt", "own");
    List<Supplier<Released.Choice>> impossible =
        List.of(
            () -> new Released.Choice("own", model, Map.of(), 20, text),
            () -> new Released.Choice("best\nof all", model, Map.of("best\nof all", 1.0), 20, text),
            () -> new Released.Choice("own", model, Map.of("belt", 1.0), 20, text),
            () -> new Released.Choice("own", model, Map.of("own", -1.0), 20, text),
            () -> new Released.Choice("own", model, Map.of("own", 1.0), 0, text),
            () -> new Released.Choice("own", model, Map.of("own", 1.0), 20, "`a text`"));
    for (Supplier<Released.Choice> one : impossible) {
      assertThatThrownBy(one::get)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
    }
  }

  @Test
  void whatWasNotMeasuredComesBackAsThat() {
    Path file = folder.resolve("evaluation.json");
    EvaluationReport report =
        EvaluationReport.of(
            "demo", "2026-11-22T13:00:00Z", List.of(notMeasured("ko")), null, Map.of());
    report.write(file);
    assertThat(EvaluationReport.read(file)).isEqualTo(report);
  }

  /// A file as it was written before there were digests.
  static void writeOld(Path file, int version, String... languages) throws IOException {
    Files.writeString(
        file,
        """
        {"version": %d, "study": "demo", "created": "2026-11-22T13:00:00Z", "languages": [%s],
         "matrix": null, "conditions": {}}
        """
            .formatted(version, String.join(",", languages)));
  }

  private static String oldLanguage(String start, String twin, String difference, String verdict) {
    return """
        {"language": "ko", "start": %s, "belt": {"value": 1.3, "low": 1.28, "high": 1.32}, "twin": %s,
         "difference": %s, "verdict": "%s", "pages": 50, "documents": 64, "bytes": 900, "tokens": 300}
        """
        .formatted(start, twin, difference, verdict);
  }

  @Test
  void filesFromBeforeTheDigestsAreReadWithoutThem() throws IOException {
    Path file = folder.resolve("evaluation.json");
    writeOld(file, 2, oldLanguage("null", "null", "null", "NOT_MEASURED"));
    Comparison old = EvaluationReport.read(file).languages().getFirst();
    assertThat(old.measuredOn()).isNull();
    assertThat(old.heldOutDocuments()).isNull();
    assertThat(old.belt()).isEqualTo(new Interval(1.3, 1.28, 1.32));
  }

  @Test
  void aModelInThePlaceOfItsOwnStartAndTwinWasNotMeasured() throws IOException {
    Path file = folder.resolve("evaluation.json");
    String same = "{\"value\": 1.3, \"low\": 1.28, \"high\": 1.32}";
    String none = "{\"value\": 0.0, \"low\": 0.0, \"high\": 0.0}";
    writeOld(file, 1, oldLanguage(same, same, none, "NO_DIFFERENCE"));
    Comparison read = EvaluationReport.read(file).languages().getFirst();
    assertThat(read.start()).isNull();
    assertThat(read.twin()).isNull();
    assertThat(read.difference()).isNull();
    assertThat(read.verdict()).isEqualTo(Verdict.NOT_MEASURED);
  }

  @Test
  void numbersAndDigestsThatWereEditedByHandAreFound() throws IOException {
    Path file = folder.resolve("evaluation.json");
    report().write(file);
    String good = Files.readString(file);
    for (List<String> edit :
        List.of(
            List.of("2.45", "2.44"),
            List.of("\"documents\" : 480", "\"documents\" : 481"),
            List.of("weights of model", "weights of another"),
            List.of("\"seed\" : \"7\"", "\"seed\" : \"8\""),
            List.of("\"steps\" : \"240\"", "\"steps\" : \"240\", \"more\" : \"1\""))) {
      assertThat(good).contains(edit.getFirst());
      Files.writeString(file, good.replaceFirst(edit.getFirst(), edit.getLast()));
      assertThatThrownBy(() -> EvaluationReport.read(file))
          .as(edit.toString())
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
          .hasMessageContaining(file.toString());
    }
    Files.writeString(file, good.replace(" : ", ":").replace("\n", " "));
    assertThat(EvaluationReport.read(file)).isEqualTo(report());
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
            good.replace("\"version\" : 4", "\"version\" : 5"),
            good.replace("\"version\" : 4", "\"version\" : 0"),
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
