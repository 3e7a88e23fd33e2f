package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LocalTrainer.Result;
import org.dure.core.LocalTrainer.Step;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchTrainerTest {
  @TempDir Path folder;

  private static String digest(TorchTrainer trainer, Path folder) {
    trainer.exportTo(folder);
    return Sha256.of(folder.resolve("model.safetensors"));
  }

  private static byte[] bytes(Weights weights) {
    return weights.values().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void trainingBringsTheLossDown() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 60, Sharing.ALL)) {
      List<Step> steps = new ArrayList<>();
      trainer.train(60, steps::add);
      assertThat(steps.getFirst().loss()).isBetween(4.5, 5.5);
      assertThat(steps.getLast().loss()).isLessThan(3.5);
      assertThat(steps).extracting(Step::step).startsWith(1L, 2L).endsWith(60L);
      assertThat(steps).allSatisfy(step -> assertThat(step.tokens()).isEqualTo(64));
    }
  }

  @Test
  void theStartIsThatOfInitialWeightsToTheBit() {
    for (Sharing sharing : Sharing.values()) {
      try (TorchTrainer trainer = Samples.trainer(folder, Samples.untied(), 5, sharing)) {
        Weights expected =
            InitialWeights.of(SharedTensors.layout(sharing, Samples.untied()), 7, Arena.ofAuto());
        assertThat(trainer.shared()).isEqualTo(expected.layout());
        assertThat(bytes(Samples.weights(trainer))).isEqualTo(bytes(expected));
      }
    }
  }

  @Test
  void theDeltaIsTheStartMinusTheEndValueByValue() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      Weights start = Samples.weights(trainer);
      Result result = trainer.train(3, step -> {});
      Weights end = Samples.weights(trainer);
      Weights delta = Weights.allocate(trainer.shared(), Arena.ofAuto());
      trainer.delta(start, delta);
      assertThat(result.tokens()).isEqualTo(3 * 64);
      for (long i = 0; i < end.layout().elements(); i++) {
        assertThat(delta.get(i)).isEqualTo(start.get(i) - end.get(i));
      }
      byte[] onTheHeap = bytes(start);
      trainer.delta(start, start);
      assertThat(bytes(start)).isEqualTo(bytes(delta));
      trainer.delta(new Weights(trainer.shared(), MemorySegment.ofArray(onTheHeap)), start);
      assertThat(bytes(start)).isEqualTo(bytes(delta));
    }
  }

  @Test
  void trainingInPiecesWithItsOwnWeightsIsAnUninterruptedRun() {
    String whole;
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 6, Sharing.BODY)) {
      trainer.train(6, step -> {});
      whole = digest(trainer, folder.resolve("whole"));
    }
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 6, Sharing.BODY)) {
      for (int i = 0; i < 3; i++) {
        trainer.train(2, step -> {});
      }
      assertThat(digest(trainer, folder.resolve("pieces"))).isEqualTo(whole);
    }
  }

  @Test
  void oneThatStartsAgainHasAFreshOptimiserAtItsStepAndWeightsThatAreFinite() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 12, Sharing.BODY)) {
      trainer.train(4, step -> {});
      String before = digest(trainer, folder.resolve("before"));
      trainer.startAgain(2);
      assertThat(trainer.step()).isEqualTo(2);
      assertThat(digest(trainer, folder.resolve("after"))).isEqualTo(before);
      List<Step> steps = new ArrayList<>();
      trainer.train(4, steps::add);
      assertThat(steps).extracting(Step::step).containsExactly(3L, 4L, 5L, 6L);

      Weights poison = Samples.weights(trainer);
      poison.set(3, Float.NaN);
      trainer.adopt(poison);
      trainer.startAgain(0);
      trainer.train(4, step -> {});
      assertThat(digest(trainer, folder.resolve("anew"))).isEqualTo(before);
    }
  }

  @Test
  void aRestoredTrainerGoesOnWithTheSameBits() {
    String whole;
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.untied(), 6, Sharing.BODY)) {
      trainer.train(6, step -> {});
      whole = digest(trainer, folder.resolve("whole"));
    }
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.untied(), 6, Sharing.BODY)) {
      trainer.train(3, step -> {});
      trainer.save(state);
      trainer.save(state);
    }
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.untied(), 6, Sharing.BODY)) {
      trainer.restore(state);
      assertThat(trainer.step()).isEqualTo(3);
      trainer.train(3, step -> {});
      assertThat(digest(trainer, folder.resolve("resumed"))).isEqualTo(whole);
    }
  }

  @Test
  void adoptingReplacesWhatIsSharedAndNothingElse() throws IOException {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY);
        Arena arena = Arena.ofConfined()) {
      Weights other = Weights.allocate(trainer.shared(), arena);
      for (long i = 0; i < other.layout().elements(); i++) {
        other.set(i, i % 13);
      }
      trainer.adopt(other);
      assertThat(bytes(Samples.weights(trainer))).isEqualTo(bytes(other));
      trainer.exportTo(folder.resolve("out"));
      Weights embedding =
          InitialWeights.of(
              ModelLayout.of(Samples.tiny()).all(), Samples.recipe(1).seed(), Arena.ofAuto());
      byte[] file = Files.readAllBytes(folder.resolve("out/model.safetensors"));
      byte[] rows = embedding.values().asSlice(0, 4 * 128 * 32).toArray(ValueLayout.JAVA_BYTE);
      int at = file.length - Math.toIntExact(4 * ModelLayout.of(Samples.tiny()).all().elements());
      assertThat(Arrays.copyOfRange(file, at, at + rows.length)).isEqualTo(rows);
    }
  }

  @Test
  void weightsOfAnotherLayoutAreRefused() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      Weights all =
          InitialWeights.of(SharedTensors.layout(Sharing.ALL, Samples.tiny()), 7, Arena.ofAuto());
      assertThatThrownBy(() -> trainer.adopt(all))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("layout");
      assertThatThrownBy(() -> trainer.read(all))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("layout");
      Weights onTheHeap =
          new Weights(
              trainer.shared(),
              MemorySegment.ofArray(new float[(int) trainer.shared().elements()]));
      assertThatThrownBy(() -> trainer.read(onTheHeap))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("native");
    }
  }

  @Test
  void aDamagedStateIsRefusedByName() throws IOException {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      trainer.train(1, step -> {});
      trainer.save(state);
      Path file = state.resolve("optimiser.safetensors");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
          .hasMessageContaining("optimiser.safetensors");
      Files.delete(file);
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING));
      assertThat(trainer.step()).isEqualTo(1);
    }
  }

  @Test
  void theStateOfAnotherRecipeIsRefusedWithWhatDiffers() {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      trainer.save(state);
    }
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 6, Sharing.BODY)) {
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("totalSteps=5")
          .hasMessageContaining("totalSteps=6");
    }
  }

  @Test
  void aStateIsRefusedBesideOtherTokensOfTheSameNumber() {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      trainer.save(state);
    }
    Path other = Samples.shard(folder, "other.bin", 3_000, 2);
    try (TorchTrainer trainer =
        TorchTrainer.create(Samples.tiny(), Samples.recipe(5), List.of(other), Sharing.BODY)) {
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("data is");
    }
  }

  @Test
  void aStateOfTheFirstVersionIsRefusedWithTheReason() throws IOException {
    Path state = folder.resolve("state");
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      trainer.save(state);
      Path file = state.resolve("trainer.json");
      Files.writeString(file, Files.readString(file).replace("\"version\" : 3", "\"version\" : 1"));
      assertThatThrownBy(() -> trainer.restore(state))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("trainer.json")
          .hasMessageContaining("state of version 1")
          .hasMessageContaining("did not say by digest which tokens");
    }
  }

  @Test
  void aTokenBeyondTheVocabularyIsAnErrorThatNamesTheShard() {
    int[] ids = new int[200];
    Arrays.fill(ids, 128);
    Path shard = Samples.write(folder.resolve("foreign.bin"), ids);
    try (TorchTrainer trainer =
        TorchTrainer.create(Samples.tiny(), Samples.recipe(5), List.of(shard), Sharing.ALL)) {
      assertThatThrownBy(() -> trainer.train(1, step -> {}))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("foreign.bin")
          .hasMessageContaining("token 128");
    }
  }

  @Test
  void divergenceIsAnErrorThatKeepsTheWeightsBefore() {
    try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), 5, Sharing.BODY)) {
      Weights broken = Samples.weights(trainer);
      broken.set(0, Float.NaN);
      trainer.adopt(broken);
      assertThatThrownBy(() -> trainer.train(2, step -> {}))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("diverged at step 1");
      assertThat(trainer.step()).isZero();
    }
  }
}
