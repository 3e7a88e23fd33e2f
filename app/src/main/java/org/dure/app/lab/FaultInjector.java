package org.dure.app.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Kills processes of the lab at seeded moments.
///
/// A moment is a point of the study's progress, in rounds and parts of one, so that the same seed
/// strikes at about the same work on a fast link and on a slow one. Two strikes are at least a
/// random pause apart, or nothing would ever get done. Not thread-safe.
final class FaultInjector {
  /// Who is struck when.
  ///
  /// @param point in rounds, from 0
  /// @param victim index: 0 is the hub, then the regions
  /// @param pauseMillis before the next one
  record Strike(double point, int victim, long pauseMillis) {}

  private static final double LAST_SHARE = 0.9;
  private static final int LEAST_PAUSE = 300;
  private static final int MOST_PAUSE = 2_500;

  private final List<Strike> strikes;
  private final Function<Integer, LabProcess> victims;
  private int next;
  private long notBefore;

  FaultInjector(List<Strike> strikes, Function<Integer, LabProcess> victims) {
    this.strikes = List.copyOf(strikes);
    this.victims = victims;
  }

  /// Strikes spread over a study, the same for the same arguments; every process has its turn
  /// before one is struck again.
  static List<Strike> plan(int kills, int rounds, int processes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] points = random.doubles(kills, 0, rounds * LAST_SHARE).sorted().toArray();
    int[] turns = IntStream.range(0, processes).toArray();
    List<Strike> strikes = new ArrayList<>();
    for (int i = 0; i < kills; i++) {
      int turn = i % processes;
      int chosen = random.nextInt(turn, processes);
      int victim = turns[chosen];
      turns[chosen] = turns[turn];
      turns[turn] = victim;
      strikes.add(new Strike(points[i], victim, random.nextLong(LEAST_PAUSE, MOST_PAUSE + 1)));
    }
    return strikes;
  }

  /// Strikes if it is time to.
  ///
  /// @param progress in rounds
  /// @return whom, or null
  @Nullable LabProcess strike(double progress, long nowMillis) throws InterruptedException {
    if (next == strikes.size() || nowMillis < notBefore || strikes.get(next).point > progress) {
      return null;
    }
    Strike strike = strikes.get(next);
    next++;
    notBefore = nowMillis + strike.pauseMillis;
    LabProcess victim = victims.apply(strike.victim);
    if (victim.isOver()) {
      return null;
    }
    victim.kill();
    return victim;
  }

  /// How many strikes are still to come.
  int left() {
    return strikes.size() - next;
  }
}
