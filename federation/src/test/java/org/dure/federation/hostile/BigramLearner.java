package org.dure.federation.hostile;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;

/// A language model as small as one can be: the next of a few symbols, from the last one, by a
/// table of scores. It trains by gradient descent on symbols that it draws from a language of its
/// own; languages have something in common, and something not. A round takes a millisecond.
final class BigramLearner implements Learner {
  static final int SYMBOLS = 24;
  static final TensorLayout LAYOUT =
      new TensorLayout(
          List.of(
              new TensorLayout.Tensor(
                  "layers.0.scores", List.of((long) SYMBOLS / 2, (long) SYMBOLS)),
              new TensorLayout.Tensor(
                  "layers.1.scores", List.of((long) SYMBOLS / 2, (long) SYMBOLS))));

  /// How a region trains.
  ///
  /// @param own how much of its language it shares with nobody, 0 to 1
  /// @param steps local ones in a round
  /// @param batch symbols of a step
  record Manner(double own, int steps, int batch, double rate) {}

  /// Chances of the next symbol, by the last one.
  private final double[][] language;

  private final Manner manner;
  private final SplittableRandom random;

  /// @param seed of the languages that all regions of a study have in common
  BigramLearner(long seed, int region, Manner manner) {
    this.manner = manner;
    this.random = new SplittableRandom(seed * 1_000 + region);
    this.language = new double[SYMBOLS][SYMBOLS];
    SplittableRandom common = new SplittableRandom(seed);
    SplittableRandom alone = new SplittableRandom(seed * 7_919 + 31L * region);
    for (double[] row : language) {
      double sum = 0;
      for (int i = 0; i < SYMBOLS; i++) {
        double score = (1 - manner.own) * common.nextGaussian() + manner.own * alone.nextGaussian();
        row[i] = Math.exp(2 * score);
        sum += row[i];
      }
      for (int i = 0; i < SYMBOLS; i++) {
        row[i] /= sum;
      }
    }
  }

  static Weights initial() {
    Weights weights = Weights.allocate(LAYOUT, Arena.ofAuto());
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < LAYOUT.elements(); i++) {
      weights.set(i, (float) (0.5 * random.nextGaussian()));
    }
    return weights;
  }

  @Override
  public Weights work(int round, Weights shared) {
    return train(shared, false);
  }

  @Override
  public Weights workMislabelled(int round, Weights shared) {
    return train(shared, true);
  }

  private Weights train(Weights shared, boolean mislabelled) {
    double[][] scores = scores(shared);
    for (int step = 0; step < manner.steps; step++) {
      double[][] gradient = new double[SYMBOLS][SYMBOLS];
      for (int i = 0; i < manner.batch; i++) {
        int last = random.nextInt(SYMBOLS);
        int next = draw(language[last]);
        int label = mislabelled ? SYMBOLS - 1 - next : next;
        double[] chances = chances(scores[last]);
        for (int s = 0; s < SYMBOLS; s++) {
          gradient[last][s] += (chances[s] - (s == label ? 1 : 0)) / manner.batch;
        }
      }
      for (int last = 0; last < SYMBOLS; last++) {
        for (int s = 0; s < SYMBOLS; s++) {
          scores[last][s] -= manner.rate * gradient[last][s];
        }
      }
    }
    Weights delta = Weights.allocate(LAYOUT, Arena.ofAuto());
    for (int i = 0; i < LAYOUT.elements(); i++) {
      delta.set(i, (float) (shared.get(i) - scores[i / SYMBOLS][i % SYMBOLS]));
    }
    return delta;
  }

  private int draw(double[] row) {
    double left = random.nextDouble();
    for (int i = 0; i < SYMBOLS; i++) {
      left -= row[i];
      if (left < 0) {
        return i;
      }
    }
    return SYMBOLS - 1;
  }

  private static double[][] scores(Weights weights) {
    double[][] scores = new double[SYMBOLS][SYMBOLS];
    for (int i = 0; i < LAYOUT.elements(); i++) {
      scores[i / SYMBOLS][i % SYMBOLS] = weights.get(i);
    }
    return scores;
  }

  private static double[] chances(double[] scores) {
    double most = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      most = Math.max(most, score);
    }
    double[] chances = new double[SYMBOLS];
    double sum = 0;
    for (int i = 0; i < SYMBOLS; i++) {
      chances[i] = Math.exp(scores[i] - most);
      sum += chances[i];
    }
    for (int i = 0; i < SYMBOLS; i++) {
      chances[i] /= sum;
    }
    return chances;
  }

  /// Exact: every last symbol is as likely as any other.
  @Override
  public double loss(Weights shared) {
    double[][] scores = scores(shared);
    double loss = 0;
    for (int last = 0; last < SYMBOLS; last++) {
      double[] chances = chances(scores[last]);
      for (int s = 0; s < SYMBOLS; s++) {
        loss -= language[last][s] * Math.log(chances[s]) / SYMBOLS;
      }
    }
    return loss;
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
