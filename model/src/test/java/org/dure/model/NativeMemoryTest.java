package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeMemoryTest {
  private static final long SLACK = 8 << 20;

  @TempDir Path folder;

  @Test
  void aThousandStepsHoldNoMoreMemoryThanAHundred() {
    ModelConfig smallest = new ModelConfig(128, 16, 1, 2, 1, 32, 16, 10_000, 1e-5, true);
    try (TorchTrainer trainer = Samples.trainer(folder, smallest, 1100, Sharing.BODY)) {
      trainer.train(trainer.weights(), 100, step -> {});
      System.gc();
      long before = Libtorch.residentBytes();
      trainer.train(trainer.weights(), 1000, step -> {});
      System.gc();
      long after = Libtorch.residentBytes();
      System.out.printf("resident: %,d before, %,d after 1,000 steps%n", before, after);
      assertThat(after - before).isLessThan(SLACK);
    }
  }
}
