package org.dure.app.workload;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LocalTrainer;
import org.dure.core.ModelConfig;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.corpus.Documents;
import org.dure.corpus.Packer;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.Comparison;
import org.dure.federation.protocol.Study;
import org.dure.model.InitialWeights;
import org.dure.model.PrivateTraining;
import org.dure.model.SharedTensors;
import org.dure.model.TorchTrainer;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The workload of a language model's pretraining at one region.
///
/// The region's belt model and, where the study wants one, its local twin go side by side: same
/// start, same steps, same tokenizer, same batches; the twin never sees a merge. So every round
/// shows what the belt is worth to this language, and a state that is saved holds both. A [Twin]
/// that fails leaves the belt as it would be without one.
public final class Pretraining implements Workload {
  private static final Logger LOG = LoggerFactory.getLogger(Pretraining.class);
  private static final String BELT = "belt";

  private final PretrainingConfig config;
  private final String name;
  private final String language;
  private final RegionLayout region;
  private final TextFloor floor;
  private @Nullable Trainers trainers;

  /// What exists once the tokenizer does.
  ///
  /// @param dev documents to choose by; empty where there are too few
  /// @param roundDocuments measured in every round: of those to choose by, where there are any
  /// @param moved what the belt's model moved by in the newest phase, in memory that every phase
  ///     uses again
  record Trainers(
      Tokenizer tokenizer,
      TorchTrainer belt,
      Twin twin,
      EarlyStop earlyStop,
      Documents heldOut,
      Optional<Documents> dev,
      List<Document> roundDocuments,
      double bytesPerToken,
      Arena arena,
      Weights moved) {}

  Pretraining(PretrainingConfig config, Study.Region member, RegionLayout region) {
    this.config = config;
    this.name = member.name();
    this.language = member.language();
    this.region = region;
    this.floor = new TextFloor(SitePolicy.of(region), region);
  }

  /// The study's first weights, which the hub and every region compute for themselves.
  static WeightSource initialWeights(PretrainingConfig config) {
    return InitialWeights.shared(
        config.model(config.paddedVocabulary()), config.study().seed(), config.sharing());
  }

  @Override
  public Optional<byte[]> preparation() {
    return config.counts(region);
  }

  @Override
  public void prepared(byte[] common) {
    AtomicFiles.write(region.tokenizer().resolve(Tokenizers.FILE), common);
    Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    tokenizer.write(region.tokenizer());
    var unused = Packer.pack(region.corpus(), tokenizer, region.tokens());
  }

  @Override
  public TensorLayout layout() {
    return SharedTensors.layout(config.sharing(), config.model(config.paddedVocabulary()));
  }

  @Override
  public Contribution work(int round, Weights shared, Activity activity) {
    Trainers now = trainers();
    int steps = config.stepsOf(round);
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (config.privacy().isPresent()) {
      now.belt().adopt(shared);
      return workPrivately(now, round, shared, activity);
    }
    begin(now, round, shared, metrics, activity);
    long before = config.stepsBefore(round);
    PhaseLosses losses = new PhaseLosses(steps);
    LocalTrainer.Result result =
        now.belt()
            .train(
                steps,
                step -> {
                  losses.add(step.loss());
                  activity.report(ActivityKind.TRAINING, step.step(), config.totalSteps());
                });
    now.belt().delta(shared, now.moved());
    metrics.put("loss", result.loss());
    metrics.put("bitsPerByte", bitsPerByte(now, result.loss()));
    losses
        .means()
        .forEach((part, loss) -> metrics.put("bitsPerByte." + part, bitsPerByte(now, loss)));
    trainTwin(
            now,
            step -> activity.report(ActivityKind.TRAINING_TWIN, step.step(), config.totalSteps()))
        .ifPresent(
            loss -> {
              metrics.put("twinLoss", loss);
              metrics.put("twinBitsPerByte", bitsPerByte(now, loss));
            });
    activity.report(ActivityKind.WAITING, before + steps, config.totalSteps());
    return new Contribution(now.moved(), result.tokens(), metrics);
  }

