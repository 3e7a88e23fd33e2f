package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.dure.core.ErrorCode;
import org.dure.core.PostgresServer;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real processes whose database stops, whose disks fill up, and whose folders are replaced by old
/// copies: the study pauses or refuses, says so by name, and ends with the bits of a study to which
/// nothing happened.
@Tag("e2e")
class FireEndToEndTest {
  private static final String STUDY =
      """
      name = "fire"
      workload = "rehearsal"
      rounds = %d
      steps = 4
      lease-seconds = 6

      [rehearsal]
      bytes = 400000
      tensors = 4
      step-millis = %d

      [regions.ko]
      language = "ko"
      [regions.ja]
      language = "ja"
      """;
  private static final int ROUNDS = 10;

  @TempDir Path folder;

  /// What the weights come out as when nothing happens.
  private static String expected = "";

  @BeforeAll
  static void undisturbed(@TempDir Path quiet) throws Exception {
    try (RealBelt belt = new RealBelt(quiet, STUDY.formatted(ROUNDS, 0), List.of(), Map.of())) {
      belt.hub();
      belt.region("ko");
      belt.region("ja");
      expected = belt.awaitEnd("ko", "ja");
    }
  }

  private RealBelt belt(List<String> hubOptions, Map<String, String> environment)
      throws IOException {
    return new RealBelt(folder, STUDY.formatted(ROUNDS, 100), hubOptions, environment);
  }

  private static boolean isPaused(StudyStatus status, ErrorCode reason) {
    StudyStatus.Trouble trouble = status.trouble();
    return trouble != null && trouble.code().equals(reason.name());
  }

