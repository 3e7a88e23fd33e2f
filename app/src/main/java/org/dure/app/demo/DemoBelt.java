package org.dure.app.demo;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.dure.app.process.SupervisedProcess;
import org.dure.app.workload.StudyTerms;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.runtime.Progress;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;

/// The demo's hub process and its region processes, started again when they die.
final class DemoBelt implements AutoCloseable {
  private static final Map<String, String> SMALL_HEAP = Map.of("DURE_HEAP", "192m");
  private static final Map<String, String> REGION_ENVIRONMENT =
      Map.of("DURE_HEAP", "384m", "OMP_NUM_THREADS", "1");
  private static final long POLL_MILLIS = 500;

  private final DemoPlan plan;
  private final Path home;
  private final String console;
  private final List<SupervisedProcess> children = new ArrayList<>();
  private final URI picture;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Readiness readiness = new Readiness(client);

  /// Starts hub and regions.
  DemoBelt(DemoOptions options, DemoPlan plan, Consumer<String> say) {
    this(options, plan, say, plan.institutions().stream().map(Institution::name).toList());
  }

  private DemoBelt(DemoOptions options, DemoPlan plan, Consumer<String> say, List<String> regions) {
    this.plan = plan;
    this.home = options.home();
    this.console = "http://127.0.0.1:%d/".formatted(options.ports().console());
    this.picture = URI.create(console + "api/status");
    Path hub = Demo.hub(home);
    children.add(
        new SupervisedProcess(
            SupervisedProcess.Program.dure(
                "the hub",
                List.of(
                    "hub",
                    "--study",
                    plan.studyFile(home).toString(),
                    "--home",
                    hub.toString(),
                    "--port",
                    Integer.toString(options.ports().hub()),
                    "--console-port",
                    Integer.toString(options.ports().console()),
                    "--report",
                    home.resolve("report").toString(),
                    "--releases",
                    home.resolve("release").toString(),
                    "--trust",
                    home.resolve("keys").toString(),
                    "--chat",
                    "http://127.0.0.1:%d/".formatted(options.ports().serve())),
                SMALL_HEAP,
                home.resolve("logs").resolve("hub.log")),
            say));
    for (String region : regions) {
      children.add(
          new SupervisedProcess(
              SupervisedProcess.Program.dure(
                  "region " + region,
                  List.of(
                      "node",
                      "--study",
                      plan.studyFile(home).toString(),
                      "--home",
                      Demo.region(home, region).path().toString(),
                      "--region",
                      region,
                      "--hub",
                      "https://127.0.0.1:%d".formatted(options.ports().hub()),
                      "--accept",
                      // Who runs the demo is every region's institution, and wrote the study.
                      StudyTerms.digest(plan.studyFile(home), Demo.region(home, region), region)),
                  REGION_ENVIRONMENT,
                  home.resolve("logs").resolve(region + ".log")),
              say));
    }
  }

  /// Only the hub of a finished study, for its console.
  static DemoBelt console(DemoOptions options, DemoPlan plan, Consumer<String> say) {
    return new DemoBelt(options, plan, say, List.of());
  }

  String consoleAddress() {
    return console;
  }

  /// Waits until every region has published its scores and the hub has written the ledger.
  void awaitFinished() {
    long steps = (long) plan.steps() * plan.institutions().size();
    DemoProgress done = new DemoProgress(plan);
    try (Progress progress = new Progress("belt", "steps", steps)) {
      follow(
          status -> progress.update(done.steps(status), done.trainingRemark(status)),
          DemoProgress::isTrained);
    }
    try (Progress progress = new Progress("measuring on held-out text", "documents", 0)) {
      follow(
          status -> progress.update(done.documents(status), done.measuringRemark(status)),
          status ->
              status.progress().phase() == Phase.FINISHED
                  && Files.isDirectory(Demo.hub(home).resolve("ledger")));
    }
  }

  private void follow(Consumer<StudyStatus> show, Predicate<StudyStatus> until) {
    try {
      long answered = System.nanoTime();
      while (true) {
        children.forEach(SupervisedProcess::check);
        StudyStatus status = poll();
        if (status == null) {
          readiness.checkPatience(picture, answered);
        } else {
          answered = System.nanoTime();
          show.accept(status);
          if (until.test(status)) {
            return;
          }
        }
        Thread.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  /// The hub's picture now.
  StudyStatus status() {
    try {
      StudyStatus status = poll();
      if (status == null) {
        throw new DureException(
            ErrorCode.PEER_UNREACHABLE, "the console at %s does not answer".formatted(console));
      }
      return status;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  private @Nullable StudyStatus poll() throws InterruptedException {
    byte[] answer = readiness.ask(picture);
    return answer == null ? null : Json.read(answer, StudyStatus.class);
  }

  @Override
  public void close() {
    children.reversed().forEach(SupervisedProcess::close);
    client.close();
  }
}
