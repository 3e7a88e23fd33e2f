package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Native memory is given back by scopes: nothing here asks the collector to run.
class NativeMemoryTest {
  private static final long SLACK = 8 << 20;
  private static final ModelConfig SMALL =
      new ModelConfig(128, 64, 2, 2, 1, 256, 16, 10_000, 1e-5, true);

  @TempDir Path folder;

  /// What arenas and direct buffers of this process hold now.
  private static long reservedBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /// What the C library has given out now, to libtorch, to arenas and to the JVM but for its heap:
  /// `uordblks` and `hblkhd` of glibc's `mallinfo2`.
  private static long givenOutBytes() throws Throwable {
    MemoryLayout mallinfo2 = MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG);
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found =
          (MemorySegment)
              linker
                  .downcallHandle(
                      linker.defaultLookup().find("mallinfo2").orElseThrow(),
                      FunctionDescriptor.of(MemoryLayout.structLayout(mallinfo2)))
                  .invoke(arena);
      return found.getAtIndex(ValueLayout.JAVA_LONG, 4)
          + found.getAtIndex(ValueLayout.JAVA_LONG, 7);
    }
  }

  @Test
  void aThousandStepsHoldNoMoreMemoryThanAHundred() throws Throwable {
    ModelConfig smallest = new ModelConfig(128, 16, 1, 2, 1, 32, 16, 10_000, 1e-5, true);
    try (TorchTrainer trainer = Samples.trainer(folder, smallest, 1100, Sharing.BODY)) {
      trainer.train(100, step -> {});
      long before = givenOutBytes();
      trainer.train(1000, step -> {});
      long after = givenOutBytes();
      System.out.printf("given out: %,d before, %,d after 1,000 steps%n", before, after);
      assertThat(after - before).isLessThan(SLACK);
    }
  }

  /// A phase as a region does it: weights in, steps, delta out. Half a megabyte is shared, so one
  /// copy a phase that is not given back would be two hundred.
  @Test
  void fourHundredLocalPhasesAllocateNothingForTheSharedWeights() throws Throwable {
    try (Arena arena = Arena.ofConfined();
        TorchTrainer trainer = Samples.trainer(folder, SMALL, 1100, Sharing.BODY)) {
      Weights weights = Weights.allocate(trainer.shared(), arena);
      Weights delta = Weights.allocate(trainer.shared(), arena);
      phases(trainer, weights, delta, 20);
      long reserved = reservedBytes();
      long before = givenOutBytes();
      phases(trainer, weights, delta, 400);
      long after = givenOutBytes();
      System.out.printf("given out: %,d before, %,d after 400 phases%n", before, after);
      assertThat(reservedBytes() - reserved).isNotPositive();
      assertThat(after - before).isLessThan(SLACK);
    }
  }

  private static void phases(TorchTrainer trainer, Weights weights, Weights delta, int count) {
    for (int i = 0; i < count; i++) {
      trainer.read(weights);
      trainer.adopt(weights);
      trainer.train(1, step -> {});
      trainer.delta(weights, delta);
    }
  }

  @Test
  void savingExportingAndRestoringGiveTheirMemoryBack() {
    try (TorchTrainer trainer = Samples.trainer(folder, SMALL, 1100, Sharing.BODY)) {
      trainer.save(folder.resolve("state"));
      long reserved = reservedBytes();
      trainer.save(folder.resolve("state"));
      trainer.exportTo(folder.resolve("model"));
      trainer.restore(folder.resolve("state"));
      assertThat(reservedBytes() - reserved).isNotPositive();
    }
  }
}
