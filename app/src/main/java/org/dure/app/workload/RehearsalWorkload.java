package org.dure.app.workload;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongToDoubleFunction;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// What a region does in a [RehearsalConfig]: gradient descent with noise on a quadratic of its
/// own.
///
/// Each region pulls the weights w towards its own seeded target t; its loss is the mean of
/// (w - t)^2 / (2 * [#SPREAD]^2). H steps of rate [#RATE] are one: w becomes
/// t + (1 - rate)^H * (w - t), plus noise that depends on region and round. Regions' targets
/// differ, so the merge settles between them and every region's loss falls from about 1 towards
/// 1/2. In a study with circles a target is made of one of all regions, one of those of the
/// region's last circle, and its own, by [#ALL], [#KIN] and the rest: so kin have much in common,
/// and strangers little. The result depends on the study, the region, the round and the weights
/// alone: not on when, where and how often it was computed. Memory: the delta; where the study lets
/// regions train on between rounds, also the weights where this region stands. Not thread-safe.
public final class RehearsalWorkload implements Workload {
  /// Standard deviation of weights and targets, as in a trained transformer's matrices.
  static final double SPREAD = 0.02;

  /// Shares of a target's variance.
  private static final double ALL = 0.1;

  private static final double KIN = 0.65;
  private static final double RATE = 0.01;
  private static final double NOISE = 0.05 * SPREAD;
  public static final String STATE = "rehearsal.json";
  private static final String STAND = "stand.bin";
  public static final long WEIGHT_OF_STEP = 1_000;

  /// What a region remembers between rounds.
  ///
  /// @param rounds worked on so far
  /// @param round the newest of them
  /// @param further times that it trained on since
  /// @param steps local ones so far
  public record State(int rounds, int round, int further, long steps) {}

  private final RehearsalConfig plan;
  private final String region;
  private final double pace;
  private final TensorLayout layout;
  private final LongToDoubleFunction target;
  private State state = new State(0, 0, 0, 0);

  /// Where the region stands; kept only where it may train on from there.
  private @Nullable Weights stand;

  /// @param pace how many times longer than planned a local step takes here
  RehearsalWorkload(RehearsalConfig plan, String region, double pace) {
    this.plan = plan;
    this.region = region;
    this.pace = pace;
    this.layout = plan.layout();
    this.target = target();
  }

  private LongToDoubleFunction target() {
    Study study = plan.study();
    NormalValues own = values("target " + region);
    if (study.schedule().circles().isOne()) {
      return own::at;
    }
    NormalValues all = values("target of all");
    NormalValues kin = values("target of " + kin(study));
    return place ->
        Math.sqrt(ALL) * all.at(place)
            + Math.sqrt(KIN) * kin.at(place)
            + Math.sqrt(1 - ALL - KIN) * own.at(place);
  }

  /// The region's last circle.
  private String kin(Study study) {
    return study.regions().stream()
        .filter(one -> one.name().equals(region))
        .map(one -> study.schedule().circles().of(one, Integer.MAX_VALUE))
        .findFirst()
        .orElse(region);
  }

  private NormalValues values(String purpose) {
    return new NormalValues(NormalValues.seed(plan.study().seed(), purpose));
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
    int steps = plan.study().schedule().steps();
    Moved moved = move(shared, steps, "noise " + region + " " + round);
    stand = plan.study().patience().aheadSteps() == 0 ? null : difference(shared, moved.delta());
    long before = (round - 1L) * steps;
    takeTime(started, steps, before, () -> false, activity);
    state = new State(state.rounds() + 1, round, 0, state.steps() + steps);
    return new Contribution(moved.delta(), WEIGHT_OF_STEP * steps, Map.of("loss", moved.loss()));
  }

