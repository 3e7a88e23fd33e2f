package org.dure.app.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dure.app.home.HomeRoom;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.workload.Pretraining;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.Tokenizers;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.Settings;
import org.dure.core.runtime.Failures;
import org.dure.core.runtime.Progress;
import org.dure.corpus.Packer;
import org.dure.model.Libtorch;
import org.dure.model.TorchTrainer;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/// What the demo's regions agree on, fixed before the first step: from then on a study is a
/// function of its text, plan and seed, however often it is interrupted.
///
/// @param name of the study
/// @param languages of the institutions
/// @param each how many institutions there are of every language; null in plans from before there
///     could be several
/// @param sharing who trains what together
/// @param seed of everything random
/// @param steps local steps of every region
/// @param stepsPerRound between two merges
/// @param minutes that were asked for, or null
record DemoPlan(
    String name,
    List<String> languages,
    @Json.Lenient @Nullable Integer each,
    Together sharing,
    long seed,
    int steps,
    int stepsPerRound,
    @Nullable Double minutes) {
  /// Tokens that a region's tokenizer learns.
  static final int VOCABULARY = 2_048;

  private static final int STEPS_PER_ROUND = 20;

  /// For text that is gone through several times.
  private static final double DROPOUT = 0.1;

  private static final int LEAST_ROUNDS = 3;

  /// In a few dozen rounds 0.9 carries early directions to the end: docs/experiments.md.
  private static final double OUTER_MOMENTUM = 0.6;

  /// Held-out paragraphs measured in every round, enough for a curve.
  private static final int ROUND_DOCUMENTS = 40;

  /// Twins cost as much as the belt; measuring in every round, merging and starting processes take
  /// the rest.
  private static final double SHARE_FOR_STEPS = 0.88;

  private static final double CALIBRATION_SECONDS = 6;
  /// The one model of all.
  static final String SHARED = "shared";

  private static final String FILE = "plan.json";
  private static final String REQUEST = "request.json";

  /// What was asked when the home was first used.
  ///
  /// @param profiles digests of the language profiles that were given
  record Request(
      List<String> languages,
      @Json.Lenient Integer each,
      Together sharing,
      long seed,
      Map<String, String> text,
      String steps,
      @Json.Lenient Map<String, String> profiles) {
    Request {
      each = Objects.requireNonNullElse(each, 1);
      profiles = Objects.requireNonNullElse(profiles, Map.of());
    }

    static Request of(DemoOptions options) {
      Map<String, String> text = new TreeMap<>();
      options
          .text()
          .forEach((language, folder) -> text.put(language, folder.toAbsolutePath().toString()));
      Integer asked = options.budget().steps();
      return new Request(
          options.languages(),
          options.each(),
          options.sharing(),
          options.seed(),
          text,
          asked == null ? "by time" : asked.toString(),
          digests(options.profiles()));
    }
  }

  private static Map<String, String> digests(Map<String, LanguageProfile> profiles) {
    Map<String, String> digests = new TreeMap<>();
    profiles.forEach((language, profile) -> digests.put(language, profile.digest()));
    return digests;
  }

  /// A home in which something was made must have been asked the same. One that holds nothing but
  /// an earlier request is taken over. Writes nothing.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] naming what differs
  static void checkHome(DemoOptions options) {
    Path file = options.home().resolve(REQUEST);
    if (!Files.exists(file) && Files.exists(options.home())) {
      HomeRoom.require(options.home(), "demo", Set.of("lock"));
    }
    if (!Files.exists(file) || isUntouched(options.home())) {
      return;
    }
    if (isOfEarlierVersion(options.home())) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s holds a demo that an earlier version began and did not finish: its text would be read in another way now. Give another --home, or delete %s to begin anew"
              .formatted(options.home(), options.home()));
    }
    Request now = Request.of(options);
    Request then = Json.read(file, Request.class);
    if (!then.equals(now)) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s holds a demo that was begun otherwise:%n%s%nGive what it was begun with, another --home, or delete %s to begin anew"
              .formatted(
                  options.home(),
                  String.join(System.lineSeparator(), differences(then, now)),
                  options.home()));
    }
  }

  /// A finished one is only served, whoever made it.
  private static boolean isOfEarlierVersion(Path home) {
    return Files.exists(home.resolve(FILE))
        && read(home).each == null
        && !DemoResult.isFinished(home);
  }

  /// Notes what is asked of a home, once nothing speaks against it.
  static void noteRequest(DemoOptions options) {
    Path file = options.home().resolve(REQUEST);
    if (!Files.exists(file) || isUntouched(options.home())) {
      AtomicFiles.write(file, Json.pretty(Request.of(options)));
    }
  }

  /// Whether nothing was made in a home yet that depends on the request. Sample text does not.
  private static boolean isUntouched(Path home) {
    Path regions = home.resolve("regions");
    if (Files.exists(home.resolve(FILE))
        || Files.exists(home.resolve("hub"))
        || Files.exists(DemoText.folder(home))) {
      return false;
    }
    if (!Files.isDirectory(regions)) {
      return true;
    }
    try (Stream<Path> folders = Files.list(regions)) {
      return folders.noneMatch(region -> Files.exists(new RegionLayout(region).corpus()));
    } catch (IOException e) {
      throw DureException.io("read", regions, e);
    }
  }

  private static List<String> differences(Request then, Request now) {
    List<String> differences = new ArrayList<>();
    differ(differences, "languages", listed(then.languages), listed(now.languages));
    differ(differences, "--institutions", then.each.toString(), now.each.toString());
    differ(differences, "--sharing", then.sharing.word(), now.sharing.word());
    differ(differences, "--seed", Long.toString(then.seed), Long.toString(now.seed));
    differ(differences, "--steps", then.steps, now.steps);
    Set<String> named = new TreeSet<>(then.text.keySet());
    named.addAll(now.text.keySet());
    for (String language : named) {
      differ(
          differences,
          "text of " + language,
          then.text.getOrDefault(language, "the sample"),
          now.text.getOrDefault(language, "the sample"));
    }
    Set<String> profiled = new TreeSet<>(then.profiles.keySet());
    profiled.addAll(now.profiles.keySet());
    for (String language : profiled) {
      differ(
          differences,
          "profile of " + language,
          profile(then.profiles.get(language)),
          profile(now.profiles.get(language)));
    }
    return differences;
  }

  private static String listed(List<String> languages) {
    return String.join(", ", languages);
  }

  private static String profile(@Nullable String digest) {
    return digest == null ? "Dure's own" : "one with the digest " + digest.substring(0, 16);
  }

  private static void differ(List<String> differences, String what, String then, String now) {
    if (!then.equals(now)) {
      differences.add("  %s: %s; now %s".formatted(what, then, now));
    }
  }

  /// What a used home no longer heeds of what is asked, and what to do about it.
  static Optional<String> remark(DemoOptions options) {
    Double minutes = options.budget().minutes();
    if (minutes == null || !Files.exists(options.home().resolve(FILE))) {
      return Optional.empty();
    }
    DemoPlan plan = read(options.home());
    if (minutes.equals(plan.minutes)) {
      return Optional.empty();
    }
    return Optional.of(
        ("--minutes %s changes nothing here: %s was begun with %,d steps for each region. For"
                + " another length give another --home, or delete %s first.")
            .formatted(
                minutes.toString().replaceFirst("\\.0$", ""),
                options.home(),
                plan.steps,
                options.home()));
  }

  static DemoPlan read(Path home) {
    return Json.read(home.resolve(FILE), DemoPlan.class);
  }

  /// The home's plan; a new one, measured on this machine, if it has none.
  static DemoPlan obtain(DemoOptions options, Consumer<String> say) {
    Path file = options.home().resolve(FILE);
    if (!Files.exists(file)) {
      Integer asked = options.budget().steps();
      int steps = asked != null ? asked : affordable(options, say);
      DemoPlan plan =
          new DemoPlan(
              "demo",
              options.languages(),
              options.each(),
              options.sharing(),
              options.seed(),
              steps,
              Math.min(STEPS_PER_ROUND, steps),
              options.budget().minutes());
      AtomicFiles.write(plan.studyFile(options.home()), plan.study());
      AtomicFiles.write(file, Json.pretty(plan));
    }
    DemoPlan plan = read(options.home());
    PretrainingConfig config = plan.config(options.home());
    say.accept(
        String.format(
            Locale.ROOT,
            "%d institutions, %.1f M parameters each, %d rounds of %d steps of %,d tokens, twins as"
                + " well; sharing: %s",
            plan.institutions().size(),
            config.shape().parameters() / 1e6,
            config.study().schedule().rounds(),
            plan.stepsPerRound,
            config.training().tokensPerStep(),
            plan.sharing.word()));
    return plan;
  }

  Path studyFile(Path home) {
    return home.resolve("study.toml");
  }

  PretrainingConfig config(Path home) {
    return PretrainingConfig.of(Settings.of(studyFile(home)));
  }

  List<Institution> institutions() {
    return Institution.of(languages, each == null ? 1 : each);
  }

  /// The models that the study ends with.
  List<String> models() {
    return sharing == Together.ALL
        ? List.of(SHARED)
        : institutions().stream().map(Institution::name).toList();
  }

  /// The model with which an institution's questions are answered.
  String model(Institution institution) {
    return sharing == Together.ALL ? SHARED : institution.name();
  }

  int rounds() {
    return (steps + stepsPerRound - 1) / stepsPerRound;
  }

  private String study() {
    StringBuilder toml = new StringBuilder();
    toml.append("name = \"").append(name).append("\"\n");
    toml.append("sharing = \"").append(sharing.sharing().word()).append("\"\n");
    if (sharing == Together.LANGUAGE) {
      toml.append("circles = [\"language\"]\n");
    }
    toml.append("seed = ").append(seed).append('\n');
    toml.append("rounds = ").append(rounds()).append('\n');
    toml.append("steps = ").append(stepsPerRound).append('\n');
    toml.append("outer-momentum = ").append(OUTER_MOMENTUM).append('\n');
    toml.append("\n[evaluation]\nround-documents = ").append(ROUND_DOCUMENTS).append('\n');
    toml.append("\n[training]\ntotal-steps = ").append(steps).append('\n');
    toml.append("dropout = ").append(DROPOUT).append('\n');
    toml.append("\n[tokenizer]\nvocabulary = ").append(VOCABULARY).append('\n');
    for (Institution one : institutions()) {
      toml.append("\n[regions.").append(one.name()).append("]\n");
      toml.append("language = \"").append(one.language()).append("\"\n");
    }
    return toml.toString();
  }

  /// The steps for every region that fit into the minutes, from steps taken here and now: as many
  /// trainers side by side as there are cores, one thread each, as later.
  private static int affordable(DemoOptions options, Consumer<String> say) {
    double stepsPerSecond = measure(options);
    double steps =
        options.budget().minutesOrUsual()
            * 60
            * SHARE_FOR_STEPS
            * stepsPerSecond
            / (2 * options.institutions().size());
    int rounds = Math.max(LEAST_ROUNDS, (int) (steps / STEPS_PER_ROUND));
    say.accept(
        String.format(
            Locale.ROOT,
            "this machine takes %.0f steps a second without measuring, on %d trainers side by side:"
                + " %d for each region in %s, twins and measuring included",
            stepsPerSecond,
            trainers(options),
            rounds * STEPS_PER_ROUND,
            Progress.duration(options.budget().minutesOrUsual() * 60)));
    return rounds * STEPS_PER_ROUND;
  }

  private static int trainers(DemoOptions options) {
    return Math.min(Runtime.getRuntime().availableProcessors(), options.institutions().size());
  }

  private static double measure(DemoOptions options) {
    DemoPlan trial =
        new DemoPlan(
            "trial",
            options.languages(),
            options.each(),
            Together.BODY,
            options.seed(),
            1_000,
            STEPS_PER_ROUND,
            null);
    PretrainingConfig config = PretrainingConfig.of(Settings.parse("trial", trial.study()));
    List<Path> shards = trialShards(options);
    int trainers = trainers(options);
    Libtorch.threads(1);
    try (ExecutorService executor = Executors.newFixedThreadPool(trainers)) {
      List<Future<Double>> rates = new ArrayList<>();
      for (int i = 0; i < trainers; i++) {
        rates.add(executor.submit(() -> stepsPerSecond(config, shards)));
      }
      double sum = 0;
      for (Future<Double> rate : rates) {
        sum += rate.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw Failures.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
  }

  /// Shards to measure with: the first region's; under `all`, where there is no tokenizer yet, of a
  /// throw-away one.
  private static List<Path> trialShards(DemoOptions options) {
    RegionLayout region = Demo.region(options.home(), options.institutions().getFirst().name());
    if (Files.exists(region.tokens())) {
      return Pretraining.shards(region.tokens());
    }
    Path trial = options.home().resolve("trial");
    Tokenizers.Trained unusedOne =
        Tokenizers.train(
            region.corpus(), VOCABULARY, SitePolicy.of(region), trial.resolve("tokenizer"));
    Tokenizer tokenizer = Tokenizer.read(trial.resolve("tokenizer").resolve(Tokenizers.FILE));
    var unused = Packer.pack(region.corpus(), tokenizer, trial.resolve("tokens"));
    return Pretraining.shards(trial.resolve("tokens"));
  }

  private static double stepsPerSecond(PretrainingConfig config, List<Path> shards) {
    try (TorchTrainer trainer =
        TorchTrainer.create(
            config.model(config.paddedVocabulary()), config.training(), shards, config.sharing())) {
      var unusedWarmUp = trainer.train(10, step -> {});
      int steps = 0;
      long started = System.nanoTime();
      double elapsed = 0;
      while (elapsed < CALIBRATION_SECONDS) {
        var unused = trainer.train(5, step -> {});
        steps += 5;
        elapsed = (System.nanoTime() - started) / 1e9;
      }
      return steps / elapsed;
    }
  }
}
