package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.DureException;
import org.dure.core.LocalTrainer.Step;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropoutTest {
  @TempDir Path folder;

  private static float[] ones(double share, long seed, long step, int calls) {
    try (NativeScope scope = NativeScope.open()) {
      Dropout dropout = Dropout.of(share, seed, step);
      Tensor ones = torch.ones(100, 200);
      for (int i = 1; i < calls; i++) {
        Tensor unused = dropout.apply(ones);
      }
      return scope.floats(dropout.apply(ones), 20_000);
    }
  }

  @Test
  void theShareIsZeroAndTheMeanStays() {
    float[] values = ones(0.25, 1, 1, 1);
    long zeros = 0;
    double sum = 0;
    for (float value : values) {
      zeros += value == 0 ? 1 : 0;
      sum += value;
      assertThat(value).isIn(0f, (float) (1 / 0.75));
    }
    // Four standard deviations of a binomial share.
    assertThat(zeros / 20_000.0).isCloseTo(0.25, within(4 * Math.sqrt(0.25 * 0.75 / 20_000)));
    assertThat(sum / 20_000).isCloseTo(1, within(0.02));
  }

  @Test
  void whatIsLeftOutFollowsFromSeedAndStepAndDiffersWithEachOfThemAndEachCall() {
    float[] values = ones(0.5, 1, 1, 1);
    assertThat(ones(0.5, 1, 1, 1)).isEqualTo(values);
    assertThat(ones(0.5, 2, 1, 1)).isNotEqualTo(values);
    assertThat(ones(0.5, 1, 2, 1)).isNotEqualTo(values);
    assertThat(ones(0.5, 1, 1, 2)).isNotEqualTo(values);
  }

  @Test
  void withoutAShareNothingChanges() {
    try (NativeScope scope = NativeScope.open()) {
      Tensor x = torch.ones(3, 4);
      assertThat(Dropout.of(0, 1, 1).apply(x)).isSameAs(x);
    }
  }

  private TorchTrainer trainer(double dropout) {
    Path shard = folder.resolve("tokens.bin");
    if (!Files.exists(shard)) {
      Samples.shard(folder, "tokens.bin", 3_000, 1);
    }
    return TorchTrainer.create(
        Samples.words(), Samples.recipe(6).withDropout(dropout), List.of(shard), Sharing.BODY);
  }

  private static String digest(TorchTrainer trainer, Path folder) {
    trainer.exportTo(folder);
    return Sha256.of(folder.resolve("model.safetensors"));
  }

  @Test
  void aRestoredTrainerLeavesOutTheSameValues() {
    String whole;
    try (TorchTrainer trainer = trainer(0.1)) {
      trainer.train(6, step -> {});
      whole = digest(trainer, folder.resolve("whole"));
    }
    try (TorchTrainer trainer = trainer(0.1)) {
      trainer.train(3, step -> {});
      trainer.save(folder.resolve("state"));
    }
    try (TorchTrainer trainer = trainer(0.1)) {
      trainer.restore(folder.resolve("state"));
      trainer.train(3, step -> {});
      assertThat(digest(trainer, folder.resolve("resumed"))).isEqualTo(whole);
    }
    try (TorchTrainer trainer = trainer(0)) {
      trainer.train(6, step -> {});
      assertThat(digest(trainer, folder.resolve("without"))).isNotEqualTo(whole);
      assertThatThrownBy(() -> trainer.restore(folder.resolve("state")))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("dropout=0.1");
    }
  }

  @Test
  void nothingIsLeftOutWhereAModelIsMeasured() {
    int[] tokens = Samples.goldenTokens();
    float[][] measured = new float[2][];
    List<Step> steps = new ArrayList<>();
    double[] dropouts = {0, 0.5};
    for (int i = 0; i < dropouts.length; i++) {
      try (TorchTrainer trainer = trainer(dropouts[i])) {
        measured[i] =
            trainer.languageModel(Samples.tokenizer(), "name", "ko")
                .logProbabilities(new int[][] {tokens})[0];
        trainer.train(3, steps::add);
      }
    }
    assertThat(measured[1]).isEqualTo(measured[0]);
    assertThat(steps.getFirst().loss()).isNotEqualTo(steps.getLast().loss());
  }

  @Test
  void aStateFromBeforeThereWasDropoutIsRefusedByItsVersion() throws IOException {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = trainer(0)) {
      trainer.train(2, step -> {});
      trainer.save(state);
      Path description = state.resolve("trainer.json");
      String older =
          Files.readString(description)
              .replace("\"version\" : 3", "\"version\" : 2")
              .replaceFirst(",\\s*\"dropout\" : 0.0", "");
      assertThat(older).doesNotContain("dropout").contains("\"version\" : 2");
      Files.writeString(description, older);
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("state of version 2")
          .hasMessageContaining("begin anew");
    }
  }
}
