package org.dure.serving.text;

import java.util.ArrayList;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Natural log-probabilities out of logits: the model's own, before temperature, penalties and
/// biases.
public final class LogProbabilities {
  /// One token and how likely it was.
  public record Scored(int token, double logProbability) {}

  private final float[] logits;
  private final double normalizer;

  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if a logit is no number
  public LogProbabilities(float[] logits) {
    check(logits);
    this.logits = logits;
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - highest);
    }
    this.normalizer = highest + Math.log(sum);
  }

  /// Refuses what only damaged weights give.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT]
  public static void check(float[] logits) {
    for (int token = 0; token < logits.length; token++) {
      if (!(logits[token] < Float.POSITIVE_INFINITY)) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "the model's logit of token %d is %s, expected a number: its weights are damaged"
                .formatted(token, logits[token]));
      }
    }
  }

  public double of(int token) {
    return logits[token] - normalizer;
  }

  /// The `count` most likely tokens, most likely first, lower ids first among equals.
  public List<Scored> most(int count) {
    List<Scored> most = new ArrayList<>(count + 1);
    for (int token = 0; token < logits.length && count > 0; token++) {
      if (most.size() == count && logits[token] <= logits[most.getLast().token()]) {
        continue;
      }
      int place = most.size();
      while (place > 0 && logits[token] > logits[most.get(place - 1).token()]) {
        place--;
      }
      most.add(place, new Scored(token, of(token)));
      if (most.size() > count) {
        most.removeLast();
      }
    }
    return most;
  }
}
