package org.dure.federation.hostile;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.dure.core.Weights;

/// What a hostile region sends instead of its delta. It may know everything: the others' deltas of
/// the round too.
public enum Attack {
  /// Where it should go, backwards.
  SIGN_FLIP,
  /// A hundred times as far.
  SCALING,
  /// A hundred times as far, backwards.
  SCALING_FLIPPED,
  /// As long as its delta, in no direction.
  NOISE,
  /// Ten times as long.
  NOISE_LARGE,
  NOT_A_NUMBER,
  /// The first delta that it made, again and again.
  REPLAY,
  /// The same with three percent of noise, half as long.
  REPLAY_DISGUISED,
  /// Trained from the weights of five rounds before, and it says so.
  STALE,
  /// Trained from the weights of five rounds before, passed off as of this round.
  STALE_DENIED,
  /// Its own delta, with all the tokens of the world.
  TOKENS,
  /// The others' mean less one standard deviation, value by value (Baruch et al. 2019, arXiv
  /// 1902.06156).
  LITTLE_IS_ENOUGH,
  LABEL_FLIP,
  /// Nothing, or a millionth of noise.
  FREE_RIDE,
  /// What the study did in its last merge.
  FREE_RIDE_ECHO;

  /// Whether the region must be named within three rounds.
  public boolean mustBeNamed() {
    return compareTo(STALE) <= 0 || this == TOKENS;
  }

  /// The first round in which what is sent is not honest.
  public int firstRound() {
    return switch (this) {
      case REPLAY, REPLAY_DISGUISED, FREE_RIDE_ECHO, STALE_DENIED -> 2;
      case STALE -> 1 + STALE_ROUNDS;
      default -> 1;
    };
  }

  /// By what share the others' loss may be worse. Three in a hundred is what is aimed at. Labels
  /// that are turned round, and stale deltas that say they are fresh, make deltas like an honest
  /// one of another language: they are told only in part and cost more (docs/experiments.md).
  double mostWorse() {
    return switch (this) {
      case LABEL_FLIP -> 0.04;
      case STALE_DENIED -> 0.05;
      default -> 0.03;
    };
  }

  /// What a hostile region knows.
  ///
  /// @param own the delta of honest work
  /// @param others the honest regions' deltas
  /// @param bases the weights that rounds started from, this one's last
  record Knowledge(
      Learner learner,
      int round,
      Weights own,
      List<Weights> others,
      List<Weights> bases,
      List<Weights> sent,
      SplittableRandom random) {}

  /// @return its delta
  Weights make(Knowledge known) {
    return switch (this) {
      case SIGN_FLIP -> scaled(known.own, -1);
      case SCALING -> scaled(known.own, 100);
      case SCALING_FLIPPED -> scaled(known.own, -100);
      case NOISE -> noise(known, norm(known.own));
      case NOISE_LARGE -> noise(known, 10 * norm(known.own));
      case NOT_A_NUMBER -> of(known.own, i -> i == 7 ? Double.NaN : known.own.get(i));
      case REPLAY -> known.sent.isEmpty() ? known.own : known.sent.getFirst();
      case REPLAY_DISGUISED -> disguised(known);
      case STALE, STALE_DENIED ->
          known.learner.work(
              known.round, known.bases.get(Math.max(0, known.bases.size() - 1 - STALE_ROUNDS)));
      case TOKENS -> known.own;
      case LITTLE_IS_ENOUGH -> little(known);
      case LABEL_FLIP -> known.learner.workMislabelled(known.round, known.bases.getLast());
      case FREE_RIDE -> noise(known, known.round % 2 == 0 ? 0 : 1e-6 * norm(known.own));
      case FREE_RIDE_ECHO -> echo(known);
    };
  }

  static final int STALE_ROUNDS = 5;

  private static Weights disguised(Knowledge known) {
    if (known.sent.isEmpty()) {
      return known.own;
    }
    Weights first = known.sent.getFirst();
    Weights noise = noise(known, 0.03 * norm(first));
    return of(first, i -> 0.5 * (first.get(i) + noise.get(i)));
  }

  private static Weights little(Knowledge known) {
    int count = known.others.size();
    return of(
        known.own,
        i -> {
          double sum = 0;
          double squares = 0;
          for (Weights other : known.others) {
            sum += other.get(i);
            squares += (double) other.get(i) * other.get(i);
          }
          double mean = sum / count;
          return mean - Math.sqrt(Math.max(0, squares / count - mean * mean));
        });
  }

  private static Weights echo(Knowledge known) {
    if (known.bases.size() < 2) {
      return known.own;
    }
    Weights before = known.bases.get(known.bases.size() - 2);
    Weights now = known.bases.getLast();
    return of(now, i -> (double) before.get(i) - now.get(i));
  }

  private static Weights noise(Knowledge known, double norm) {
    List<Double> values = new ArrayList<>();
    double squares = 0;
    for (int i = 0; i < known.own.layout().elements(); i++) {
      double value = known.random.nextGaussian();
      values.add(value);
      squares += value * value;
    }
    double scale = norm / Math.sqrt(squares);
    return of(known.own, i -> scale * values.get(i));
  }

  static Weights scaled(Weights delta, double factor) {
    return of(delta, i -> factor * delta.get(i));
  }

  private static Weights of(Weights like, IntToDoubleFunction value) {
    Weights made = Weights.allocate(like.layout(), Arena.ofAuto());
    for (int i = 0; i < like.layout().elements(); i++) {
      made.set(i, (float) value.applyAsDouble(i));
    }
    return made;
  }

  static double norm(Weights weights) {
    double squares = 0;
    for (int i = 0; i < weights.layout().elements(); i++) {
      squares += (double) weights.get(i) * weights.get(i);
    }
    return Math.sqrt(squares);
  }
}