  /// Takes the merge over, unless it ruined what the region had: then its steps start from its own
  /// weights, and its delta from the merge's, as ever.
  private void begin(
      Trainers now, int round, Weights shared, Map<String, Double> metrics, Activity activity) {
    if (config.roundDocuments() == 0) {
      now.belt().adopt(shared);
      return;
    }
    activity.report(ActivityKind.EVALUATING, 0, now.roundDocuments().size());
    boolean guarded = now.dev().isPresent() && now.belt().step() > 0;
    double own = guarded ? quickBitsPerByte(now, now.belt()).value() : Double.NaN;
    if (guarded) {
      now.belt().read(now.moved());
    }
    now.belt().adopt(shared);
    BitsPerByte belt = quickBitsPerByte(now, now.belt());
    measureRound(now, belt, metrics);
    if (guarded && Guard.isRuined(belt.value(), own)) {
      LOG.warn(
          "round {}: the merge has {} bits per byte on text kept for choosing, this region's own"
              + " weights had {}: its steps start from these",
          round,
          belt.value(),
          own);
      now.belt().adopt(now.moved());
    }
  }

  /// What was measured leaves only if it was on as many documents as the site asks for.
  private void measureRound(Trainers now, BitsPerByte belt, Map<String, Double> metrics) {
    Optional<Double> twin =
        now.twin().measure("evaluating", one -> quickBitsPerByte(now, one).value());
    twin.ifPresent(value -> keepIfBest(now, value));
    if (floor.lets(belt.documents())) {
      metrics.put("heldOutBitsPerByte", belt.value());
      twin.ifPresent(value -> metrics.put("twinHeldOutBitsPerByte", value));
      metrics.put("heldOutDocuments", (double) belt.documents());
    }
  }

  /// What was measured on the text that is reported on must not choose.
  private void keepIfBest(Trainers now, double value) {
    if (now.dev().isPresent()) {
      Optional<Long> unused =
          now.twin()
              .attempt(
                  "saving",
                  twin -> {
                    now.earlyStop()
                        .offer(twin.step(), value, part -> Ending.export(now, twin, part));
                    return twin.step();
                  });
    }
  }

  /// The twin trains as many steps as the belt has. One that did them before they were taken back
  /// from the belt waits for it.
  private static Optional<Double> trainTwin(Trainers now, Consumer<LocalTrainer.Step> progress) {
    long until = now.belt().step();
    boolean behind = now.twin().attempt("training", twin -> twin.step() < until).orElse(false);
    return behind
        ? now.twin()
            .measure("training", twin -> twin.train((int) (until - twin.step()), progress).loss())
        : Optional.empty();
  }

  /// The delta has its noise; a loss, a score, how many tokens were read have none, and stay here.
  private Contribution workPrivately(Trainers now, int round, Weights shared, Activity activity) {
    int steps = config.stepsOf(round);
    LocalTrainer.Result result =
        now.belt()
            .train(
                steps,
                step -> activity.report(ActivityKind.TRAINING, step.step(), config.totalSteps()));
    now.belt().delta(shared, now.moved());
    long before = (round - 1L) * config.study().schedule().steps();
    activity.report(ActivityKind.WAITING, before + steps, config.totalSteps());
    return new Contribution(now.moved(), result.tokens(), Map.of());
  }

  /// One step at a time, belt and twin alike, so that it can end between any two. Not in a study
  /// that protects documents: there every step is one that the hub was told of.
  @Override
  public Optional<Ahead> trainOn(int steps, BooleanSupplier enough, Activity activity) {
    if (config.privacy().isPresent()) {
      return Optional.empty();
    }
    Trainers now = trainers();
    now.belt().read(now.moved());
    long tokens = 0;
    int done = 0;
    for (; done < steps && !enough.getAsBoolean(); done++) {
      tokens += now.belt().train(1, step -> {}).tokens();
      Optional<Double> unused = trainTwin(now, step -> {});
      activity.report(ActivityKind.TRAINING_ON, done + 1L, steps);
    }
    if (done == 0) {
      return Optional.empty();
    }
    now.belt().delta(now.moved(), now.moved());
    return Optional.of(new Ahead(now.moved(), tokens, done));
  }

  private static double bitsPerByte(Trainers now, double natsPerToken) {
    return natsPerToken / Math.log(2) / now.bytesPerToken();
  }

  private BitsPerByte quickBitsPerByte(Trainers now, TorchTrainer trainer) {
    try (var model = trainer.languageModel(now.tokenizer(), language, language)) {
      return BitsPerByte.measure(model, now.roundDocuments(), (doing, done, total) -> {});
    }
  }

