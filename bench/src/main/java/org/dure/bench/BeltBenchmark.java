package org.dure.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.federation.log.RoundStore;
import org.dure.federation.log.SqliteRoundStore;
import org.dure.federation.merge.MergeWork;
import org.dure.federation.merge.Mixture;
import org.dure.federation.merge.OuterStep;
import org.dure.federation.merge.TensorGroups;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.wire.BytePlanes;

/// Speed of what every byte and every event of the belt passes, beside what the machine can do: the
/// wire's encoding and the merge beside copying the same bytes, the log beside bare `fsync`.
///
/// ```
/// java -cp ... org.dure.bench.BeltBenchmark [FOLDER]
/// ```
///
/// FOLDER, by default that for temporary files, is on the disk that is measured. In this package
/// because what it measures is in it.
public final class BeltBenchmark {
  private static final int BYTES = 64 << 20;
  private static final int PASSES = 7;
  private static final int EVENTS = 300;
  private static final int EVENT_BYTES = 800;
  private static final int ENCODED_BYTES = BYTES / BytePlanes.BLOCK * BytePlanes.MOST_ENCODED;

  private BeltBenchmark() {}

  /// Work that can fail.
  private interface Work {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Path folder =
        arguments.length > 0
            ? Path.of(arguments[0])
            : Path.of(System.getProperty("java.io.tmpdir"));
    wire();
    merge();
    wholeMerge(folder);
    log(folder);
  }

  private static void wire() throws Exception {
    byte[] raw = new byte[BYTES];
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer floats = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    while (floats.hasRemaining()) {
      floats.putFloat((float) (1e-3 * random.nextGaussian()));
    }
    byte[] encoded = new byte[ENCODED_BYTES];
    int[] lengths = new int[BYTES / BytePlanes.BLOCK];
    byte[] block = new byte[BytePlanes.BLOCK];
    byte[] target = new byte[BytePlanes.MOST_ENCODED];
    double copy = best(() -> System.arraycopy(raw, 0, encoded, 0, BYTES));
    double encode =
        best(
            () -> {
              for (int i = 0; i < lengths.length; i++) {
                System.arraycopy(raw, i * BytePlanes.BLOCK, block, 0, BytePlanes.BLOCK);
                try (BytePlanes planes = BytePlanes.borrow()) {
                  lengths[i] = planes.encode(block, BytePlanes.BLOCK, target);
                }
                System.arraycopy(target, 0, encoded, i * BytePlanes.MOST_ENCODED, lengths[i]);
              }
            });
    double decode =
        best(
            () -> {
              for (int i = 0; i < lengths.length; i++) {
                System.arraycopy(encoded, i * BytePlanes.MOST_ENCODED, target, 0, lengths[i]);
                try (BytePlanes planes = BytePlanes.borrow()) {
                  planes.decode(target, block);
                }
              }
            });
    long size = 0;
    for (int length : lengths) {
      size += length;
    }
    print(
        "wire: dure-planes encodes %.0f MB, decodes %.0f MB per CPU-second to %.3f of the bytes;"
            + " copying them %.0f MB (%.3f and %.3f of it); an 85 Mbit/s link takes 10.6 MB/s",
        BYTES / 1e6 / encode,
        BYTES / 1e6 / decode,
        (double) size / BYTES,
        BYTES / 1e6 / copy,
        copy / encode,
        copy / decode);
  }

