package org.dure.serving.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Draws the tokens of one answer. The same seed, settings and logits give the same tokens. Not
/// thread-safe.
public final class Sampler {
  private final Sampling sampling;
  private final SplittableRandom random;
  private final Map<Integer, Integer> drawn = new HashMap<>();
  private double[] scores = new double[0];

  public Sampler(Sampling sampling, long seed) {
    this.sampling = sampling;
    this.random = new SplittableRandom(seed);
  }

  /// The next token among those that are allowed.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if a logit is no number, with
  ///     [ErrorCode#INTERNAL] if no token is left
  public int next(float[] logits, IntPredicate allowed) {
    prepare(logits);
    while (true) {
      int best = best();
      int token = sampling.temperature() == 0 ? best : draw(scores[best]);
      if (allowed.test(token)) {
        drawn.merge(token, 1, Integer::sum);
        return token;
      }
      scores[token] = Double.NEGATIVE_INFINITY;
    }
  }

  private void prepare(float[] logits) {
    if (scores.length != logits.length) {
      scores = new double[logits.length];
    }
    LogProbabilities.check(logits);
    for (int token = 0; token < logits.length; token++) {
      scores[token] = logits[token];
    }
    drawn.forEach(
        (token, count) ->
            scores[token] -= count * sampling.frequencyPenalty() + sampling.presencePenalty());
    sampling
        .logitBias()
        .forEach(
            (token, bias) -> {
              if (token < scores.length) {
                scores[token] += bias;
              }
            });
  }

  private int best() {
    int best = 0;
    for (int token = 1; token < scores.length; token++) {
      if (scores[token] > scores[best]) {
        best = token;
      }
    }
    if (scores[best] == Double.NEGATIVE_INFINITY) {
      throw new DureException(ErrorCode.INTERNAL, "the model leaves no token to choose");
    }
    return best;
  }

  private int draw(double highest) {
    double[] weights = new double[scores.length];
    double total = 0;
    for (int token = 0; token < weights.length; token++) {
      weights[token] = Math.exp((scores[token] - highest) / sampling.temperature());
      total += weights[token];
    }
    if (sampling.topP() < 1 || (sampling.topK() > 0 && sampling.topK() < weights.length)) {
      return drawFrom(weights, kept(weights, total));
    }
    double point = random.nextDouble() * total;
    int last = 0;
    for (int token = 0; token < weights.length; token++) {
      if (weights[token] > 0) {
        last = token;
        point -= weights[token];
        if (point < 0) {
          return token;
        }
      }
    }
    return last;
  }

  /// The tokens that top-k and top-p keep, most likely first, lower ids first among equals.
  private int[] kept(double[] weights, double total) {
    int most = sampling.topK() == 0 ? weights.length : Math.min(sampling.topK(), weights.length);
    // All but the nucleus share less than 1 - topP, so none of them alone can weigh more than this
    // if it is outside; what weighs less than an equal share of it is outside for sure.
    double least = total * (1 - sampling.topP()) / weights.length;
    long[] keys = new long[weights.length];
    int count = 0;
    for (int token = 0; token < weights.length; token++) {
      if (weights[token] > 0 && weights[token] >= least) {
        // Weights are 0 to 1, so their bits order as they do; float bits leave room for the id.
        keys[count++] = ((long) ~Float.floatToIntBits((float) weights[token]) << 32) | token;
      }
    }
    Arrays.sort(keys, 0, count);
    double limit = total * sampling.topP();
    double sum = 0;
    int kept = 0;
    int[] tokens = new int[Math.min(most, count)];
    while (kept < tokens.length) {
      tokens[kept] = (int) keys[kept];
      sum += weights[tokens[kept]];
      kept++;
      if (sum >= limit) {
        break;
      }
    }
    return Arrays.copyOf(tokens, kept);
  }

  private int drawFrom(double[] weights, int[] tokens) {
    double total = 0;
    for (int token : tokens) {
      total += weights[token];
    }
    double point = random.nextDouble() * total;
    for (int token : tokens) {
      point -= weights[token];
      if (point < 0) {
        return token;
      }
    }
    return tokens[tokens.length - 1];
  }
}
