package org.dure.model;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.ModelConfig;
import org.dure.tokenizer.TokenShard;

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
    return new TrainingConfig(7, 4, 16, totalSteps, 1e-2, Schedule.COSINE, 2, 0.1, 0.1, 1.0);
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
}
