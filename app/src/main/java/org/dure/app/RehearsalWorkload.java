package org.dure.app;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;

/// What a region does in a [Rehearsal]: gradient descent with noise on a quadratic of its own.
///
/// Each region pulls the weights w towards its own seeded target t; its loss is the mean of
/// (w - t)^2 / (2 * [#SPREAD]^2). H steps of rate [#RATE] are one: w becomes
/// t + (1 - rate)^H * (w - t), plus noise that depends on region and round. Regions' targets
/// differ, so the merge settles between them and every region's loss falls from about 1 towards
/// 1/2. The result depends on the study, the region, the round and the weights alone: not on when,
/// where and how often it was computed. Memory: the delta, nothing else. Not thread-safe.
final class RehearsalWorkload implements Workload {
  /// Standard deviation of weights and targets, as in a trained transformer's matrices.
  static final double SPREAD = 0.02;

  private static final double RATE = 0.01;
  private static final double NOISE = 0.05 * SPREAD;
  private static final String STATE = "rehearsal.json";
  private static final long WEIGHT_OF_STEP = 1_000;

  /// What a region remembers between rounds.
  ///
  /// @param rounds worked on so far
  /// @param round the newest of them
  private record State(int rounds, int round) {}

  private final Rehearsal plan;
  private final String region;
  private final double pace;
  private final TensorLayout layout;
  private final NormalValues target;
  private State state = new State(0, 0);

  /// @param pace how many times longer than planned a local step takes here
  RehearsalWorkload(Rehearsal plan, String region, double pace) {
    this.plan = plan;
    this.region = region;
    this.pace = pace;
    this.layout = plan.layout();
    this.target = new NormalValues(NormalValues.seed(plan.study().seed(), "target " + region));
  }

  @Override
  public Optional<byte[]> preparation() {
    return Optional.empty();
  }

  @Override
  public void prepared(byte[] common) {
    throw new DureException(ErrorCode.STUDY_MISMATCH, "a rehearsal prepares nothing in common");
  }

  @Override
  public TensorLayout layout() {
    return layout;
  }

  @Override
  public Contribution work(int round, Weights shared, Activity activity) {
    long started = System.nanoTime();
    int steps = plan.study().steps();
    NormalValues noise =
        new NormalValues(NormalValues.seed(plan.study().seed(), "noise " + region + " " + round));
    double moved = 1 - kept(steps);
    Weights delta = Weights.allocate(layout, Arena.ofAuto());
    double squares = 0;
    long elements = layout.elements();
    for (long i = 0; i < elements; i++) {
      double distance = shared.get(i) - SPREAD * target.at(i);
      squares += distance * distance;
      delta.set(i, (float) (moved * distance - NOISE * noise.at(i)));
    }
    takeTime(started, round, steps, activity);
    state = new State(state.rounds() + 1, round);
    return new Contribution(delta, WEIGHT_OF_STEP * steps, Map.of("loss", loss(squares)));
  }

  /// What H steps leave of the distance.
  private static double kept(int steps) {
    double kept = 1;
    for (int i = 0; i < steps; i++) {
      kept *= 1 - RATE;
    }
    return kept;
  }

  private double loss(double squares) {
    return squares / layout.elements() / (2 * SPREAD * SPREAD);
  }

  /// Lasts as long as the steps are planned to, what was computed included.
  private void takeTime(long started, int round, int steps, Activity activity) {
    double nanosOfStep = plan.stepMillis() * 1e6 * pace;
    long before = (round - 1L) * plan.study().steps();
    long total = (long) plan.study().rounds() * plan.study().steps();
    try {
      for (int step = 1; step <= steps; step++) {
        long left = started + (long) (step * nanosOfStep) - System.nanoTime();
        if (left > 0) {
          Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
        activity.report("training", before + step, total);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted in a local step", e);
    }
  }

  @Override
  public Map<String, Double> finish(Weights shared, Activity activity) {
    activity.report("measuring", 0, 0);
    double squares = 0;
    for (long i = 0; i < layout.elements(); i++) {
      double distance = shared.get(i) - SPREAD * target.at(i);
      squares += distance * distance;
    }
    return Map.of("loss", loss(squares));
  }

  @Override
  public void save(Path folder) {
    AtomicFiles.write(folder.resolve(STATE), Json.bytes(state));
  }

  @Override
  public void restore(Path folder) {
    state = Json.read(folder.resolve(STATE), State.class);
  }

  /// Rounds that were worked on, those before a restart included.
  int rounds() {
    return state.rounds();
  }

  @Override
  public void close() {}
}
