package org.dure.app.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.dure.console.ConsoleSamples;
import org.dure.core.Json;
import org.dure.core.Sharing;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.Direction;
import org.dure.federation.status.StudyStatus;
import org.dure.netem.LinkShape;
import org.dure.netem.WideAreaNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabResultTest {
  private static final String DIGEST = "ab".repeat(32);
  private static final String OTHER = "cd".repeat(32);

  @TempDir Path folder;

  private LabOptions options(LabProfile profile) {
    return new LabOptions(
        new LabOptions.Network(profile, profile.shape(), "cubic"),
        List.of("ko", "ja"),
        new LabOptions.Work(100_000_000, 1, 2, 20, 0, List.of("quorum=2")),
        new LabOptions.Mishaps(4, Map.of("ja", 4.0), Map.of(), Duration.ZERO),
        1,
        new LabOptions.HubProcess(128, Optional.empty()),
        folder,
        "trial",
        List.of(
            LabExpectation.of("round", 22).orElseThrow(),
            LabExpectation.of("in-use", 0.5).orElseThrow()),
        Duration.ofSeconds(60));
  }

  private static StudyStatus status() {
    Map<String, StudyStatus.Contribution> first =
        Map.of(
            "ko", new StudyStatus.Contribution(1, Map.of("loss", 1.0), 0, 0, 1, null, null, null));
    return ConsoleSamples.status(
        "lab",
        Sharing.BODY,
        Phase.FINISHED,
        2,
        2,
        20,
        0,
        50_000,
        List.of(),
        List.of(
            new StudyStatus.Round(1, 1_000, 21_000L, first),
            new StudyStatus.Round(2, 21_000, 41_500L, Map.of())),
        List.of(
            new StudyStatus.Crossing("ko", 1, Direction.OUT, TrafficKind.DELTA, 98, 100_000_000),
            new StudyStatus.Crossing("ko", 1, Direction.IN, TrafficKind.WEIGHTS, 97, 100_000_000)));
  }

  private static LabRun.Seen seen(StudyStatus status, SequencedMap<String, String> weights) {
    return new LabRun.Seen(
        status,
        weights,
        50,
        new LabRun.Kills(1, 3, 0, List.of(1.5)),
        new LabRun.HubMemory(200 << 20, 150 << 20, 1),
        new LabRun.Steps(80, 77, 12),
        List.of());
  }

  private LabResult result(LabProfile profile, SequencedMap<String, String> weights) {
    LabRun.Seen seen = seen(status(), weights);
    SequencedMap<String, WideAreaNetwork.Counted> links = new LinkedHashMap<>();
    links.put("ko", new WideAreaNetwork.Counted(210_000_000, 310_000_000));
    links.put("ja", new WideAreaNetwork.Counted(210_000_000, 310_000_000));
    return new LabResult(options(profile), seen, null, links, 0, 1, 20.2, DIGEST);
  }

  private static SequencedMap<String, String> weights(String ko, String ja) {
    SequencedMap<String, String> weights = new LinkedHashMap<>();
    weights.put("ko", ko);
    weights.put("ja", ja);
    return weights;
  }

  @Test
  void aRoundIsComparedWithTheLinksLimitAndWithPlainTcp() {
    LabResult result = result(LabProfile.FLOWER, weights(DIGEST, DIGEST));
    assertThat(result.rounds()).containsExactly(20.0, 20.5);
    assertThat(result.limitSeconds()).isCloseTo(18.92, within(0.01));
    assertThat(result.payload()).isEqualTo(2L * 5 * 100_000_000);
    assertThat(result.wireRatio()).isCloseTo(1.04, within(1e-9));
    assertThat(result.table()).contains("plain TCP", "bit for bit", "passed");
  }

  @Test
  void otherWeightsThanTheUndisturbedRunsFailIt() {
    assertThat(result(LabProfile.FLOWER, weights(OTHER, OTHER)).reasons())
        .singleElement()
        .asString()
        .contains("the undisturbed run's are " + DIGEST);
    assertThat(result(LabProfile.FLOWER, weights(DIGEST, OTHER)).reasons())
        .singleElement()
        .asString()
        .contains("different weights");
  }

  @Test
  void aFigureThatIsMissedFailsItWithBothNumbers() {
    LabResult result = result(LabProfile.FLOWER, weights(DIGEST, DIGEST));
    assertThat(LabExpectation.of("round", 20).orElseThrow().missed(result))
        .contains("the median round took 20.25 s: expected at most 20");
    assertThat(LabExpectation.of("in-use", 0.95).orElseThrow().missed(result))
        .contains("0.930 of the link was in use: expected at least 0.95");
    assertThat(LabExpectation.of("in-use", 0.9).orElseThrow().missed(result)).isEmpty();
    assertThat(LabExpectation.of("speed", 1)).isEmpty();
  }

  @Test
  void aReportHasALineForEachRun() throws IOException {
    LabResult result = result(LabProfile.FLOWER, weights(DIGEST, OTHER));
    Path file = folder.resolve("runs.jsonl");
    Files.writeString(file, result.json("a") + "\n" + result.json("b") + "\n");
    assertThat(LabReport.table(LabReport.runs(file)).lines())
        .hasSize(3)
        .last()
        .asString()
        .contains("trial", "100.0", "20.3", "18.9", "93 %", "1.040", "failed: the regions ended");
  }

  @Test
  void thePaceIsComparedWithThatOfAllRegionsAlike() {
    StudyStatus quicker =
        ConsoleSamples.status(
            "lab",
            Sharing.BODY,
            Phase.FINISHED,
            2,
            2,
            20,
            0,
            50_000,
            List.of(),
            List.of(
                new StudyStatus.Round(1, 1_000, 17_200L, Map.of()),
                new StudyStatus.Round(2, 17_200, 33_400L, Map.of())),
            List.of());
    LabResult alone = result(LabProfile.NEAR, weights(DIGEST, DIGEST));
    LabResult compared =
        new LabResult(
            alone.options(),
            alone.seen(),
            seen(quicker, weights(DIGEST, DIGEST)),
            alone.links(),
            0,
            1,
            20.2,
            DIGEST);
    assertThat(compared.rate()).isCloseTo(0.8, within(1e-9));
    assertThat(LabExpectation.of("rate", 0.9).orElseThrow().missed(compared))
        .contains(
            "0.800 of the rounds of the study with all alike were merged: expected at least 0.9");
    assertThat(LabExpectation.of("rate", 0.9).orElseThrow().missed(alone)).isEmpty();
    assertThat(LabExpectation.of("lost", 0).orElseThrow().missed(alone))
        .contains("3 local steps are in no merge: expected at most 0");
    assertThat(compared.table()).contains("0.800 of the rounds with all regions alike");
    assertThat(Json.object(compared.json("now").getBytes(StandardCharsets.UTF_8)))
        .containsEntry("rate", 0.8)
        .containsKeys("healthy", "localSteps", "contributions");
  }

  @Test
  void aRegionThatDidNotFinishFailsIt() {
    SequencedMap<String, String> one = new LinkedHashMap<>();
    one.put("ko", DIGEST);
    LabResult result = result(LabProfile.FLOWER, one);
    assertThat(result.passed()).isFalse();
    assertThat(result.reasons()).anyMatch(reason -> reason.contains("only 1 of 2 regions"));
  }

  @Test
  void theJsonLineIsOneLineAndHoldsWhatWasMeasured() {
    String line = result(LabProfile.FLOWER, weights(DIGEST, DIGEST)).json("2026-11-22T00:00:00Z");
    assertThat(line).doesNotContain("\n");
    Map<String, Object> json = Json.object(line.getBytes(StandardCharsets.UTF_8));
    assertThat(json)
        .containsEntry("profile", "flower")
        .containsEntry("congestion", "cubic")
        .containsEntry("verdict", "passed")
        .containsEntry("medianRoundSeconds", 20.25)
        .containsEntry("plainTcpSeconds", 20.2)
        .containsKeys("linkBytes", "payloadByKind", "hubResidentBytes", "hubBackSeconds");
  }

  @Test
  void onLoopbackNothingIsSaidOfALink() {
    String line = result(LabProfile.LOOPBACK, weights(DIGEST, DIGEST)).json("now");
    assertThat(Json.object(line.getBytes(StandardCharsets.UTF_8)))
        .containsEntry("limitSeconds", null)
        .containsEntry("congestion", "");
  }

  @Test
  void cutsComeOneRegionAfterTheOtherAndAbsencesAreAdded() {
    LabOptions options = options(LabProfile.CUT);
    SequencedMap<String, LinkShape> links = options.links();
    long second = 1_000_000_000L;
    assertThat(links.get("ko").isDown(70 * second)).isTrue();
    assertThat(links.get("ja").isDown(70 * second)).isFalse();
    assertThat(links.get("ja").isDown(25 * second)).isTrue();
  }
}
