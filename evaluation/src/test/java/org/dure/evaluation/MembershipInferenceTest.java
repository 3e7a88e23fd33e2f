package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.evaluation.MembershipInference.Guess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MembershipInferenceTest {
  private static final ModelDigests MODEL =
      new ModelDigests("1".repeat(64), "2".repeat(64), "3".repeat(64));

  @TempDir Path folder;

  private static List<Guess> normal(int seed, double mean, int count) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> new Guess("page" + i, mean + random.nextGaussian()))
        .toList();
  }

  @Test
  void theAreaIsTheChanceThatAMemberScoresHigherTiesCountingHalf() {
    assertThat(MembershipInference.area(new double[] {1, 2, 3}, new double[] {0, 0})).isEqualTo(1);
    assertThat(MembershipInference.area(new double[] {0}, new double[] {1, 2})).isZero();
    assertThat(MembershipInference.area(new double[] {1, 2}, new double[] {1, 2})).isEqualTo(0.5);
    assertThat(MembershipInference.area(new double[] {2, 2}, new double[] {1, 2})).isEqualTo(0.75);
  }

  @Test
  void hitsAreCountedAboveWhatOneOtherInAHundredExceeds() {
    double[] others = IntStream.range(0, 200).asDoubleStream().toArray();
    assertThat(MembershipInference.hits(new double[] {196, 197, 198, 199}, others)).isEqualTo(0.5);
    assertThat(MembershipInference.hits(new double[] {5, 5}, new double[] {5, 5})).isZero();
  }

  @Test
  void aCoinGetsWhatACoinGets() {
    List<AuditReport.Figure> figures =
        MembershipInference.figures("loss", normal(1, 0, 800), normal(2, 0, 800), 1);
    assertThat(figures.get(0).value()).isCloseTo(0.5, within(0.03));
    assertThat(figures.get(0).low()).isLessThan(0.5);
    assertThat(figures.get(0).high()).isGreaterThan(0.5);
    assertThat(figures.get(1).low()).isLessThan(0.01);
    assertThat(figures.get(1).high()).isGreaterThan(0.01).isLessThan(0.06);
  }

  /// Two normal distributions one deviation apart: area Phi(1 / sqrt 2) = 0.760.
  @Test
  void aModelThatRemembersIsFoundOut() {
    List<AuditReport.Figure> figures =
        MembershipInference.figures("loss", normal(1, 1, 800), normal(2, 0, 800), 1);
    assertThat(figures.get(0).value()).isCloseTo(0.760, within(0.03));
    assertThat(figures.get(0).low()).isGreaterThan(0.7);
    assertThat(figures.get(1).low()).isGreaterThan(0.02);
  }

  /// Fifty copies of a page are one witness.
  @Test
  void documentsOfOnePageAreDrawnTogether() {
    List<Guess> pages = normal(1, 0, 20);
    List<Guess> copies = IntStream.range(0, 1000).mapToObj(i -> pages.get(i % 20)).toList();
    AuditReport.Figure few =
        MembershipInference.figures("loss", pages, normal(2, 0, 500), 1).getFirst();
    AuditReport.Figure many =
        MembershipInference.figures("loss", copies, normal(2, 0, 500), 1).getFirst();
    assertThat(width(many)).isCloseTo(width(few), within(0.1 * width(few)));
  }

  private static double width(AuditReport.Figure figure) {
    Double low = figure.low();
    Double high = figure.high();
    return low == null || high == null ? 0 : high - low;
  }

  private static AuditReport report() {
    return AuditReport.of(
        "membership",
        "2026-11-28T00:00:00Z",
        MODEL,
        Map.of("held-out", "4".repeat(64)),
        List.of(
            AuditReport.Figure.of("loss: area", new Interval(0.51, 0.49, 0.53)),
            AuditReport.Figure.of("found", 3)),
        Map.of("documents", "500"));
  }

  @Test
  void aReportIsReadAsItWasWrittenAndNotIfItWasChanged() throws Exception {
    Path file = folder.resolve("audit.json");
    report().write(file);
    assertThat(AuditReport.read(file)).isEqualTo(report());

    String json = java.nio.file.Files.readString(file);
    AtomicFiles.write(file, json.replace("0.51", "0.50"));
    assertCode(() -> AuditReport.read(file), ErrorCode.ARTIFACT_CORRUPT);
    AtomicFiles.write(file, json.replace("loss: area", "# all is well\\n"));
    assertCode(() -> AuditReport.read(file), ErrorCode.INPUT_MALFORMED);
    AtomicFiles.write(file, json.replace("\"version\" : 1", "\"version\" : 2"));
    assertCode(() -> AuditReport.read(file), ErrorCode.INPUT_MALFORMED);
    AtomicFiles.write(file, "{}");
    assertCode(() -> AuditReport.read(file), ErrorCode.INPUT_MALFORMED);
  }

  private static void assertCode(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
