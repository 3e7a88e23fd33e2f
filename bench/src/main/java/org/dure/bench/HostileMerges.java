package org.dure.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.LanguageModel;
import org.dure.core.ModelConfig;
import org.dure.core.Settings;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.federation.hostile.Attack;
import org.dure.federation.hostile.HostileStudy;
import org.dure.federation.hostile.Learner;
import org.dure.federation.protocol.Study;
import org.dure.model.InitialWeights;
import org.dure.model.Libtorch;
import org.dure.model.TorchTrainer;
import org.dure.model.TrainingConfig;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;

/// What hostile regions do to the others' losses: transformers that train on the text of four
/// languages, with 1 of 4 and 2 of 7 regions hostile, beside the same study with their places
/// empty.
///
/// ```
/// bench/run hostile-merges HOME [RULE [SEEDS [ATTACK...]]]
/// ```
///
/// HOME is the folder of a `dure demo`, whose packed tokens are used; RULE is a `merge.rule`, SEEDS
/// 3 by default. Prints a line a run and a table.
public final class HostileMerges {
  private static final List<String> LANGUAGES = List.of("fr", "ja", "ko", "vi");
  private static final int ROUNDS = 12;
  private static final int STEPS = 10;
  private static final int BATCH = 8;
  private static final int LENGTH = 64;
  private static final int HELD_OUT = 24;

  private HostileMerges() {}

  /// @param part of its language's text
  private record Place(String name, String language, int part, int parts) {}