  private static void merge() throws Exception {
    int values = BYTES / Float.BYTES;
    float[] delta = new float[values];
    float[] weights = new float[values];
    float[] velocity = new float[values];
    double[] gradient = new double[values];
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < values; i++) {
      delta[i] = (float) random.nextGaussian();
    }
    float[] copied = new float[values];
    double copy = best(() -> System.arraycopy(delta, 0, copied, 0, values));
    double accumulate = best(() -> OuterStep.accumulate(gradient, delta, 1e-3, 0, values));
    OuterStep outer = new OuterStep(0.7, 0.9);
    double step = best(() -> outer.step(weights, velocity, gradient, values));
    print(
        "merge: a region's delta is summed at %.0f MB, the outer step done at %.0f MB per"
            + " CPU-second; memory moved: %.1f and %.1f GB/s, copying moves %.1f GB/s (%.2f and"
            + " %.2f of it)",
        BYTES / 1e6 / accumulate,
        BYTES / 1e6 / step,
        5.0 * BYTES / 1e9 / accumulate,
        6.0 * BYTES / 1e9 / step,
        2.0 * BYTES / 1e9 / copy,
        2.5 * copy / accumulate,
        3.0 * copy / step);
  }

  /// A round of two regions, from the files of their deltas to the files of the new weights and
  /// momentum.
  private static void wholeMerge(Path folder) throws Exception {
    Path home = Files.createTempDirectory(folder, "dure-bench-");
    try {
      TensorLayout layout =
          new TensorLayout(List.of(new TensorLayout.Tensor("w", List.of(BYTES / 4L))));
      ArtifactStore published = new FolderArtifactStore(home.resolve("published"));
      List<MergeWork.Part> parts = new ArrayList<>();
      for (int region = 0; region < 2; region++) {
        ArtifactStore store = new FolderArtifactStore(home.resolve("region" + region));
        parts.add(new MergeWork.Part(random(layout, region, store), 0.5, List.of(), store));
      }
      FragmentList before = random(layout, 2, published);
      List<String> velocities = random(layout, 3, published).fragments();
      byte[] fragment = new byte[1 << 20];
      double hash =
          best(
              () -> {
                for (int i = 0; i < 6 * BYTES / fragment.length; i++) {
                  Sha256.of(fragment);
                }
              });
      double seconds = Double.MAX_VALUE;
      for (int i = 0; i < PASSES; i++) {
        MergeWork work =
            new MergeWork(
                parts,
                new MergeWork.Start(before, velocities, published),
                Mixture.mean(TensorGroups.of(layout)),
                new OuterStep(0.7, 0.9));
        seconds = Math.min(seconds, elapsed(work::run));
      }
      int cores = Runtime.getRuntime().availableProcessors();
      print(
          "whole merge: %.0f MB of weights with two regions' deltas in %.2f s; to hash the bytes"
              + " that it reads and writes takes %.2f s on %d cores (%.2f of it)",
          BYTES / 1e6, seconds, hash / cores, cores, hash / cores / seconds);
    } finally {
      delete(home);
    }
  }

  private static FragmentList random(TensorLayout layout, long seed, ArtifactStore store) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Arena arena = Arena.ofConfined()) {
      Weights weights = Weights.allocate(layout, arena);
      long values = layout.elements();
      for (long i = 0; i < values; i++) {
        weights.set(i, (float) random.nextGaussian());
      }
      return Fragments.put(weights, 1 << 20, store);
    }
  }

  private static void log(Path folder) throws Exception {
    Path home = Files.createTempDirectory(folder, "dure-bench-");
    try {
      double sync = elapsed(() -> syncs(home.resolve("bare")));
      double events;
      try (RoundStore store = SqliteRoundStore.open(home)) {
        byte[] event = new byte[EVENT_BYTES];
        Arrays.fill(event, (byte) 'x');
        events =
            elapsed(
                () -> {
                  for (int i = 1; i <= EVENTS; i++) {
                    store.append(i, event);
                  }
                });
      }
      print(
          "log: %.0f events a second; writing as many bytes and fsync alone: %.0f a second (%.2f of"
              + " it)",
          EVENTS / events, EVENTS / sync, sync / events);
    } finally {
      delete(home);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void syncs(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer event = ByteBuffer.allocate(EVENT_BYTES);
      for (int i = 0; i < EVENTS; i++) {
        event.clear();
        while (event.hasRemaining()) {
          int unused = channel.write(event);
        }
        channel.force(false);
      }
    }
  }

  /// CPU-seconds of the fastest pass.
  private static double best(Work work) throws Exception {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < PASSES; i++) {
      long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      work.run();
      long after = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      best = Math.min(best, Math.max(1, after - before) / 1e9);
    }
    return best;
  }

  private static double elapsed(Work work) throws Exception {
    long before = System.nanoTime();
    work.run();
    return (System.nanoTime() - before) / 1e9;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
