package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.app.process.Ports;
import org.dure.core.Json;
import org.dure.federation.hub.Ledger;
import org.dure.federation.status.StudyStatus;
import org.dure.provenance.Register;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A belt whose members change while it runs, over the real commands: a region of the study file
/// renews its certificate, a region that the file does not name joins and is counted within one
/// round, and is revoked; the ledger of all that verifies and replays.
///
/// With a quorum of two of ko, ja and vi the study stands still while only one of them runs, so
/// that nothing here depends on who is how fast.
@Tag("e2e")
@Timeout(600)
class NewcomerEndToEndTest {
  private static final String STUDY =
      """
      name = "newcomer"
      workload = "rehearsal"
      rounds = 40
      steps = 5
      quorum = 2
      ahead-steps = 0
      lease-seconds = 5

      [rehearsal]
      bytes = 400000
      tensors = 4
      step-millis = 80

      [regions.ko]
      language = "ko"
      [regions.ja]
      language = "ja"
      """;
  private static final Pattern PORTS =
      Pattern.compile("regions: https://[^:]+:([0-9]+) +console: (http://[^ \n]+)");
  private static final Pattern CODE = Pattern.compile("DURE1(-[0-9A-Z]{2,8})+");
  private static final Pattern DIGEST = Pattern.compile("--accept ([0-9a-f]{64})");
  private static final Map<String, String> SMALL = Map.of("DURE_HEAP", "128m");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path folder;

  private final List<DureProcess> started = new ArrayList<>();
  private String console = "";

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

