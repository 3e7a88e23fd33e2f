package org.dure.app.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.RegionProfile;
import org.dure.app.home.SitePolicy;
import org.dure.app.process.Ports;
import org.dure.app.workload.Tokenizers;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.Sharing;
import org.dure.core.runtime.Failures;
import org.dure.core.runtime.FolderLock;
import org.dure.core.runtime.Progress;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.dure.corpus.Packer;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/// The whole path on one machine: institutions of several countries train together, each in
/// processes and folders of its own, and end with an evaluated, signed model that answers.
///
/// Each stage is a run folder or a durable state, so a demo that was interrupted goes on where it
/// was when the same command is given again, and a finished one only serves.
public final class Demo {
  private static final long LEAST_DISK = 2_000_000_000L;

  private final DemoOptions options;
  private final Path home;
  private final Consumer<String> say;
  private final Map<String, Long> seconds;

  /// @param say prints a line for the user
  public Demo(DemoOptions options, Consumer<String> say) {
    this.options = options;
    this.home = options.home();
    this.say = say;
    this.seconds = new TreeMap<>();
  }

  /// A finished demo.
  ///
  /// @param report of it, a page
  /// @param console address while it serves, or null
  /// @param chat address of the API and its page while it serves, or null
  /// @param summary what `summary.json` holds
  public record Finished(
      String home,
      String report,
      @Nullable String console,
      @Nullable String chat,
      Map<String, @Nullable Object> summary) {}

  /// Runs the path; returns when the demo is to end.
  ///
  /// @param whenFinished told once, before the demo serves or ends
  public void run(Consumer<Finished> whenFinished) {
    checkText();
    try (FolderLock lock = FolderLock.of(home, "demo")) {
      DemoPlan.checkHome(options);
      DemoPlan.remark(options).ifPresent(say);
      Ports.awaitFree(options.ports().serve(), "--port");
      Ports.awaitFree(options.ports().console(), "--console-port");
      Ports.awaitFree(options.ports().hub(), "--hub-port");
      DemoPlan.noteRequest(options);
      readSeconds();
      if (DemoResult.isFinished(home)) {
        say.accept("This demo is finished: " + home.resolve("summary.json"));
        say.accept(DemoResult.sentence(home));
        if (options.exit()) {
          answerAgain();
        }
      } else {
        prepare();
        DemoPlan plan = stage("plan", "how long can we train", () -> DemoPlan.obtain(options, say));
        identities(plan);
        train(plan);
      }
      if (options.exit()) {
        whenFinished.accept(finished(null, null));
      } else {
        serve(whenFinished);
      }
    }
  }

  private Finished finished(@Nullable String console, @Nullable String chat) {
    return new Finished(
        home.toString(),
        home.resolve("report").resolve("index.html").toUri().toString(),
        console,
        chat,
        DemoResult.summary(home));
  }

  private void answerAgain() {
    try (DemoServer server = new DemoServer(options, DemoPlan.read(home), say)) {
      var unused = server.ask();
    }
  }

  private void prepare() {
    checkDisk();
    for (Institution one : options.institutions()) {
      LanguageProfile unused =
          RegionProfile.keep(region(home, one.name()), options.profile(one.language()));
    }
    stage("text", "text of each institution", () -> new DemoText(options, say).obtain());
    stage("corpus", "documents", () -> inParallel(this::corpus));
    if (options.institutions().stream().anyMatch(one -> options.textOf(one).isEmpty())) {
      say.accept(
          "what is dropped of the sample: paragraphs that it repeats (duplicate.*), labels of a few"
              + " letters (length.*), code and names in no language, and English that nobody"
              + " translated (language.*)");
    }
    if (options.sharing().sharing() == Sharing.BODY) {
      stage("tokenizer", "words of each institution", () -> inParallel(this::tokenizer));
    }
  }

  private void checkDisk() {
    try {
      long free = Files.getFileStore(home).getUsableSpace();
      if (free < LEAST_DISK) {
        throw new DureException(
            ErrorCode.DISK_FULL,
            "%d MB free in %s: the demo needs 2,000".formatted(free / 1_000_000, home));
      }
    } catch (IOException e) {
      throw DureException.io("look at", home, e);
    }
  }

