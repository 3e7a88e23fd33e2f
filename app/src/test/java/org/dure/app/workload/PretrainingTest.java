package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.dure.app.SmallText;
import org.dure.app.demo.DemoReport;
import org.dure.app.home.RegionLayout;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Seeded;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Packer;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.evaluation.Released;
import org.dure.federation.protocol.Study;
import org.dure.federation.region.PrivacyBudget;
import org.dure.tokenizer.Tokenizer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The belt's bits do not depend on what becomes of the local twin.
class PretrainingTest {
  private static final String STUDY =
      """
      name = "trial"
      rounds = 3
      steps = 2
      ahead-steps = 4
      regions.ko.language = "ko"
      tokenizer.vocabulary = 384
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 2
      evaluation.round-documents = 2
      evaluation.final-documents = 4
      """;

  /// Of a round without a twin.
  private static final String[] ROUND_METRICS = {
    "heldOutBitsPerByte",
    "heldOutDocuments",
    "loss",
    "bitsPerByte",
    "bitsPerByte.1of2",
    "bitsPerByte.2of2"
  };

  private static final Workload.Activity QUIET = (doing, done, total) -> {};

  @TempDir static Path prepared;

  @TempDir Path folder;

  @BeforeAll
  static void prepare() throws IOException {
    RegionLayout region = new RegionLayout(prepared);
    Path text = SmallText.write(prepared.resolve("given"), "ko", 60);
    var unused = CorpusBuilder.build(LanguageProfile.of("ko"), text, region.corpus(), 0.2);
    Tokenizers.Trained unusedOne = Tokenizers.train(region.corpus(), 384, region.tokenizer());
    Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    var alsoUnused = Packer.pack(region.corpus(), tokenizer, region.tokens());
    AtomicFiles.write(region.policy(), "scores.at-least-documents = 2\n");
  }

  private static PretrainingConfig recipe(String... changes) {
    Settings settings = Settings.parse("trial", STUDY);
    for (String change : changes) {
      settings.set(change);
    }
    return (PretrainingConfig) WorkloadConfig.of(settings);
  }

  private static Pretraining pretraining(String... changes) {
    return new Pretraining(
        recipe(changes), new Study.Region("ko", "ko"), new RegionLayout(prepared));
  }

  /// What becomes of a twin's saved state.
  enum Harm {
    NONE,
    NOT_A_NUMBER,
    INFINITE,
    MISSING,
    DAMAGED,
    NO_DESCRIPTION,
    NULL
  }

  private static void harm(Harm harm, Path twin) throws IOException {
    switch (harm) {
      case NONE -> {}
      case NOT_A_NUMBER -> overwrite(twin, Float.NaN);
      case INFINITE -> overwrite(twin, Float.POSITIVE_INFINITY);
      case MISSING -> AtomicFiles.delete(twin);
      case DAMAGED -> Files.writeString(twin.resolve("model.safetensors"), "x");
      case NO_DESCRIPTION -> Files.delete(twin.resolve("trainer.json"));
      case NULL -> Files.writeString(twin.resolve("trainer.json"), "null");
    }
  }

