package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.app.release.Releases;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A region that is not what it seems, taken out of a running study of real processes with
/// everything that it did: the study ends with the weights of one in which it never was.
@Tag("e2e")
@Timeout(300)
class UndoEndToEndTest {
  private static final String STUDY =
      """
      name = "undo"
      workload = "rehearsal"
      rounds = 14
      steps = 2
      quorum = 2
      grace-seconds = 0
      ahead-steps = 0

      [rehearsal]
      bytes = 40000
      tensors = 2
      step-millis = 250

      [regions.ja]
      language = "ja"
      [regions.ko]
      language = "ko"
      [regions.vi]
      language = "vi"
      """;

  @TempDir Path folder;

  private Path place(String name) throws Exception {
    return Files.createDirectories(folder.resolve(name));
  }

  @Test
  void theStudyEndsAsIfTheRegionHadNeverBeen() throws Exception {
    String without;
    String quick = STUDY.replace("step-millis = 250", "step-millis = 1");
    try (RealBelt belt = new RealBelt(place("without"), quick, List.of(), Map.of())) {
      belt.hub();
      belt.region("ja");
      belt.region("ko");
      without = belt.awaitEnd("ja", "ko");
    }
    try (RealBelt belt = new RealBelt(place("with"), STUDY, List.of(), Map.of())) {
      belt.hub();
      belt.region("ja");
      belt.region("ko");
      StudyStatus unused = belt.awaitRound(3);
      // With a quorum of two the study waits for as long as one works alone.
      belt.kill("ko");
      belt.region("vi");
      StudyStatus hostile = belt.await("vi's delta merged", now -> contributed(now, "vi"));
      belt.kill("vi");
      assertThat(hostile.progress().phase()).isEqualTo(Phase.TRAINING);
      DureProcess.Outcome revoked =
          DureProcess.run(
              folder,
              "hub",
              "revoke",
              "--home=" + belt.home("hub"),
              "--region=vi",
              "--reason=poisoned",
              "--undo");
      assertThat(revoked.status()).as(revoked.output()).isZero();
      assertThat(revoked.output()).contains("the hub takes back what it contributed");
      StudyStatus undone =
          belt.await("taken back", now -> !now.progress().undone().returns().isEmpty());
      StudyStatus.Return back = undone.progress().undone().returns().getFirst();
      assertThat(back.region()).isEqualTo("vi");
      assertThat(undone.progress().rounds()).isEqualTo(14 + back.to() - back.from() + 1);
      belt.kill("hub");
      belt.hub();
      belt.region("ko");
      assertThat(belt.awaitEnd("ja", "ko")).isEqualTo(without);
      belt.awaitOutput("hub", "finished");
      assertThat(belt.status()).contains("took them back because of vi (poisoned)");
      belt.awaitOutput("hub", "round %d of".formatted(undone.progress().rounds()));
      Path ledger = belt.awaitLedger();
      Ledger.Verified with = Ledger.verify(ledger);
      assertThat(with.weights()).containsOnly(Map.entry("all", without));
      assertThat(with.contributions()).containsOnlyKeys("ja", "ko");
      assertThat(with.merges().counted()).isEqualTo(14);
      assertThat(with.merges().made()).isGreaterThan(14);
      assertThat(belt.output("ja"))
          .contains("the study was taken back: rounds %d to %d".formatted(back.from(), back.to()))
          .doesNotContain("rolled back");
      aReleaseFromBeforeIsMarked(ledger);
      DureProcess.Outcome replay =
          DureProcess.run(folder, "replay", "--ledger=" + ledger, "--hub=" + belt.home("hub"));
      assertThat(replay.status()).as(replay.output()).isZero();
      assertThat(replay.output())
          .contains("the same weights, bit for bit")
          .contains("were taken back");
    }
  }

  /// Of a release only its ledger is looked at: as it was just before rounds were taken back.
  private void aReleaseFromBeforeIsMarked(Path newer) throws Exception {
    Path own = place("release").resolve("ledger");
    Files.createDirectories(own);
    Files.copy(newer.resolve("study.toml"), own.resolve("study.toml"));
    List<String> events = Files.readAllLines(newer.resolve("events.jsonl"));
    int undone = 0;
    while (!events.get(undone).contains("\"kind\":\"Undone\"")) {
      undone++;
    }
    Files.write(own.resolve("events.jsonl"), events.subList(0, undone));
    assertThatThrownBy(() -> Releases.requireStanding(place("release"), newer))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TAKEN_BACK))
        .hasMessageContaining("was made from rounds that were taken back");
    assertThatThrownBy(() -> Releases.requireStanding(place("without"), newer))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLAIM_UNFOUNDED));
    Files.write(own.resolve("events.jsonl"), events);
    Releases.requireStanding(place("release"), newer);
    Files.write(own.resolve("events.jsonl"), events.subList(0, 3));
    Releases.requireStanding(place("release"), newer);
    assertThatThrownBy(() -> Releases.requireStanding(place("without").resolve("hub"), own))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLAIM_UNFOUNDED));
  }

  private static boolean contributed(StudyStatus status, String region) {
    return status.history().stream()
        .anyMatch(round -> round.merged() != null && round.contributions().containsKey(region));
  }
}
