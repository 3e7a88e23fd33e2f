package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LocalTrainer.Step;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateTrainerTest {
  private static final PrivateTraining LITTLE_NOISE = new PrivateTraining(0.05, 1, 0.1);

  @TempDir Path folder;

  private final Tokenizer tokenizer = Samples.tokenizer();

  private List<Path> shards() {
    Path file = folder.resolve("tokens-00000.bin");
    if (!file.toFile().exists()) {
      SplittableRandom random = new SplittableRandom(3);
      try (TokenShard.Writer writer = TokenShard.writer(file, tokenizer.digest())) {
        for (int document = 0; document < 60; document++) {
          int[] ids = new int[5 + random.nextInt(40)];
          for (int i = 1; i < ids.length; i++) {
            ids[i] = random.nextInt(4) == 0 ? random.nextInt(128) : (ids[i - 1] * 5 + 3) % 128;
          }
          ids[0] = tokenizer.beginToken();
          ids[ids.length - 1] = tokenizer.endToken();
          writer.add(ids, ids.length);
        }
      }
    }
    return List.of(file);
  }

  private TorchTrainer trainer(PrivateTraining privacy, NoiseSource random) {
    return TorchTrainer.createPrivate(
        Samples.words(), Samples.recipe(60), shards(), Sharing.BODY, privacy, tokenizer, random);
  }

  private String digest(TorchTrainer trainer, String name) {
    trainer.exportTo(folder.resolve(name));
    return Sha256.of(folder.resolve(name).resolve("model.safetensors"));
  }

  @Test
  void trainingWithNoiseBringsTheLossDownToo() {
    try (TorchTrainer trainer = trainer(LITTLE_NOISE, NoiseSource.known(new byte[32]))) {
      List<Step> steps = new ArrayList<>();
      trainer.train(60, steps::add);
      assertThat(steps.getFirst().loss()).isBetween(5.0, 7.0);
      assertThat(steps.subList(50, 60)).extracting(Step::loss).allMatch(loss -> loss < 4.9);
      assertThat(steps).allSatisfy(step -> assertThat(step.tokens()).isEqualTo(64));
    }
  }

  /// What is drawn and added depends on the source of noise alone, and never on the study's seed.
  @Test
  void twoRunsAreNeverAlikeButForOneWhoKnowsTheKey() {
    List<String> digests = new ArrayList<>();
    for (NoiseSource source :
        List.of(
            NoiseSource.known(new byte[32]),
            NoiseSource.known(new byte[32]),
            NoiseSource.fresh(),
            NoiseSource.fresh())) {
      try (TorchTrainer trainer = trainer(LITTLE_NOISE, source)) {
        trainer.train(2, step -> {});
        digests.add(digest(trainer, "run-" + digests.size()));
      }
    }
    assertThat(digests.get(0)).isEqualTo(digests.get(1));
    assertThat(digests.subList(1, 4)).doesNotHaveDuplicates();
  }

  @Test
  void aStepThatDrawsNobodyIsNoiseAlone() {
    PrivateTraining nobody = new PrivateTraining(1, 1, 1e-9);
    try (TorchTrainer trainer = trainer(nobody, NoiseSource.fresh())) {
      List<Step> steps = new ArrayList<>();
      trainer.train(1, steps::add);
      assertThat(steps.getFirst().loss()).isZero();
      assertThat(steps.getFirst().gradientNorm()).isGreaterThan(0);
    }
  }

  @Test
  void aStateGoesOnOnlyWithTheNoiseThatItWasMadeWith() {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = trainer(LITTLE_NOISE, NoiseSource.fresh())) {
      trainer.train(1, step -> {});
      trainer.save(state);
    }
    try (TorchTrainer trainer = trainer(LITTLE_NOISE, NoiseSource.fresh())) {
      trainer.restore(state);
      assertThat(trainer.step()).isEqualTo(1);
    }
    try (TorchTrainer other = trainer(new PrivateTraining(1, 1, 0.1), NoiseSource.fresh());
        TorchTrainer open =
            TorchTrainer.create(Samples.words(), Samples.recipe(60), shards(), Sharing.BODY)) {
      for (TorchTrainer trainer : List.of(other, open)) {
        assertThatThrownBy(() -> trainer.restore(state))
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
            .hasMessageContaining("privacy");
      }
    }
  }

  @Test
  void settingsPromiseNothingByDefault() {
    assertThat(PrivateTraining.of(Settings.parse("none", ""))).isEmpty();
    Settings some = Settings.parse("some", "privacy.noise-multiplier = 1.5");
    assertThat(PrivateTraining.of(some)).isPresent();
    assertThatThrownBy(some::finish)
        .hasMessageContainingAll("privacy.clip is missing", "privacy.sample-rate is missing");
    Settings all =
        Settings.parse(
            "all",
            "privacy.noise-multiplier = 1.5\nprivacy.clip = 0.5\nprivacy.sample-rate = 0.02\n");
    assertThat(PrivateTraining.of(all)).contains(new PrivateTraining(1.5, 0.5, 0.02));
    all.finish();
  }
}
