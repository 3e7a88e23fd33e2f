package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.dure.core.FailingDisk;
import org.dure.core.Json;
import org.dure.netem.Namespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The short matrix of the test bed; `bench/wan` has the full one.
@Tag("e2e")
class LabEndToEndTest {
  private static final Path NAMESPACES = Path.of("/run/netns");

  @TempDir Path folder;

  private Map<String, Object> lab(String... arguments) throws IOException, InterruptedException {
    return lab(Map.of(), arguments);
  }

  private Map<String, Object> lab(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Path json = folder.resolve("runs.jsonl");
    List<String> all = new ArrayList<>(List.of("lab", "--append", json.toString()));
    all.addAll(List.of(arguments));
    DureProcess.Outcome outcome;
    try (DureProcess process = DureProcess.start(folder, environment, all.toArray(String[]::new))) {
      outcome = process.await();
    }
    System.out.println(outcome.output());
    assertThat(outcome.status()).as(outcome.output()).isZero();
    List<String> lines = Files.readAllLines(json);
    Map<String, Object> line = Json.object(lines.getLast().getBytes(StandardCharsets.UTF_8));
    assertThat(line).containsEntry("verdict", "passed");
    return line;
  }

  private static void needsNamespaces() {
    Assumptions.assumeTrue(
        Namespace.missing().isEmpty(), () -> "skipped, for want of " + Namespace.missing());
  }

  @Test
  void killedHubAndRegionsEndWithTheBitsOfTheUndisturbedRun() throws Exception {
    Map<String, Object> line =
        lab(
            "--profile",
            "loopback",
            "--regions",
            "2",
            "--bytes",
            "500000",
            "--rounds",
            "4",
            "--step-millis",
            "20",
            "--kills",
            "3",
            "--seed",
            "5",
            "--expect",
            "again=1");
    assertThat(line.get("weights")).isEqualTo(List.of(line.get("reference")));
  }

  @Test
  void killedCirclesEndWithTheBitsOfTheUndisturbedRunEachWithItsOwn() throws Exception {
    Map<String, Object> line =
        lab(
            "--profile",
            "loopback",
            "--regions",
            "4",
            "--bytes",
            "400000",
            "--rounds",
            "4",
            "--step-millis",
            "20",
            "--kills",
            "2",
            "--seed",
            "5",
            "--set",
            "circles=[\"all:2\", \"kind\"]",
            "--set",
            "regions.ko.kind=law",
            "--set",
            "regions.ja.kind=news",
            "--set",
            "regions.fr.kind=news",
            "--set",
            "regions.vi.kind=law");
    assertThat(line.get("weights"))
        .asInstanceOf(InstanceOfAssertFactories.list(String.class))
        .hasSize(2)
        .anyMatch(one -> one.startsWith("kind:law "))
        .satisfies(
            weights -> assertThat(String.join(", ", weights)).isEqualTo(line.get("reference")));
  }

  @Test
  @Tag("long")
  void aHubWhoseDiskLosesItsPowerEndsWithTheBitsOfTheUndisturbedRun() throws Exception {
    Path library = FailingDisk.library(folder);
    Map<String, Object> line =
        lab(
            Map.of("FAILING_DISK_AFTER", "400"),
            "--profile",
            "loopback",
            "--regions",
            "2",
            "--bytes",
            "1000000",
            "--rounds",
            "4",
            "--kills",
            "3",
            "--seed",
            "7",
            "--preload",
            library.toString());
    assertThat(line.get("weights")).isEqualTo(List.of(line.get("reference")));
    assertThat(((Map<?, ?>) line.get("kills")).get("hub")).isNotEqualTo(0);
  }

  @Test
  void regionsTrainOnWhileTheHubIsGoneAndNoStepOfItIsLost() throws Exception {
    Map<String, Object> line =
        lab(
            "--profile",
            "loopback",
            "--regions",
            "2",
            "--bytes",
            "400000",
            "--rounds",
            "4",
            "--steps",
            "5",
            "--step-millis",
            "100",
            "--set",
            "ahead-steps=20",
            "--outage",
            "6",
            "--expect",
            "lost=0");
    assertThat(line.get("localSteps"))
        .asInstanceOf(InstanceOfAssertFactories.map(String.class, Number.class))
        .hasEntrySatisfying("inOutage", steps -> assertThat(steps.intValue()).isPositive())
        .hasEntrySatisfying("worked", steps -> assertThat(steps.intValue()).isGreaterThan(40));
  }

  @Test
  void aStudyFinishesOverANearLink() throws Exception {
    needsNamespaces();
    Map<String, Object> line =
        lab("--profile", "near", "--regions", "2", "--bytes", "10000000", "--rounds", "2");
    assertThat(line).containsEntry("congestion", "cubic");
    assertThat(((Number) line.get("plainTcpSeconds")).doubleValue()).isPositive();
  }

  @Test
  @Tag("long")
  void aStudyFinishesOverTheLinkOnWhichFlowerWasMeasured() throws Exception {
    needsNamespaces();
    Map<String, Object> line =
        lab("--profile", "flower", "--regions", "2", "--bytes", "10000000", "--rounds", "2");
    assertThat(((Number) line.get("wireRatio")).doubleValue()).isPositive();
  }

  @Test
  void aKilledLabTakesItsProcessesAndNamespacesWithIt() throws Exception {
    needsNamespaces();
    DureProcess lab =
        DureProcess.start(folder, Map.of(), "lab", "--rounds", "1000", "--regions", "1");
    try (lab) {
      while (processesIn(lab.pid()) < 2) {
        assertThat(lab.isAlive()).as(lab.output()).isTrue();
        Thread.sleep(200);
      }
      new ProcessBuilder("kill", Long.toString(lab.pid())).start().waitFor();
      while (lab.isAlive()) {
        Thread.sleep(100);
      }
    }
    try (Stream<Path> left = Files.list(NAMESPACES)) {
      assertThat(left.map(Path::getFileName).map(String::valueOf))
          .noneMatch(name -> name.startsWith("dure-%d-".formatted(lab.pid())));
    }
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.map(Path::getFileName).map(String::valueOf))
          .noneMatch(name -> name.startsWith("dure-lab-%d-".formatted(lab.pid())));
    }
  }

  private static long processesIn(long lab) {
    return ProcessHandle.of(lab).stream().flatMap(ProcessHandle::descendants).count();
  }

  @Test
  void whatCannotBeIsSaidWithWhatCan() throws Exception {
    DureProcess.Outcome profile = DureProcess.run(folder, "lab", "--profile", "moon");
    assertThat(profile.status()).isEqualTo(2);
    assertThat(profile.output()).contains("there is no profile moon").contains("asia-europe");
    DureProcess.Outcome region = DureProcess.run(folder, "lab", "--slow", "de=4");
    assertThat(region.status()).isEqualTo(2);
    assertThat(region.output()).contains("--slow de: the regions are [ko, ja, fr, vi]");
    DureProcess.Outcome link = DureProcess.run(folder, "lab", "--link", "loss=3");
    assertThat(link.output()).contains("--link loss is 3.0: expected 0.0 to 1.0");
  }
}
