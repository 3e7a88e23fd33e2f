package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.app.process.Ports;
import org.dure.federation.hub.Ledger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A secret sum of three regions over the real commands: one is killed while the others' masks
/// already count on it, comes back with its keys, and the sum is exact.
@Tag("e2e")
@Timeout(600)
class SecretEndToEndTest {
  private static final String STUDY =
      """
      name = "secret"
      workload = "rehearsal"
      rounds = 2
      steps = 10
      lease-seconds = 5
      aggregation = "secret"

      [secret]
      norm-bound = 20

      [rehearsal]
      bytes = 400000
      tensors = 4
      step-millis = 100

      [regions.ko]
      language = "ko"
      [regions.ja]
      language = "ja"
      [regions.vi]
      language = "vi"
      """;
  private static final Pattern DIGEST = Pattern.compile("--accept ([0-9a-f]{64})");

  private static final Pattern CODE = Pattern.compile("DURE1(-[0-9A-Z]{2,8})+");
  private static final Map<String, String> SMALL = Map.of("DURE_HEAP", "128m");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path folder;

  private final List<DureProcess> started = new ArrayList<>();

  @AfterEach
  void away() {
    started.reversed().forEach(DureProcess::close);
  }

  private DureProcess start(String... arguments) throws IOException {
    DureProcess process = DureProcess.start(folder, SMALL, arguments);
    started.add(process);
    return process;
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, arguments);
    assertThat(outcome.status()).as(outcome.output()).isZero();
    return outcome.output();
  }

  private static DureProcess await(DureProcess process, String text) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!process.output().contains(text)) {
      boolean waiting = process.isAlive() && System.nanoTime() < end;
      assertThat(waiting || process.output().contains(text)).as(process.output()).isTrue();
      Thread.sleep(50);
    }
    return process;
  }

  private DureProcess joins(String name) throws Exception {
    Matcher code =
        CODE.matcher(run("hub", "invite", "--home", "hub", "--region", name, "--language", name));
    assertThat(code.find()).isTrue();
    DureProcess init =
        await(
            start("region", "init", "--home", name, "--invitation", code.group()),
            "waiting for approval");
    run("hub", "approve", "--home", "hub", "--region", name);
    // Nobody has accepted anything yet, and there is no terminal to ask on.
    assertThat(init.await().status()).as(init.output()).isEqualTo(3);
    Matcher digest = DIGEST.matcher(init.output());
    assertThat(digest.find()).as(init.output()).isTrue();
    return start("region", "run", "--home", name, "--accept", digest.group(1));
  }

  @Test
  void aRegionThatIsKilledInARoundComesBackWithItsKeysAndTheSumIsExact() throws Exception {
    Files.writeString(folder.resolve("study.toml"), STUDY);
    String port = Integer.toString(Ports.orAnyFree(0));
    run("hub", "init", "--home", "hub", "--study", "study.toml", "--port", port);
    DureProcess hub = await(start("hub", "--home", "hub", "--console-port", "0"), "console: ");
    DureProcess ko = joins("ko");
    DureProcess ja = joins("ja");
    DureProcess vi = joins("vi");
    Path held = folder.resolve("ko/node/secret/held.json");
    awaitText(held, "\"shares\":{\"ja\"");
    ko.kill();
    DureProcess again = start("region", "run", "--home", "ko");
    for (DureProcess region : List.of(ja, vi, again)) {
      assertThat(region.await().status()).as(region.output()).isZero();
    }
    assertThat(again.output()).doesNotContain("withdraws");
    await(hub, "finished, round 2 of 2");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.isDirectory(folder.resolve("hub/ledger"))) {
      assertThat(System.nanoTime()).as(hub.output()).isLessThan(end);
      Thread.sleep(50);
    }
    assertThat(Ledger.verify(folder.resolve("hub/ledger")).contributions())
        .isEqualTo(Map.of("ja", 2, "ko", 2, "vi", 2));
    assertThat(run("replay", "--ledger", "hub/ledger", "--hub", "hub"))
        .contains("2 rounds of study secret made again", "bit for bit");
    assertThat(held).doesNotExist();
    assertThat(Files.readString(folder.resolve("hub/ledger/events.jsonl")))
        .contains("\"kind\":\"StepClosed\"")
        .doesNotContain("\"kind\":\"Dropped\"");
  }

  private static void awaitText(Path file, String text) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      assertThat(System.nanoTime()).as("%s with %s", file, text).isLessThan(end);
      Thread.sleep(20);
    }
  }
}
