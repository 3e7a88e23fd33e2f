package org.dure.model;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;

/// Tiny models and data for tests.
final class Samples {
  static final String TOKENIZER = "ab".repeat(32);

  private Samples() {}

  static ModelConfig tiny() {
    return new ModelConfig(128, 32, 2, 4, 2, 64, 16, 10_000, 1e-5, true);
  }

  static ModelConfig untied() {
    return new ModelConfig(128, 32, 2, 4, 2, 64, 16, 10_000, 1e-5, false);
  }

  static TrainingConfig recipe(long totalSteps) {
    return new TrainingConfig(
        7,
        4,
        16,
        totalSteps,
        new TrainingConfig.Rate(1e-2, Schedule.COSINE, 2, 0.1),
        new TrainingConfig.Update(0.1, 0.95, 1.0, 0));
  }

  /// A shard whose next token mostly follows from the last one, so that it can be learnt.
  static Path shard(Path folder, String name, int tokens, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] ids = new int[tokens];
    for (int i = 1; i < tokens; i++) {
      ids[i] = random.nextInt(4) == 0 ? random.nextInt(128) : (ids[i - 1] * 5 + 3) % 128;
    }
    return write(folder.resolve(name), ids);
  }

  static Path write(Path file, int[] ids) {
    try (TokenShard.Writer writer = TokenShard.writer(file, TOKENIZER)) {
      writer.add(ids, ids.length);
    }
    return file;
  }

  static TorchTrainer trainer(Path folder, ModelConfig config, long totalSteps, Sharing sharing) {
    Path shard = folder.resolve("tokens-00000.bin");
    if (!shard.toFile().exists()) {
      shard(folder, "tokens-00000.bin", 3_000, 1);
    }
    return TorchTrainer.create(config, recipe(totalSteps), List.of(shard), sharing);
  }

  /// What a trainer shares now.
  static Weights weights(TorchTrainer trainer) {
    Weights weights = Weights.allocate(trainer.shared(), Arena.ofAuto());
    trainer.read(weights);
    return weights;
  }

  /// Weights in which every tensor matters: those of a start, moved by multiples of 1/256 that any
  /// library represents exactly.
  static Weights lively(ModelConfig config) {
    Weights weights = InitialWeights.of(ModelLayout.of(config).all(), 5, Arena.ofAuto());
    for (long i = 0; i < weights.layout().elements(); i++) {
      weights.set(i, weights.get(i) + (i * 7919 % 61 - 30) / 256f);
    }
    return weights;
  }

  /// The ids that the golden logits belong to.
  static int[] goldenTokens() {
    return IntStream.range(0, 16).map(i -> (i * 37 + 5) % 128).toArray();
  }

  /// A model of that shape with `weights`.
  static Transformer transformer(ModelConfig config, Weights weights) {
    Transformer model = new Transformer(config);
    try (NativeScope scope = NativeScope.open()) {
      scope.fill(model.vector(), weights.values());
    }
    return model;
  }

  /// A tokenizer that needs a vocabulary of 384.
  static Tokenizer tokenizer() {
    return TokenizerTrainer.train(
        WordCounts.count(List.of("tiny words, tiny worlds, 작은 말, 작은 세상, mots, từ")), 300);
  }

  /// A shape for [#tokenizer].
  static ModelConfig words() {
    return new ModelConfig(tokenizer().vocabularySize(), 32, 2, 4, 2, 64, 96, 10_000, 1e-5, true);
  }

  /// Writes a whole model folder.
  static Path modelFolder(Path folder) {
    tokenizer().write(folder);
    ModelFolder.write(folder, words(), lively(words()), tokenizer().digest());
    return folder;
  }

  /// Writes the folders from which `golden_logits.py` makes the golden logits.
  public static void main(String[] arguments) {
    Path out = Path.of(arguments[0]);
    ModelFolder.write(out.resolve("tied"), tiny(), lively(tiny()), TOKENIZER);
    ModelFolder.write(out.resolve("untied"), untied(), lively(untied()), TOKENIZER);
  }
}