  /// Puts a value in the place of the last weight and makes the state whole again.
  private static void overwrite(Path twin, float value) throws IOException {
    Path weights = twin.resolve("model.safetensors");
    Path description = twin.resolve("trainer.json");
    String before = Sha256.of(weights);
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(4);
      one.set(Weights.FLOAT, 0, value);
      channel.write(one.asByteBuffer(), channel.size() - 4);
    }
    Files.writeString(
        description, Files.readString(description).replace(before, Sha256.of(weights)));
  }

  /// What the belt sees of a region that is restarted after its first round and again after its
  /// second.
  private record Seen(
      List<byte[]> deltas, List<Map<String, Double>> metrics, Map<String, Double> scores) {}

  private Seen belt(Harm harm, String... changes) throws IOException {
    List<byte[]> deltas = new ArrayList<>();
    List<Map<String, Double>> metrics = new ArrayList<>();
    Path state = Files.createDirectory(folder.resolve(harm + String.join("", changes)));
    try (Arena arena = Arena.ofConfined()) {
      Weights shared = Weights.of(recipe(changes).initialWeights(), arena);
      for (int round = 1; round <= 3; round++) {
        try (Pretraining workload = pretraining(changes)) {
          if (round > 1) {
            workload.restore(state.resolve("round-" + (round - 1)));
          }
          Workload.Contribution made = workload.work(round, shared, QUIET);
          deltas.add(bytes(made.delta()));
          metrics.add(made.metrics());
          deltas.add(bytes(workload.trainOn(3, () -> false, QUIET).orElseThrow().delta()));
          Path saved = Files.createDirectory(state.resolve("round-" + round));
          workload.save(saved);
          if (round == 1) {
            harm(harm, saved.resolve("twin"));
          }
          if (round == 3) {
            return new Seen(deltas, metrics, workload.finish(shared, QUIET));
          }
        }
      }
    }
    throw new AssertionError();
  }

  private static byte[] bytes(Weights weights) {
    return weights.values().toArray(ValueLayout.JAVA_BYTE);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aTwinThatFailsEndsByItselfAndTheBeltGoesOnWithTheSameBits(Harm harm) throws IOException {
    Seen sound = belt(Harm.NONE);
    assertThat(sound.metrics).allSatisfy(m -> assertThat(m).containsKey("twinLoss"));
    assertThat(sound.scores).containsKeys("start", "end", "twin", "difference");
    RegionLayout region = new RegionLayout(prepared);
    MeasuredOn on = EvaluationReport.read(region.evaluation()).languages().getFirst().measuredOn();
    assertThat(on.model()).isEqualTo(ModelDigests.of(region.model()));
    assertThat(on.twin()).isEqualTo(ModelDigests.of(region.twin()));
    assertThat(on.start().weights()).isNotIn(on.model().weights(), on.twin().weights());
    assertThat(on.start().tokenizer()).isEqualTo(on.model().tokenizer());
    assertThat(region.path().resolve("start")).doesNotExist();

    Seen broken = belt(harm);
    assertThat(broken.deltas).usingRecursiveComparison().isEqualTo(sound.deltas);
    assertThat(broken.metrics.getFirst()).isEqualTo(sound.metrics.getFirst());
    for (int round = 1; round < 3; round++) {
      assertThat(broken.metrics.get(round))
          .containsOnlyKeys(ROUND_METRICS)
          .isEqualTo(withoutTwin(sound.metrics.get(round)));
    }
    assertThat(broken.scores.keySet()).noneMatch(name -> name.startsWith("twin"));
    assertThat(broken.scores.keySet()).noneMatch(name -> name.startsWith("difference"));
    assertThat(broken.scores.get("end")).isEqualTo(sound.scores.get("end"));
    Path note = folder.resolve(harm.toString()).resolve("round-3/twin-ended.txt");
    assertThat(note)
        .hasSameTextualContentAs(note.resolve("../../round-2/twin-ended.txt").normalize());
    assertThat(Files.readString(note)).matches("(restoring|evaluating|training): .+\n");
    assertThat(note.resolveSibling("twin")).doesNotExist();

    EvaluationReport report = EvaluationReport.read(new RegionLayout(prepared).evaluation());
    assertThat(report.languages().getFirst().verdict()).isEqualTo(Comparison.Verdict.NOT_MEASURED);
    assertThat(report.languages().getFirst().measuredOn().twin()).isNull();
    assertThat(report.conditions().get("twin")).contains("not measured");
    assertThat(DemoReport.line(report.languages().getFirst()))
        .contains("not measured alone; difference not measured: not measured");
  }

  private static Map<String, Double> withoutTwin(Map<String, Double> metrics) {
    Map<String, Double> rest = new HashMap<>(metrics);
    rest.keySet().removeIf(name -> name.startsWith("twin"));
    return rest;
  }

  /// A last merge that undoes what was learnt: the region goes on with what it had.
  @Test
  void aMergeThatRuinsAModelIsNotWhatItsRegionGoesOnWith() throws IOException {
    RegionLayout region = enoughToChooseBy();
    Comparison comparison = ended(region, "sharing=all", "evaluation.final-documents=0");
    Released released = comparison.released();
    assertThat(released.choice().origin()).isIn("own", "twin");
    assertThat(released.choice().dev())
        .containsOnlyKeys("belt", "own", "belt-and-own", "twin", "belt-and-twin");
    assertThat(released.choice().dev().get("own")).isLessThan(released.choice().dev().get("belt"));
    assertThat(released.value().value()).isLessThan(comparison.belt().value());
    assertThat(released.choice().model()).isEqualTo(ModelDigests.of(region.model()));
    assertThat(comparison.measuredOn().model()).isEqualTo(ModelDigests.of(region.belt()));
    assertThat(region.belt()).isEqualTo(region.otherBelt());
    assertThat(comparison.scores()).containsKeys("released", "releasedDifference.low");
    assertThat(Comparison.of("ko", comparison.scores()).gain()).isEqualTo(comparison.gain());
  }

  /// A full disk is waited for in the same process; a study may be taken back and end again.
  @Test
  void anEndThatIsDoneAgainComesToTheSame() throws IOException {
    RegionLayout region = enoughToChooseBy();
    PretrainingConfig config = recipe("sharing=all", "evaluation.final-documents=0");
    Comparison first;
    Path saved = Files.createDirectory(folder.resolve("state"));
    try (Pretraining workload = new Pretraining(config, new Study.Region("ko", "ko"), region);
        Arena arena = Arena.ofConfined()) {
      Weights shared = Weights.of(config.initialWeights(), arena);
      var unused = workload.work(1, shared, QUIET);
      var alsoUnused = workload.work(2, shared, QUIET);
      workload.save(saved);
      Workload.Activity full =
          (doing, done, total) -> {
            if (doing == Workload.ActivityKind.EVALUATING_TWIN) {
              throw new DureException(ErrorCode.DISK_FULL, "no room");
            }
          };
      assertThatThrownBy(() -> workload.finish(shared, full)).hasMessage("no room");
      var scores = workload.finish(shared, QUIET);
      first = EvaluationReport.read(region.evaluation()).languages().getFirst();
      assertThat(first.released().choice().dev().get("own"))
          .isNotEqualTo(first.released().choice().dev().get("belt"));
    }
    try (Pretraining workload = new Pretraining(config, new Study.Region("ko", "ko"), region);
        Arena arena = Arena.ofConfined()) {
      workload.restore(saved);
      var scores = workload.finish(Weights.of(config.initialWeights(), arena), QUIET);
    }
    assertThat(EvaluationReport.read(region.evaluation()).languages().getFirst()).isEqualTo(first);
  }

  /// What a neighbour that is not honest can do to a circle's weights.
  @Test
  void stepsAfterAMergeThatIsNoModelStartFromTheRegionsOwnWeights() throws IOException {
    RegionLayout region = enoughToChooseBy();
    PretrainingConfig config =
        recipe("sharing=all", "evaluation.twin=false", "evaluation.final-documents=0");
    SplittableRandom random = Seeded.random("PretrainingTest.merge");
    double[] own = new double[2];
    for (int run = 0; run < 2; run++) {
      try (Pretraining workload = new Pretraining(config, new Study.Region("ko", "ko"), region);
          Arena arena = Arena.ofConfined()) {
        Weights shared = Weights.of(config.initialWeights(), arena);
        Workload.Contribution first = workload.work(1, shared, QUIET);
        Weights merge = Weights.allocate(shared.layout(), arena);
        for (long i = 0; i < shared.layout().elements(); i++) {
          merge.set(
              i,
              run == 0
                  ? shared.get(i) - first.delta().get(i)
                  : (float) (5 * random.nextGaussian()));
        }
        Workload.Contribution second = workload.work(2, merge, QUIET);
        assertThat(second.metrics()).containsKey("heldOutBitsPerByte");
        var scores = workload.finish(merge, QUIET);
      }
      Released.Choice choice =
          EvaluationReport.read(region.evaluation()).languages().getFirst().released().choice();
      own[run] = choice.dev().get("own");
      assertThat(choice.dev()).doesNotContainKey("twin");
    }
    assertThat(own[1]).isCloseTo(own[0], withPercentage(2));
    Comparison after = EvaluationReport.read(region.evaluation()).languages().getFirst();
    assertThat(after.released().choice().origin()).isEqualTo("own");
    assertThat(after.belt().value()).isGreaterThan(1.5 * after.released().value().value());
  }

  @Test
  void withTooLittleTextToChooseByTheBeltsModelStaysAndTheReportSaysWhy() throws IOException {
    Seen seen = belt(Harm.NONE);
    assertThat(seen.scores).doesNotContainKey("released");
    EvaluationReport report = EvaluationReport.read(new RegionLayout(prepared).evaluation());
    assertThat(report.languages().getFirst().released()).isNull();
    assertThat(report.conditions().get("released")).contains("fewer than 20 documents");
    assertThat(new RegionLayout(prepared).otherBelt()).doesNotExist();
  }

  private RegionLayout enoughToChooseBy() throws IOException {
    RegionLayout region = new RegionLayout(folder.resolve("region"));
    Path text = SmallText.write(folder.resolve("given"), "ko", 400);
    var unused = CorpusBuilder.build(LanguageProfile.of("ko"), text, region.corpus(), 0.3);
    Tokenizers.Trained unusedOne = Tokenizers.train(region.corpus(), 384, region.tokenizer());
    Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    var alsoUnused = Packer.pack(region.corpus(), tokenizer, region.tokens());
    AtomicFiles.write(region.policy(), "scores.at-least-documents = 2\n");
    return region;
  }

  /// After two rounds, with the first weights as the last merge's.
  private static Comparison ended(RegionLayout region, String... changes) {
    PretrainingConfig config = recipe(changes);
    try (Pretraining workload = new Pretraining(config, new Study.Region("ko", "ko"), region);
        Arena arena = Arena.ofConfined()) {
      Weights shared = Weights.of(config.initialWeights(), arena);
      var unused = workload.work(1, shared, QUIET);
      var alsoUnused = workload.work(2, shared, QUIET);
      var scores = workload.finish(shared, QUIET);
    }
    return EvaluationReport.read(region.evaluation()).languages().getFirst();
  }

  @Test
  void aStudyWithoutTwinsShowsNoNumberForThem() throws IOException {
    Seen alone = belt(Harm.NONE, "evaluation.twin=false");
    assertThat(alone.deltas).usingRecursiveComparison().isEqualTo(belt(Harm.NONE).deltas);
    assertThat(alone.scores).containsKeys("start", "end").doesNotContainKeys("twin", "difference");
  }

  @Test
  void aTwinThatCannotBeSavedOrStartedEndsAsWell() throws IOException {
    Twin never =
        Twin.of(
            "ko",
            () -> {
              throw new OutOfMemoryError("none left");
            });
    assertThat(never.ended()).contains("starting: none left");
    assertThat(never.measure("training", twin -> 1.0)).isEmpty();
    never.save(folder);
    assertThat(Files.readString(folder.resolve("twin-ended.txt"))).contains("none left");
  }

  /// The region's own state is next, and waits for room as well.
  @Test
  void aFullDiskIsNotTheTwinsEnd() {
    DureException full = new DureException(ErrorCode.DISK_FULL, "no room");
    try (Pretraining workload = pretraining();
        Twin twin = Twin.of("ko", workload::newTrainer)) {
      assertThatThrownBy(
              () ->
                  twin.attempt(
                      "saving",
                      now -> {
                        throw full;
                      }))
          .isSameAs(full);
      assertThat(twin.ended()).isEmpty();
    }
  }

  @Test
  void theBeltsOwnStateIsStillRefusedWhereItIsDamaged() throws IOException {
    Path saved = Files.createDirectory(folder.resolve("saved"));
    try (Pretraining workload = pretraining();
        Arena arena = Arena.ofConfined()) {
      var unused = workload.work(1, Weights.of(recipe().initialWeights(), arena), QUIET);
      workload.save(saved);
      harm(Harm.DAMAGED, saved.resolve("belt"));
      assertThatThrownBy(() -> workload.restore(saved))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
    }
  }

  @Test
  void localStepsOfBeltAndTwinReserveNoNativeMemory() {
    try (Pretraining workload = pretraining("evaluation.round-documents=0");
        Arena arena = Arena.ofConfined()) {
      Weights shared = Weights.of(recipe().initialWeights(), arena);
      var unused = workload.work(1, shared, QUIET);
      long before = reservedBytes();
      for (int i = 0; i < 100; i++) {
        var contribution = workload.work(1 + i % 3, shared, QUIET);
        var ahead = workload.trainOn(3, () -> false, QUIET);
      }
      assertThat(reservedBytes() - before).isZero();
    }
  }

  private static long reservedBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static final String[] PRIVATE = {
    "privacy.noise-multiplier=1", "privacy.clip=0.5", "privacy.sample-rate=0.1", "ahead-steps=0"
  };

  /// What is not noise alone does not leave: losses, scores, how much was read.
  @Test
  void aStudyThatProtectsDocumentsExportsNothingElseThanItsNoisyDelta() throws IOException {
    List<byte[]> deltas = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      Weights shared = Weights.of(recipe(PRIVATE).initialWeights(), arena);
      for (int run = 0; run < 2; run++) {
        try (Pretraining workload = pretraining(PRIVATE)) {
          Workload.Contribution made = workload.work(1, shared, QUIET);
          deltas.add(bytes(made.delta()));
          assertThat(made.metrics()).isEmpty();
          assertThat(made.weight()).isEqualTo(2 * 2 * 32);
          assertThat(workload.trainOn(3, () -> false, QUIET)).isEmpty();
          assertThat(workload.finish(shared, QUIET)).isEmpty();
        }
      }
    }
    assertThat(deltas.get(0)).isNotEqualTo(deltas.get(1));
    RegionLayout region = new RegionLayout(prepared);
    assertThat(EvaluationReport.read(region.evaluation()).languages().getFirst().twin()).isNull();
  }

  @Test
  void whatWouldTellOfDocumentsWithoutNoiseIsRefusedByName() {
    assertThatThrownBy(
            () -> recipe(PRIVATE[0], PRIVATE[1], PRIVATE[2], "sharing=all", "evaluation.twin=true"))
        .hasMessageContainingAll("sharing", "evaluation.twin", "ahead-steps");
    assertThatThrownBy(() -> recipe(PRIVATE[0])).hasMessageContaining("privacy.clip is missing");
    assertThat(recipe(PRIVATE).privateStep().orElseThrow().steps()).isEqualTo(1);
    assertThat(recipe().privateStep()).isEmpty();
  }

  @Test
  void whatARegionIsToldOfItsBudgetIsToldInFiveLanguages() {
    Set<String> texts = new HashSet<>();
    PrivacyBudget.Limit limit = new PrivacyBudget.Limit(3.5, 1e-6);
    for (String language : PrivacyMessages.LANGUAGES) {
      PrivacyMessages words = PrivacyMessages.of(language, "trial");
      String stops = words.stops(new PrivacyBudget.Stop(7, 3.25, 3.75, limit));
      assertThat(stops).contains("trial", "7", "1.0E-6").containsPattern("3[.,]25");
      String begins =
          words.begins(
              recipe(PRIVATE).privateStep().orElseThrow(), recipe(PRIVATE), limit, List.of());
      assertThat(begins).contains("trial").containsPattern("3[.,]5");
      assertThat(texts.add(stops)).isTrue();
      assertThat(texts.add(begins)).isTrue();
    }
    assertThat(PrivacyMessages.of("km", "trial").stops(new PrivacyBudget.Stop(7, 1, 2, limit)))
        .contains("Not begun");
  }
}