  /// The belt's model begins again where those rounds ended, with what it has at home; the twin,
  /// which never saw a merge, goes on from where it is.
  @Override
  public void startAgain(int rounds) {
    trainers().belt().startAgain(config.stepsBefore(rounds + 1));
  }

  @Override
  public Map<String, Double> finish(Weights shared, Activity activity) {
    Trainers now = trainers();
    Comparison comparison;
    try (TorchTrainer untrained = newTrainer()) {
      comparison = new Ending(config, name, language, region, now).of(shared, untrained, activity);
    }
    boolean leaves = config.privacy().isEmpty() && floor.lets(comparison.documents());
    return leaves ? comparison.scores() : Map.of();
  }

  /// What the numbers of a report hold for.
  public static Map<String, String> conditions(PretrainingConfig config) {
    return Map.of(
        "sharing", config.study().sharing().word(),
        "seed", Long.toString(config.study().seed()),
        "steps", Long.toString(config.totalSteps()),
        "rounds", Integer.toString(config.study().schedule().rounds()));
  }

  @Override
  public void save(Path folder) {
    Trainers now = trainers();
    now.belt().save(folder.resolve(BELT));
    now.twin().save(folder);
  }

  @Override
  public void restore(Path folder) {
    Trainers now = trainers();
    now.belt().restore(folder.resolve(BELT));
    now.twin().restore(folder);
  }

  @Override
  public void close() {
    Trainers now = trainers;
    if (now != null) {
      now.belt().close();
      now.twin().close();
      now.arena().close();
    }
  }

  private Trainers trainers() {
    Trainers now = trainers;
    if (now == null) {
      Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
      floor.requireTokens(tokenizer);
      TorchTrainer belt =
          config.privacy().map(how -> privateTrainer(how, tokenizer)).orElseGet(this::newTrainer);
      belt.requireTokenizer(tokenizer);
      Documents heldOut = heldOut();
      Optional<Documents> dev =
          Documents.dev(region.corpus())
              .filter(
                  some ->
                      Math.min(some.count(), config.mostFinalDocuments()) >= Guard.LEAST_DOCUMENTS);
      Arena arena = Arena.ofShared();
      now =
          new Trainers(
              tokenizer,
              belt,
              config.twin() ? Twin.of(language, this::newTrainer) : Twin.none(language),
              new EarlyStop(
                  region.earlyStop(),
                  config.study().digest()
                      + " "
                      + Sha256.of(region.tokens().resolve("manifest.json"))),
              heldOut,
              dev,
              BitsPerByte.sample(dev.orElse(heldOut), config.roundDocuments()),
              bytesPerToken(shards(region.tokens())),
              arena,
              Weights.allocate(belt.shared(), arena));
      trainers = now;
    }
    return now;
  }

  /// The embedding has as many rows as the study says, even where the text gave fewer words: so
  /// every region's shape is known before its tokenizer.
  TorchTrainer newTrainer() {
    ModelConfig model = config.model(config.paddedVocabulary());
    return TorchTrainer.create(model, config.training(), shards(region.tokens()), config.sharing());
  }

  private TorchTrainer privateTrainer(PrivateTraining how, Tokenizer tokenizer) {
    return TorchTrainer.createPrivate(
        config.model(config.paddedVocabulary()),
        config.training(),
        shards(region.tokens()),
        config.sharing(),
        how,
        tokenizer);
  }

  private Documents heldOut() {
    Documents heldOut = Documents.heldOut(region.corpus());
    if (heldOut.count() == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%s holds no held-out document: nothing could be measured".formatted(region.corpus()));
    }
    return heldOut;
  }

  /// The token shards of a packed corpus, in their order.
  public static List<Path> shards(Path tokens) {
    try (Stream<Path> files = Files.list(tokens)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".bin")).sorted().toList();
    } catch (IOException e) {
      throw DureException.io("read", tokens, e);
    }
  }

  private static double bytesPerToken(List<Path> shards) {
    long bytes = 0;
    long tokens = 0;
    for (Path file : shards) {
      try (TokenShard shard = TokenShard.open(file)) {
        bytes += shard.sourceBytes();
        tokens += shard.tokens();
      }
    }
    return (double) bytes / tokens;
  }
}
