package org.dure.federation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;

/// A workload that does sums instead of training: what it sends depends on the weights, on the
/// region, and on everything that it did before, so that a lost, doubled or moved step shows in the
/// last bit.
public class ArithmeticWorkload implements Workload {
  public static final TensorLayout LAYOUT =
      new TensorLayout(
          List.of(
              new TensorLayout.Tensor("a", List.of(7L, 3L)),
              new TensorLayout.Tensor("b", List.of(30L))));

  private final String region;
  private double memory;
  private String common = "";
  int worked;

  public ArithmeticWorkload(String region) {
    this.region = region;
    this.memory = region.hashCode() % 17;
  }

  public static Weights initial() {
    Weights weights = Weights.allocate(LAYOUT, Arena.ofAuto());
    for (long i = 0; i < LAYOUT.elements(); i++) {
      weights.set(i, (float) Math.sin(i));
    }
    return weights;
  }

  @Override
  public Optional<byte[]> preparation() {
    return Optional.of(("part of " + region).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void prepared(byte[] given) {
    common = new String(given, StandardCharsets.UTF_8);
  }

  @Override
  public TensorLayout layout() {
    return LAYOUT;
  }

  @Override
  public Contribution work(int round, Weights shared, Activity activity) {
    worked++;
    Weights delta = Weights.allocate(LAYOUT, Arena.ofAuto());
    for (long i = 0; i < LAYOUT.elements(); i++) {
      memory = 0.9 * memory + shared.get(i) + common.length();
      delta.set(i, (float) (0.1 * shared.get(i) + 0.001 * Math.cos(memory + round)));
      activity.report(ActivityKind.TRAINING, i, LAYOUT.elements());
    }
    return new Contribution(delta, 100 + Math.abs(region.hashCode() % 50), Map.of("loss", memory));
  }

  @Override
  public Optional<Ahead> trainOn(int steps, BooleanSupplier enough, Activity activity) {
    Weights delta = Weights.allocate(LAYOUT, Arena.ofAuto());
    int done = 0;
    for (; done < steps && !enough.getAsBoolean(); done++) {
      memory = 0.9 * memory + 1;
      for (long i = 0; i < LAYOUT.elements(); i++) {
        delta.set(i, delta.get(i) + (float) (0.0001 * Math.cos(memory + i)));
      }
    }
    return done == 0 ? Optional.empty() : Optional.of(new Ahead(delta, 10L * done, done));
  }

  @Override
  public void startAgain(int rounds) {
    memory = rounds;
  }

  @Override
  public Map<String, Double> finish(Weights shared, Activity activity) {
    double sum = 0;
    for (long i = 0; i < LAYOUT.elements(); i++) {
      sum += shared.get(i);
    }
    return Map.of("end", sum);
  }

  @Override
  public void save(Path folder) {
    try {
      Files.writeString(folder.resolve("memory"), Double.toHexString(memory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void restore(Path folder) {
    try {
      memory = Double.parseDouble(Files.readString(folder.resolve("memory")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
