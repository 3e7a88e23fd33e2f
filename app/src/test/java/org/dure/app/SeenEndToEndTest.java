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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.app.home.HubHome;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.StudyTerms;
import org.dure.console.PrometheusTextTest;
import org.dure.core.Json;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Region;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A belt of real processes with one slow, one absent and one refused region: status, console and
/// metrics name each of them rightly.
@Tag("e2e")
class SeenEndToEndTest {
  private static final String STUDY =
      """
      name = "seen"
      workload = "rehearsal"
      rounds = 100000
      steps = 5
      quorum = 3
      ahead-steps = 0
      grace-seconds = 1
      lease-seconds = 6

      [rehearsal]
      bytes = 400000
      tensors = 4
      step-millis = 100

      [regions.ko]
      language = "ko"
      [regions.ja]
      language = "ja"
      [regions.fr]
      language = "fr"
      [regions.vi]
      language = "vi"
      [regions.en]
      language = "en"
      """;
  private static final Pattern PORTS =
      Pattern.compile("regions: https://[^:]+:([0-9]+) +console: (http://[^ \n]+)");
  private static final long PATIENCE = 240_000_000_000L;
  private static final Map<String, String> SMALL = Map.of("DURE_HEAP", "128m");

  @TempDir Path folder;

  private Path hubHome() {
    return folder.resolve("hub");
  }

  private DureProcess node(String name, String port, String... more) throws IOException {
    return node(folder.resolve("study.toml"), name, port, more);
  }

  private DureProcess node(Path study, String name, String port, String... more)
      throws IOException {
    RegionLayout region = new RegionLayout(folder.resolve(name));
    Identities.admit(hubHome(), Identities.request(region, name), region.path());
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "node",
                "--study",
                study.toString(),
                "--home",
                region.path().toString(),
                "--region",
                name,
                "--hub",
                "https://127.0.0.1:" + port,
                "--accept",
                StudyTerms.digest(study, region, name)));
    arguments.addAll(List.of(more));
    return DureProcess.start(folder, SMALL, arguments.toArray(String[]::new));
  }

  private Matcher started(DureProcess hub) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE;
    while (true) {
      Matcher ports = PORTS.matcher(hub.output());
      if (ports.find()) {
        return ports;
      }
      assertThat(hub.isAlive() && System.nanoTime() < end).as(hub.output()).isTrue();
      Thread.sleep(100);
    }
  }

  private StudyStatus json() throws IOException, InterruptedException {
    DureProcess.Outcome outcome =
        DureProcess.run(folder, "status", "--home", hubHome().toString(), "--json");
    assertThat(outcome.status()).as(outcome.output()).isZero();
    return Json.read(outcome.output().strip().getBytes(StandardCharsets.UTF_8), StudyStatus.class);
  }

  private static Map<String, Concern.Code> concerns(StudyStatus status) {
    Map<String, Concern.Code> codes = new TreeMap<>();
    for (Region region : status.regions()) {
      Concern concern = region.concern();
      if (concern != null) {
        codes.put(region.name(), concern.code());
      }
    }
    return codes;
  }

  private static String get(String console, String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(console).resolve(path)).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  @Test
  void statusConsoleAndMetricsNameTheSlowTheAbsentAndTheRefusedRegion() throws Exception {
    Files.writeString(folder.resolve("study.toml"), STUDY);
    String study = folder.resolve("study.toml").toString();
    Path other =
        Files.writeString(folder.resolve("other.toml"), STUDY.replace("steps = 5", "steps = 6"));
    try (DureProcess hub =
        DureProcess.start(
            folder,
            SMALL,
            "hub",
            "--study",
            study,
            "--home",
            hubHome().toString(),
            "--port",
            "0",
            "--console-port",
            "0")) {
      Matcher ports = started(hub);
      String port = ports.group(1);
      try (DureProcess ko = node("ko", port);
          DureProcess ja = node("ja", port);
          DureProcess fr = node("fr", port, "--pace", "12");
          DureProcess vi = node("vi", port);
          DureProcess en = node(other, "en", port)) {
        awaitPresence(List.of(hub, ko, ja, fr, vi));
        vi.kill();
        Map<String, Concern.Code> expected =
            Map.of(
                "en", Concern.Code.REFUSED,
                "fr", Concern.Code.SLOW,
                "vi", Concern.Code.ABSENT);
        StudyStatus told = awaitConcerns(expected, List.of(hub, ko, ja, fr, en));
        check(ports.group(2), told);
      }
    }
    assertThat(new HubHome(hubHome()).consoleAddress()).isRegularFile();
    DureProcess.Outcome gone = DureProcess.run(folder, "status", "--home", hubHome().toString());
    assertThat(gone.status()).isEqualTo(4);
    assertThat(gone.output())
        .contains("nothing answers at http://127.0.0.1:", "start it: dure hub --home");
  }

  private void awaitPresence(List<DureProcess> processes) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (json().regions().stream()
            .filter(region -> region.presence().state() == StudyStatus.RegionState.PRESENT)
            .count()
        < 4) {
      assertThat(System.nanoTime()).as(outputs(processes)).isLessThan(end);
      Thread.sleep(500);
    }
  }

  private StudyStatus awaitConcerns(Map<String, Concern.Code> expected, List<DureProcess> processes)
      throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (true) {
      StudyStatus told = json();
      if (concerns(told).entrySet().containsAll(expected.entrySet())) {
        return told;
      }
      assertThat(System.nanoTime())
          .as("%s%n%s", concerns(told), outputs(processes))
          .isLessThan(end);
      Thread.sleep(1000);
    }
  }

  private static String outputs(List<DureProcess> processes) throws IOException {
    StringBuilder all = new StringBuilder();
    for (DureProcess process : processes) {
      all.append(process.output()).append("\n---\n");
    }
    return all.toString();
  }

  private void check(String console, StudyStatus told) throws Exception {
    Concern refused =
        Objects.requireNonNull(
            told.regions().stream()
                .filter(r -> r.name().equals("en"))
                .findFirst()
                .orElseThrow()
                .concern());
    assertThat(refused.reason()).isEqualTo("WRONG_STUDY");
    String table =
        DureProcess.run(folder, "status", "--home", hubHome().toString(), "--language", "en")
            .output();
    System.out.println(table);
    assertThat(table.lines().filter(line -> line.startsWith("fr")).findFirst().orElseThrow())
        .containsPattern("[0-9.]+ times slower than the median");
    assertThat(table.lines().filter(line -> line.startsWith("vi")).findFirst().orElseThrow())
        .containsPattern("absent for .*, since round [0-9]+");
    assertThat(table.lines().filter(line -> line.startsWith("en")).findFirst().orElseThrow())
        .containsPattern("refused .*: WRONG_STUDY");
    assertThat(get(console, "/?lang=en"))
        .containsPattern("times slower than the median")
        .containsPattern("absent for [^<]*, since round [0-9]+")
        .containsPattern("refused [^<]*: WRONG_STUDY");
    assertThat(PrometheusTextTest.parse(get(console, "/metrics")))
        .containsEntry("dure_region_concern{region=\"fr\",reason=\"SLOW\",severity=\"mild\"}", 1.0)
        .containsEntry(
            "dure_region_concern{region=\"vi\",reason=\"ABSENT\",severity=\"severe\"}", 1.0)
        .containsEntry(
            "dure_region_concern{region=\"en\",reason=\"REFUSED\",severity=\"severe\"}", 1.0);
  }
}