  private StudyStatus status() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(console + "api/status")).build();
      return Json.read(
          client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body(), StudyStatus.class);
    }
  }

  private void awaitStatus(Predicate<StudyStatus> holds) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.test(status())) {
      assertThat(System.nanoTime()).as(outputs()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private String outputs() throws IOException {
    StringBuilder all = new StringBuilder();
    for (DureProcess process : started) {
      all.append(process.output()).append("\n---\n");
    }
    return all.toString();
  }

  private static int contributed(StudyStatus status, String name) {
    return status.regions().stream()
        .filter(region -> region.name().equals(name))
        .mapToInt(region -> region.pace().contributed())
        .sum();
  }

  /// Invites a region and lets it ask; it waits for the approval.
  private DureProcess asks(String name) throws Exception {
    Matcher code =
        CODE.matcher(run("hub", "invite", "--home", "hub", "--region", name, "--language", name));
    assertThat(code.find()).isTrue();
    return await(
        start("region", "init", "--home", name, "--invitation", code.group()),
        "waiting for approval");
  }

  private DureProcess joins(String name) throws Exception {
    DureProcess init = asks(name);
    assertThat(run("hub", "approve", "--home", "hub", "--region", name)).contains("is admitted");
    return runs(name, init);
  }

  /// Nobody has accepted anything yet, and there is no terminal to ask on.
  private DureProcess runs(String name, DureProcess init) throws Exception {
    assertThat(init.await().status()).as(init.output()).isEqualTo(3);
    Matcher digest = DIGEST.matcher(init.output());
    assertThat(digest.find()).as(init.output()).isTrue();
    return start("region", "run", "--home", name, "--accept", digest.group(1));
  }

  /// As [#joins], with a certificate of which more than two thirds have passed.
  private DureProcess joinsForAShortTime(String name) throws Exception {
    DureProcess init = asks(name);
    InstantSource earlier = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(-45));
    var unused = Register.of(folder.resolve("hub"), earlier).approve(name, "", Duration.ofHours(1));
    return runs(name, init);
  }

  @Test
  void membersRenewJoinAndAreRevokedWhileTheStudyRunsAndItsLedgerReplays() throws Exception {
    Files.writeString(folder.resolve("study.toml"), STUDY);
    String port = Integer.toString(Ports.orAnyFree(0));
    run("hub", "init", "--home", "hub", "--study", "study.toml", "--port", port);
    DureProcess hub = start("hub", "--home", "hub", "--console-port", "0");
    Matcher ports = PORTS.matcher(await(hub, "console: ").output());
    assertThat(ports.find()).isTrue();
    console = ports.group(2);

    DureProcess ko = joins("ko");
    DureProcess ja = await(joinsForAShortTime("ja"), "a new key is taken up");
    assertThat(ja.output()).contains("the certificate was renewed until");
    int before = contributed(status(), "ja");
    awaitStatus(status -> contributed(status, "ja") > before);
    ja.kill();

    DureProcess vi = joins("vi");
    awaitStatus(status -> contributed(status, "vi") >= 2);
    // A site that changes its mind is heard while its region runs.
    Path policy = folder.resolve("ko/policy.toml");
    Files.writeString(policy, "exports.kinds = [\"hello\", \"activity\"]\n");
    assertThat(ko.await().status()).as(ko.output()).isEqualTo(3);
    assertThat(ko.output()).contains("has changed", "EXPORT_REFUSED", "weights-body");
    Files.delete(policy);
    int counted = contributed(status(), "ko");
    DureProcess back = start("region", "run", "--home", "ko");
    awaitStatus(status -> contributed(status, "ko") > counted);
    back.kill();

    run("hub", "revoke", "--home", "hub", "--region", "vi", "--reason", "a stolen laptop");
    assertThat(vi.await().status()).as(vi.output()).isEqualTo(3);
    assertThat(vi.output()).containsAnyOf("KEY_REVOKED", "CERTIFICATE_REVOKED");

    DureProcess again = start("region", "run", "--home", "ko");
    assertThat(start("region", "run", "--home", "ja").await().status()).as(outputs()).isZero();
    assertThat(again.await().status()).as(outputs()).isZero();
    await(hub, "finished, round 40 of 40");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.isDirectory(folder.resolve("hub/ledger"))) {
      assertThat(System.nanoTime()).as(hub.output()).isLessThan(end);
      Thread.sleep(50);
    }
    checkLedger();
  }

  private void checkLedger() throws Exception {
    Ledger.Verified verified = Ledger.verify(folder.resolve("hub/ledger"));
    assertThat(verified.finished()).isTrue();
    assertThat(verified.contributions()).containsOnlyKeys("ja", "ko", "vi");
    assertThat(run("replay", "--ledger", "hub/ledger", "--hub", "hub"))
        .contains("40 rounds of study newcomer made again", "bit for bit");
    int merged = 0;
    int greeted = -1;
    int counted = -1;
    int keysOfJa = 0;
    boolean revoked = false;
    for (String line : Files.readAllLines(folder.resolve("hub/ledger/events.jsonl"))) {
      Map<String, Object> event = Json.object(line.getBytes(StandardCharsets.UTF_8));
      String kind = String.valueOf(event.get("kind"));
      Map<?, ?> body = event.get("body") instanceof Map<?, ?> map ? map : Map.of();
      Map<String, Object> message =
          kind.equals("Received")
              ? Json.object(String.valueOf(body.get("message")).getBytes(StandardCharsets.UTF_8))
              : Map.of();
      merged += kind.equals("Merged") ? 1 : 0;
      keysOfJa += kind.equals("Admitted") && "ja".equals(body.get("region")) ? 1 : 0;
      revoked |= kind.equals("Revoked") && "vi".equals(body.get("region"));
      if ("vi".equals(message.get("region"))) {
        greeted = greeted < 0 && "hello".equals(message.get("kind")) ? merged : greeted;
        counted = counted < 0 && "contribution".equals(message.get("kind")) ? merged : counted;
      }
    }
    assertThat(keysOfJa).as("keys of ja").isEqualTo(2);
    assertThat(revoked).isTrue();
    assertThat(greeted).isNotNegative();
    assertThat(counted - greeted).as("rounds until the newcomer counts").isBetween(0, 1);
  }
}