  private static List<Place> places(int regions) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < regions; i++) {
      String language = LANGUAGES.get(i % LANGUAGES.size());
      places.add(new Place("r" + i, language, i / LANGUAGES.size(), 2));
    }
    return places;
  }

  public static void main(String[] arguments) throws IOException {
    Path home = Path.of(arguments[0]);
    String rule = arguments.length > 1 ? arguments[1] : "mean";
    int seeds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3;
    List<Attack> attacks =
        arguments.length > 3
            ? Arrays.stream(arguments).skip(3).map(Attack::valueOf).toList()
            : List.of(Attack.values());
    Libtorch.threads(1);
    Path scratch = Files.createTempDirectory("dure-hostile");
    try {
      new Run(home, scratch, rule, seeds).all(attacks);
    } finally {
      AtomicFiles.delete(scratch);
    }
  }

  /// @param scratch for the shards
  private record Run(Path home, Path scratch, String rule, int seeds) {
    void all(List<Attack> attacks) throws IOException {
      List<String> table = new ArrayList<>();
      for (int[] sizes : List.of(new int[] {4, 1}, new int[] {7, 2})) {
        double[] empty = new double[seeds];
        for (int seed = 0; seed < seeds; seed++) {
          empty[seed] = study(sizes[0] - sizes[1], 0, Attack.TOKENS, seed).loss();
        }
        for (Attack attack : attacks) {
          table.add(attack(sizes[0], sizes[1], attack, empty));
        }
      }
      System.out.println("\n| hostile | attack | loss beside empty places | named | left out |");
      System.out.println("|---|---|---|---|---|");
      table.forEach(System.out::println);
    }

    private String attack(int regions, int hostile, Attack attack, double[] empty)
        throws IOException {
      StringBuilder losses = new StringBuilder();
      int named = 0;
      int latest = 0;
      int left = 0;
      int sent = seeds * hostile * (ROUNDS - attack.firstRound() + 1);
      String accused = "";
      for (int seed = 0; seed < seeds; seed++) {
        HostileStudy.Outcome outcome = study(regions, hostile, attack, seed);
        double worse = 100 * (outcome.loss() / empty[seed] - 1);
        losses.append(String.format(Locale.ROOT, "%s%+.1f %%", seed == 0 ? "" : ", ", worse));
        for (Place place : places(regions)) {
          int round = outcome.named().getOrDefault(place.name(), 0);
          boolean isHostile = isHostile(place, regions, hostile);
          if (isHostile && round > 0) {
            named++;
            latest = Math.max(latest, round - attack.firstRound() + 1);
          }
          if (isHostile) {
            left += outcome.leftOut().getOrDefault(place.name(), 0);
          } else if (round > 0) {
            accused += " %s in seed %d;".formatted(place.name(), seed);
          }
        }
        System.out.printf(
            Locale.ROOT,
            "%d of %d %s seed %d: %.4f beside %.4f, named %s, left out %s, suspended %s%n",
            hostile,
            regions,
            attack,
            seed,
            outcome.loss(),
            empty[seed],
            outcome.named(),
            outcome.leftOut(),
            outcome.suspended());
      }
      return String.format(
          Locale.ROOT,
          "| %d of %d | %s | %s | %d of %d, after %d rounds at most%s | %.0f %% |",
          hostile,
          regions,
          attack.name().toLowerCase(Locale.ROOT).replace('_', ' '),
          losses,
          named,
          seeds * hostile,
          latest,
          accused.isEmpty() ? "" : "; wrongly" + accused,
          100.0 * left / sent);
    }

    private static boolean isHostile(Place place, int regions, int hostile) {
      return Integer.parseInt(place.name().substring(1)) >= regions - hostile;
    }

    private HostileStudy.Outcome study(int regions, int hostile, Attack attack, int seed)
        throws IOException {
      Map<String, Learner> learners = new TreeMap<>();
      Map<String, Attack> attacks = new TreeMap<>();
      try {
        for (Place place : places(regions)) {
          boolean isHostile = isHostile(place, regions, hostile);
          learners.put(place.name(), learner(place, seed, isHostile));
          if (isHostile) {
            attacks.put(place.name(), attack);
          }
        }
        ModelConfig config = model(tokenizer("fr").vocabularySize());
        return new HostileStudy(
                settings(regions, hostile),
                InitialWeights.shared(config, seed, Sharing.BODY),
                learners,
                attacks,
                seed)
            .run();
      } finally {
        learners.values().forEach(Learner::close);
      }
    }

    private Study settings(int regions, int hostile) {
      StringBuilder toml =
          new StringBuilder(
              """
              name = "hostile"
              rounds = %d
              steps = %d
              quorum = %d
              grace-seconds = 1
              merge.rule = "%s"
              merge.hostile = %d
              merge.step-weight = %d
              """
                  .formatted(
                      ROUNDS,
                      STEPS,
                      rule.equals("krum") ? regions : regions - hostile,
                      rule,
                      Math.min(hostile, Math.max(0, (regions - 3) / 2)),
                      BATCH * LENGTH));
      places(regions)
          .forEach(
              place ->
                  toml.append(
                      "[regions.%s]\nlanguage = \"%s\"\n"
                          .formatted(place.name(), place.language())));
      return Study.of(Settings.parse("the benchmark's study", toml.toString()), more -> {});
    }

    private Tokenizer tokenizer(String language) {
      return Tokenizer.read(
          home.resolve("regions").resolve(language).resolve("tokenizer/tokenizer.json"));
    }

    private Learner learner(Place place, int seed, boolean isHostile) throws IOException {
      Tokenizer tokenizer = tokenizer(place.language());
      int[] tokens = tokens(place);
      int heldOut = HELD_OUT * LENGTH;
      int[] training = Arrays.copyOf(tokens, tokens.length - heldOut);
      int[] test = Arrays.copyOfRange(tokens, tokens.length - heldOut, tokens.length);
      TorchTrainer honest = trainer(tokenizer, training, seed, place.name());
      TorchTrainer shuffled =
          isHostile
              ? trainer(tokenizer, shuffled(training, seed), seed, place.name() + "-shuffled")
              : honest;
      return new Transformer(
          honest, shuffled, honest.languageModel(tokenizer, place.name(), place.language()), test);
    }

    private int[] tokens(Place place) throws IOException {
      Path folder = home.resolve("regions").resolve(place.language()).resolve("tokens");
      List<Path> files;
      try (Stream<Path> list = Files.list(folder)) {
        files = list.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
      }
      try (TokenShard shard = TokenShard.open(files.getFirst())) {
        int all = (int) shard.tokens();
        int from = (int) ((long) all * place.part() / place.parts());
        int[] tokens = new int[(int) ((long) all * (place.part() + 1) / place.parts()) - from];
        shard.read(from, tokens);
        return tokens;
      }
    }

    /// Text without any order: what can be learnt from it is wrong.
    private static int[] shuffled(int[] tokens, int seed) {
      int[] shuffled = tokens.clone();
      SplittableRandom random = new SplittableRandom(seed);
      for (int i = shuffled.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int kept = shuffled[i];
        shuffled[i] = shuffled[j];
        shuffled[j] = kept;
      }
      return shuffled;
    }

    private static ModelConfig model(int vocabulary) {
      return new ModelConfig(vocabulary, 64, 3, 4, 2, 176, LENGTH, 10_000, 1e-5, true);
    }

    private TorchTrainer trainer(Tokenizer tokenizer, int[] tokens, int seed, String name) {
      Path file = scratch.resolve("%s-%d-%d.bin".formatted(name, seed, System.nanoTime()));
      try (TokenShard.Writer writer = TokenShard.writer(file, tokenizer.digest())) {
        writer.add(tokens, tokens.length);
      }
      TrainingConfig training = TrainingConfig.of(seed, BATCH, LENGTH, (long) ROUNDS * STEPS);
      return TorchTrainer.create(
          model(tokenizer.vocabularySize()), training, List.of(file), Sharing.BODY);
    }
  }

  /// @param mislabelled trains on text without order
  /// @param model that `honest` trains
  /// @param test tokens that it does not train on
  private record Transformer(
      TorchTrainer honest, TorchTrainer mislabelled, LanguageModel model, int[] test)
      implements Learner {
    @Override
    public Weights work(int round, Weights shared) {
      return work(honest, shared);
    }

    @Override
    public Weights workMislabelled(int round, Weights shared) {
      return work(mislabelled, shared);
    }

    private static Weights work(TorchTrainer trainer, Weights shared) {
      trainer.adopt(shared);
      trainer.train(STEPS, step -> {});
      Weights delta = Weights.allocate(trainer.shared(), Arena.ofAuto());
      trainer.delta(shared, delta);
      return delta;
    }

    @Override
    public double loss(Weights shared) {
      honest.adopt(shared);
      double sum = 0;
      int count = 0;
      for (int at = 0; at + LENGTH <= test.length; at += LENGTH) {
        int[] sequence = Arrays.copyOfRange(test, at, at + LENGTH);
        for (float value : model.logProbabilities(new int[][] {sequence})[0]) {
          sum -= value;
          count++;
        }
      }
      return sum / count;
    }

    @Override
    public void close() {
      honest.close();
      if (mislabelled != honest) {
        mislabelled.close();
      }
    }
  }
}
