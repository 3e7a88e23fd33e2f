package org.dure.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.dure.core.AtomicFiles;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.model.Libtorch;
import org.dure.model.TorchTrainer;
import org.dure.model.TrainingConfig;
import org.dure.tokenizer.TokenShard;

/// Training tokens per second of two model shapes, and the share that this is of the speed at which
/// the same libtorch multiplies matrices on the same machine in the same run.
///
/// ```
/// java -cp ... org.dure.bench.TrainingBenchmark [THREADS [BLOCKS]]
/// ```
///
/// One thread and five blocks of five steps by default. Each block counts alone and the best one is
/// printed, since what else the machine does can only make a block slower. With one thread the
/// figures are per CPU-second, which other programs disturb less than the clock's seconds; with
/// more they are per second.
public final class TrainingBenchmark {
  private static final int STEPS = 5;
  private static final int TOKENS = 300_000;
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(new ModelConfig(4096, 128, 4, 4, 2, 384, 128, 10_000, 1e-5, true), 16),
          new Shape(new ModelConfig(8192, 256, 6, 8, 4, 704, 256, 10_000, 1e-5, true), 8));

  private record Shape(ModelConfig model, int batch) {}

  private TrainingBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
    int blocks = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Libtorch.threads(threads);
    Path folder = Files.createTempDirectory("dure-bench");
    try {
      for (Shape shape : SHAPES) {
        measure(shape, threads, blocks, folder);
      }
    } finally {
      AtomicFiles.delete(folder);
    }
  }

  private static void measure(Shape shape, int threads, int blocks, Path folder) {
    ModelConfig model = shape.model;
    TrainingConfig training =
        TrainingConfig.of(1, shape.batch, model.contextLength(), STEPS * (blocks + 1L));
    Path shard = shard(folder, model.vocabularySize());
    double peak = Libtorch.selfTest().gigaflops();
    double best = 0;
    try (TorchTrainer trainer =
        TorchTrainer.create(model, training, List.of(shard), Sharing.BODY)) {
      for (int block = 0; block <= blocks; block++) {
        long start = nanos(threads);
        trainer.train(STEPS, step -> {});
        double seconds = (nanos(threads) - start) / 1e9;
        if (block > 0) {
          best = Math.max(best, STEPS * training.tokensPerStep() / seconds);
        }
      }
    }
    Libtorch.SelfTest machine = Libtorch.selfTest();
    peak = Math.max(peak, machine.gigaflops());
    double done = best * model.trainingOperationsPerToken() / 1e9;
    System.out.printf(
        Locale.ROOT,
        "width %d, %d layers, vocabulary %d, length %d, batch %d (%.1f M parameters), %d threads:"
            + " %,.0f tokens per %s; %.1f of %.1f GFLOP/s = %.2f of the matrix-product peak%n",
        model.width(),
        model.layers(),
        model.vocabularySize(),
        model.contextLength(),
        shape.batch,
        model.parameters() / 1e6,
        machine.threads(),
        best,
        threads == 1 ? "CPU-second" : "second",
        done,
        peak,
        done / peak);
  }

  private static long nanos(int threads) {
    return threads == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static Path shard(Path folder, int vocabulary) {
    SplittableRandom random = new SplittableRandom(1);
    Path file = folder.resolve("tokens-%d.bin".formatted(vocabulary));
    try (TokenShard.Writer writer = TokenShard.writer(file, "0".repeat(64))) {
      writer.add(random.ints(TOKENS, 0, vocabulary).toArray(), TOKENS);
    }
    return file;
  }
}