  @Override
  public Optional<Ahead> trainOn(int steps, BooleanSupplier enough, Activity activity) {
    Weights from = stand;
    if (from == null) {
      return Optional.empty();
    }
    long before = (long) state.round() * plan.study().schedule().steps();
    int done = takeTime(System.nanoTime(), steps, before, enough, activity);
    if (done == 0) {
      return Optional.empty();
    }
    String purpose = "ahead %s %d %d".formatted(region, state.round(), state.further());
    Moved moved = move(from, done, purpose);
    stand = difference(from, moved.delta());
    state = new State(state.rounds(), state.round(), state.further() + 1, state.steps() + done);
    return Optional.of(new Ahead(moved.delta(), WEIGHT_OF_STEP * done, done));
  }

  /// @param loss before the steps
  private record Moved(Weights delta, double loss) {}

  private Moved move(Weights from, int steps, String purpose) {
    NormalValues noise = new NormalValues(NormalValues.seed(plan.study().seed(), purpose));
    double share = 1 - kept(steps);
    Weights delta = Weights.allocate(layout, Arena.ofAuto());
    double squares = 0;
    long elements = layout.elements();
    for (long i = 0; i < elements; i++) {
      double distance = from.get(i) - SPREAD * target.applyAsDouble(i);
      squares += distance * distance;
      delta.set(i, (float) (share * distance - NOISE * noise.at(i)));
    }
    return new Moved(delta, loss(squares));
  }

  private Weights difference(Weights from, Weights delta) {
    Weights difference = Weights.allocate(layout, Arena.ofAuto());
    long elements = layout.elements();
    for (long i = 0; i < elements; i++) {
      difference.set(i, from.get(i) - delta.get(i));
    }
    return difference;
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

  /// Lasts as long as the steps are planned to, what was computed since `started` included.
  ///
  /// @return how many steps there were before it was enough
  private int takeTime(
      long started, int steps, long before, BooleanSupplier enough, Activity activity) {
    double nanosOfStep = plan.stepMillis() * 1e6 * pace;
    long total = (long) plan.study().schedule().rounds() * plan.study().schedule().steps();
    try {
      for (int step = 1; step <= steps; step++) {
        if (enough.getAsBoolean()) {
          return step - 1;
        }
        long left = started + (long) (step * nanosOfStep) - System.nanoTime();
        if (left > 0) {
          Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
        activity.report(ActivityKind.TRAINING, before + step, total);
      }
      return steps;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted in a local step", e);
    }
  }

  @Override
  public void startAgain(int rounds) {
    long steps = (long) rounds * plan.study().schedule().steps();
    state = new State(state.rounds(), rounds, 0, steps);
    stand = null;
  }

  @Override
  public Map<String, Double> finish(Weights shared, Activity activity) {
    activity.report(ActivityKind.MEASURING, 0, 0);
    double squares = 0;
    long elements = layout.elements();
    for (long i = 0; i < elements; i++) {
      double distance = shared.get(i) - SPREAD * target.applyAsDouble(i);
      squares += distance * distance;
    }
    return Map.of("loss", loss(squares));
  }

  @Override
  public void save(Path folder) {
    AtomicFiles.write(folder.resolve(STATE), Json.bytes(state));
    Weights now = stand;
    if (now != null) {
      AtomicFiles.write(folder.resolve(STAND), out -> write(now.values(), out));
    }
  }

  private static void write(MemorySegment values, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long at = 0; at < values.byteSize(); at += buffer.length) {
      int count = (int) Math.min(buffer.length, values.byteSize() - at);
      MemorySegment.copy(values, ValueLayout.JAVA_BYTE, at, buffer, 0, count);
      out.write(buffer, 0, count);
    }
  }

  @Override
  public void restore(Path folder) {
    state = Json.read(folder.resolve(STATE), State.class);
    Path file = folder.resolve(STAND);
    stand = Files.exists(file) ? read(file) : null;
  }

  private Weights read(Path file) {
    Weights weights = Weights.allocate(layout, Arena.ofAuto());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      if (channel.size() != weights.values().byteSize()) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "%s has %d bytes: expected %d"
                .formatted(file, channel.size(), weights.values().byteSize()));
      }
      weights
          .values()
          .copyFrom(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
      return weights;
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// Rounds that were worked on, those before a restart included.
  int rounds() {
    return state.rounds();
  }

  @Override
  public void close() {}
}
