package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.process.Ports;
import org.dure.app.workload.StudyTerms;
import org.dure.core.Json;
import org.dure.federation.status.StudyStatus;

/// A hub and regions as real processes on loopback, which tests kill, starve and restore.
final class RealBelt implements AutoCloseable {
  private static final long PATIENCE = 240_000_000_000L;
  private static final Map<String, String> SMALL = Map.of("DURE_HEAP", "128m");

  private final Path folder;
  private final Path study;
  private final int port = Ports.orAnyFree(0);
  private final int consolePort = Ports.orAnyFree(0);
  private final Map<String, DureProcess> running = new TreeMap<>();
  private final List<String> hubOptions;
  private final Map<String, String> hubEnvironment = new TreeMap<>(SMALL);

  /// @param folder for homes
  /// @param hubOptions in addition to the usual
  RealBelt(Path folder, String study, List<String> hubOptions, Map<String, String> environment)
      throws IOException {
    this.folder = folder;
    this.study = Files.writeString(folder.resolve("study.toml"), study);
    this.hubOptions = List.copyOf(hubOptions);
    this.hubEnvironment.putAll(environment);
    Identities.initialiseHub(home("hub"), "fire", List.of());
  }

  /// The home of a region, or of the hub.
  Path home(String name) {
    return folder.resolve(name);
  }

  /// On which the hub listens for regions.
  int port() {
    return port;
  }

  void hub() throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "hub",
                "--study=" + study,
                "--home=" + home("hub"),
                "--port=" + port,
                "--console-port=" + consolePort));
    arguments.addAll(hubOptions);
    running.put("hub", DureProcess.start(folder, hubEnvironment, arguments.toArray(String[]::new)));
  }

  void region(String name, String... more) throws IOException {
    RegionLayout region = new RegionLayout(home(name));
    if (!Identities.isAdmitted(home("hub"), region)) {
      Identities.admit(home("hub"), Identities.request(region, name), region.path());
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "node",
                "--study=" + study,
                "--home=" + home(name),
                "--region=" + name,
                "--hub=https://127.0.0.1:" + port));
    arguments.addAll(List.of(more));
    if (arguments.stream().noneMatch(argument -> argument.startsWith("--accept"))) {
      arguments.add("--accept=" + StudyTerms.digest(study, region, name));
    }
    running.put(name, DureProcess.start(folder, SMALL, arguments.toArray(String[]::new)));
  }

  /// `kill -9`.
  void kill(String name) throws InterruptedException {
    process(name).kill();
  }

  DureProcess process(String name) {
    DureProcess process = running.get(name);
    assertThat(process).as(name).isNotNull();
    return java.util.Objects.requireNonNull(process);
  }

  String output(String name) throws IOException {
    return process(name).output();
  }

  /// A page of the console; empty while there is none.
  String page(String path) throws InterruptedException {
    URI address = URI.create("http://127.0.0.1:%d%s".formatted(consolePort, path));
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(address).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      return "";
    }
  }

  /// Waits until the hub's picture of the study is as it should be.
  StudyStatus await(String what, Predicate<StudyStatus> expected) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (true) {
      String json = page("/api/status");
      if (!json.isEmpty()) {
        StudyStatus status = Json.read(json, StudyStatus.class);
        if (expected.test(status)) {
          return status;
        }
      }
      checkTime(what, end);
    }
  }

  StudyStatus awaitRound(int round) throws Exception {
    return await("round " + round, status -> status.progress().round() >= round);
  }

  void awaitOutput(String name, String text) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (!output(name).contains(text)) {
      checkTime(name + " says: " + text, end);
    }
  }

  /// Waits until a file is there and holds the text.
  void awaitText(Path file, String text) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      checkTime("%s holds %s".formatted(file, text), end);
    }
  }

  /// Waits until the hub has written the ledger of the finished study.
  ///
  /// @return its folder
  Path awaitLedger() throws Exception {
    long end = System.nanoTime() + PATIENCE;
    Path ledger = home("hub").resolve("ledger");
    while (!Files.isDirectory(ledger)) {
      checkTime("the ledger is there", end);
    }
    return ledger;
  }

  /// Waits until every region has its final weights.
  ///
  /// @return digest of their list, the same at all
  String awaitEnd(String... regions) throws Exception {
    long end = System.nanoTime() + PATIENCE;
    List<String> weights = new ArrayList<>();
    for (String region : regions) {
      Path finished = new RegionLayout(home(region)).node().resolve("finished.json");
      while (!Files.exists(finished)) {
        checkTime(region + " finishes", end);
      }
      weights.add(String.valueOf(Json.object(finished).get("base")));
    }
    assertThat(weights).allMatch(weights.getFirst()::equals);
    return weights.getFirst();
  }

  private void checkTime(String what, long end) throws Exception {
    if (System.nanoTime() > end) {
      StringBuilder all = new StringBuilder("waited in vain until " + what);
      for (Map.Entry<String, DureProcess> process : running.entrySet()) {
        all.append("\n--- ").append(process.getKey()).append('\n');
        all.append(process.getValue().output());
      }
      throw new AssertionError(all.toString());
    }
    Thread.sleep(100);
  }

  /// What `dure status` prints in English.
  String status() throws Exception {
    return DureProcess.run(folder, "status", "--home", home("hub").toString(), "--language", "en")
        .output();
  }

  @Override
  public void close() {
    running.values().forEach(DureProcess::close);
  }
}