  private static boolean isConcerned(StudyStatus status, String name, Concern.Code code) {
    for (StudyStatus.Region region : status.regions()) {
      Concern concern = region.concern();
      if (region.name().equals(name) && concern != null && concern.code() == code) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aHubThatStartsTakesItsClassesFromTheCacheAndReadsNoSignedArchive() throws Exception {
    Path classes = folder.resolve("classes.log");
    Map<String, String> log = Map.of("DURE_JAVA_OPTIONS", "-Xlog:class+load:file=" + classes);
    try (RealBelt belt = belt(List.of(), log)) {
      belt.hub();
      belt.await("the hub serves", status -> true);
    }
    assertThat(classes)
        .content()
        .contains("org.dure.federation.server.HubServer source: shared objects file")
        .doesNotContain("org.bouncycastle");
  }

  @Test
  void aKilledHubLeavesNothingInTheTemporaryFolder() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Map<String, String> there = Map.of("DURE_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    try (RealBelt belt = belt(List.of(), there)) {
      belt.hub();
      belt.await("the hub serves", status -> true);
      belt.kill("hub");
    }
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aKilledHubAndADatabaseThatStopsHardChangeNoBit() throws Exception {
    try (PostgresServer database = PostgresServer.start();
        RealBelt belt =
            belt(
                List.of("--store=" + database.url()),
                Map.of("PGPASSWORD", PostgresServer.PASSWORD))) {
      belt.hub();
      belt.region("ko");
      belt.region("ja");
      belt.awaitRound(2);
      belt.kill("hub");
      belt.hub();
      belt.awaitRound(4);
      database.kill();
      StudyStatus paused =
          belt.await("the hub pauses", status -> isPaused(status, ErrorCode.STORE_UNREACHABLE));
      assertThat(belt.status()).contains("its database does not answer");
      assertThat(belt.page("/metrics")).contains("dure_hub_paused 1");
      belt.awaitOutput("hub", "paused: ");
      database.startAgain();
      belt.awaitRound(paused.progress().round() + 1);
      belt.awaitOutput("hub", "going on");
      assertThat(belt.awaitEnd("ko", "ja")).isEqualTo(expected);
    }
  }

  @Test
  void fullDisksAtHubAndRegionPauseTheStudyAndChangeNoBit() throws Exception {
    try (SmallDisk hubs = SmallDisk.mount(folder.resolve("hub"));
        SmallDisk kos = SmallDisk.mount(folder.resolve("ko"));
        RealBelt belt = belt(List.of(), Map.of())) {
      belt.hub();
      belt.region("ko");
      belt.region("ja");
      belt.awaitRound(2);
      StudyStatus paused =
          belt.await(
              "the hub pauses",
              status -> {
                hubs.fill();
                return isPaused(status, ErrorCode.DISK_FULL);
              });
      assertThat(belt.status()).contains("its disk is full");
      assertThat(belt.page("/metrics")).contains("dure_hub_paused 1");
      assertThat(belt.page("/?lang=en")).contains("disk is full");
      belt.awaitOutput("hub", "paused: ");
      hubs.clear();
      belt.awaitRound(paused.progress().round() + 1);
      belt.awaitOutput("hub", "going on");
      StudyStatus concerned =
          belt.await(
              "ko pauses",
              status -> {
                kos.fill();
                return isConcerned(status, "ko", Concern.Code.DISK_FULL);
              });
      assertThat(belt.status().lines().filter(line -> line.startsWith("ko")))
          .anyMatch(line -> line.contains("disk"));
      assertThat(belt.page("/metrics")).contains("reason=\"DISK_FULL\"");
      belt.awaitOutput("ko", "this region pauses (DISK_FULL)");
      kos.clear();
      belt.awaitRound(Math.min(ROUNDS, concerned.progress().round() + 1));
      belt.awaitOutput("ko", "going on");
      assertThat(belt.awaitEnd("ko", "ja")).isEqualTo(expected);
    }
  }

  @Test
  void oldCopiesOfARegionGoOnAndOfTheHubAreRefusedByName() throws Exception {
    try (RealBelt belt = belt(List.of(), Map.of())) {
      belt.hub();
      belt.region("ko");
      belt.region("ja");
      belt.awaitRound(2);
      belt.kill("hub");
      belt.kill("ko");
      copy(belt.home("hub"), folder.resolve("old-hub"));
      copy(belt.home("ko"), folder.resolve("old-ko"));
      belt.hub();
      belt.region("ko");
      belt.awaitRound(4);
      belt.kill("ko");
      replace(belt.home("ko"), folder.resolve("newest-ko"), folder.resolve("old-ko"));
      belt.region("ko");
      belt.awaitOutput("ko", "this region's folder was rolled back");
      StudyStatus unused =
          belt.await(
              "ko's old folder is a concern",
              status -> isConcerned(status, "ko", Concern.Code.SET_BACK));
      belt.awaitRound(6);
      belt.kill("hub");
      replace(belt.home("hub"), folder.resolve("newest-hub"), folder.resolve("old-hub"));
      belt.hub();
      StudyStatus refused =
          belt.await("the hub refuses", status -> isPaused(status, ErrorCode.SET_BACK));
      assertThat(belt.status()).contains("rolled back");
      belt.awaitOutput("ja", "HUB_SET_BACK");
      assertThat(refused.progress().round()).isLessThan(6);
      belt.kill("hub");
      replace(belt.home("hub"), folder.resolve("wrong-hub"), folder.resolve("newest-hub"));
      belt.hub();
      assertThat(belt.awaitEnd("ko", "ja")).isEqualTo(expected);
    }
  }

  @Test
  void aStudyWithLateDeltasIsReplayedElsewhereToTheSameBits() throws Exception {
    String study = STUDY.formatted(ROUNDS, 20) + "\n";
    try (RealBelt belt =
        new RealBelt(
            folder, study.replace("steps = 4", "steps = 4\nquorum = 1"), List.of(), Map.of())) {
      belt.hub();
      belt.region("ko");
      belt.region("ja", "--pace=9");
      String weights = belt.awaitEnd("ko", "ja");
      Path ledger = belt.awaitLedger();
      StudyStatus ended =
          belt.await("the end", status -> status.progress().phase() == Phase.FINISHED);
      assertThat(ended.history())
          .as("late deltas")
          .anyMatch(
              round ->
                  round.contributions().values().stream()
                      .anyMatch(contribution -> contribution.staleness() > 0));
      belt.kill("hub");
      Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
      copy(ledger, elsewhere.resolve("ledger"));
      copy(belt.home("hub").resolve("received"), elsewhere.resolve("received"));
      delete(belt.home("hub"));
      DureProcess.Outcome replay =
          DureProcess.run(
              folder,
              "replay",
              "--ledger",
              elsewhere.resolve("ledger").toString(),
              "--hub",
              elsewhere.toString());
      assertThat(replay.status()).as(replay.output()).isZero();
      assertThat(replay.output()).contains(ROUNDS + " rounds").contains("bit for bit");
      assertThat(Files.readString(elsewhere.resolve("ledger/events.jsonl"))).contains(weights);
    }
  }

  private static void replace(Path home, Path aside, Path with) throws Exception {
    Files.move(home, aside);
    copy(with, home);
  }

  private static void copy(Path from, Path to) throws Exception {
    run("cp", "-a", from.toString(), to.toString());
  }

  private static void delete(Path folder) throws Exception {
    run("rm", "-rf", folder.toString());
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  /// A disk of its own for one home; only root can have one.
  private record SmallDisk(Path folder) implements AutoCloseable {
    private static final String FILLER = "filler";

    static SmallDisk mount(Path folder) throws Exception {
      Files.createDirectories(folder);
      int status =
          new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64m", "none", folder.toString())
              .redirectErrorStream(true)
              .start()
              .waitFor();
      Assumptions.assumeTrue(status == 0, "skipped: only root can mount a small disk");
      return new SmallDisk(folder);
    }

    /// Leaves no room; what was freed meanwhile is taken too.
    void fill() {
      byte[] zeros = new byte[4096];
      try (OutputStream out =
          Files.newOutputStream(
              folder.resolve(FILLER), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        while (true) {
          out.write(zeros);
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("space");
      }
    }

    void clear() throws IOException {
      Files.delete(folder.resolve(FILLER));
    }

    @Override
    public void close() throws IOException, InterruptedException {
      int unused = new ProcessBuilder("umount", "-l", folder.toString()).start().waitFor();
    }
  }
}
