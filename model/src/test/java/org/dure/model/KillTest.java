package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dure.core.Extent;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Trains in a process of its own that is killed as `kill -9` does, again and again.
class KillTest {
  private static final int STEPS = 12;

  @TempDir Path folder;

  /// Goes on from the newest state, saving after every step; the exported model marks the end.
  static final class Main {
    private Main() {}

    public static void main(String[] arguments) {
      Path folder = Path.of(arguments[0]);
      Path state = folder.resolve("state");
      try (TorchTrainer trainer = Samples.trainer(folder, Samples.tiny(), STEPS, Sharing.BODY)) {
        if (Files.isDirectory(state)) {
          trainer.restore(state);
        }
        while (trainer.step() < STEPS) {
          trainer.train(1, step -> {});
          trainer.save(state);
          System.out.println(trainer.step());
        }
        trainer.exportTo(folder.resolve("out"));
      }
    }
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            folder.toString())
        .redirectErrorStream(true)
        .start();
  }

  @Test
  void aKilledTrainingGoesOnToTheSameBits() throws Exception {
    for (int kill = 0; kill < Extent.of(1, 6); kill++) {
      Process process = start();
      try (var lines = process.inputReader()) {
        // The kill lands at some instant of the steps and saves that follow the second line.
        lines.readLine();
        lines.readLine();
        TimeUnit.MILLISECONDS.sleep(3 + 4 * kill);
        process.destroyForcibly();
      }
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    Process last = start();
    List<String> output;
    try (var lines = last.inputReader()) {
      output = lines.lines().toList();
    }
    assertThat(last.waitFor()).as(String.join("\n", output)).isZero();

    try (TorchTrainer whole = Samples.trainer(folder, Samples.tiny(), STEPS, Sharing.BODY)) {
      whole.train(STEPS, step -> {});
      whole.exportTo(folder.resolve("whole"));
    }
    assertThat(Sha256.of(folder.resolve("out/model.safetensors")))
        .isEqualTo(Sha256.of(folder.resolve("whole/model.safetensors")));
  }
}