  /// Before anything is written.
  private void checkText() {
    options
        .text()
        .forEach(
            (name, folder) -> {
              if (!Files.exists(folder)) {
                throw new DureException(
                    ErrorCode.INPUT_MISSING,
                    "--text %s=%s: there is no such file or folder".formatted(name, folder));
              }
            });
  }

  private void corpus(Institution one) {
    CorpusReport report =
        CorpusBuilder.build(
            options.profile(one.language()),
            DemoText.text(home, one),
            region(home, one.name()).corpus(),
            DemoText.read(home).of(one).heldOut(),
            CorpusBuilder.Purpose.TRAINING_AND_MEASURING);
    report.lines(one.name()).forEach(say);
  }

  private void tokenizer(Institution one) {
    RegionLayout region = region(home, one.name());
    Tokenizers.Trained trained =
        Tokenizers.train(
            region.corpus(), DemoPlan.VOCABULARY, SitePolicy.of(region), region.tokenizer());
    Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    var unused = Packer.pack(region.corpus(), tokenizer, region.tokens());
    say.accept(one.name() + ": " + trained.line());
  }

  private void identities(DemoPlan plan) {
    Identities.initialiseHub(hub(home), plan.name(), List.of());
    for (Institution one : plan.institutions()) {
      RegionLayout region = region(home, one.name());
      if (!Identities.isAdmitted(hub(home), region)) {
        Identities.admit(hub(home), Identities.request(region, one.name()), region.path());
      }
      Identities.publish(region, home.resolve("keys").resolve(one.name() + ".pem"));
    }
  }

  private void train(DemoPlan plan) {
    try (DemoBelt belt = new DemoBelt(options, plan, say)) {
      say.accept("watch it: " + belt.consoleAddress());
      Browser.open(belt.consoleAddress(), options);
      stage("belt", "the belt", belt::awaitFinished);
      DemoResult result = new DemoResult(home, plan, say);
      stage("release", "releases", result::release);
      try (DemoServer server = new DemoServer(options, plan, say)) {
        List<EvaluationReportPage.Sample> samples =
            stage("answers", "what the models write", server::ask);
        writeSeconds();
        result.report(belt.status(), samples, Map.copyOf(seconds));
      }
    }
  }

  private void serve(Consumer<Finished> whenFinished) {
    DemoPlan plan = DemoPlan.read(home);
    try (DemoBelt belt = DemoBelt.console(options, plan, say);
        DemoServer server = new DemoServer(options, plan, say)) {
      whenFinished.accept(finished(belt.consoleAddress(), server.address()));
      say.accept("Ctrl-C ends it; the same command serves again.");
      server.awaitInterruption();
    }
  }

  static RegionLayout region(Path home, String name) {
    return new RegionLayout(home.resolve("regions").resolve(name));
  }

  static Path hub(Path home) {
    return home.resolve("hub");
  }

  /// Work that must be done for every institution, on all cores.
  private void inParallel(Consumer<Institution> work) {
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (Institution one : options.institutions()) {
        running.add(executor.submit(() -> work.accept(one)));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw Failures.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  private interface Work<T> {
    T run();
  }

  private void stage(String name, String title, Runnable work) {
    Object unused =
        stage(
            name,
            title,
            () -> {
              work.run();
              return name;
            });
  }

  private <T> T stage(String name, String title, Work<T> work) {
    say.accept("== " + title);
    long started = System.nanoTime();
    try {
      return work.run();
    } finally {
      long took = (System.nanoTime() - started + 500_000_000) / 1_000_000_000;
      seconds.merge(name, took, Long::sum);
      writeSeconds();
      say.accept("== %s: %s".formatted(title, Progress.duration(took)));
    }
  }

  /// Stages' seconds add up over interruptions.
  private void readSeconds() {
    Path file = home.resolve("seconds.json");
    if (Files.exists(file)) {
      Json.object(file)
          .forEach(
              (stage, value) -> {
                if (value instanceof Number number) {
                  seconds.put(stage, number.longValue());
                }
              });
    }
  }

  private void writeSeconds() {
    AtomicFiles.write(home.resolve("seconds.json"), Json.pretty(seconds));
  }
}
