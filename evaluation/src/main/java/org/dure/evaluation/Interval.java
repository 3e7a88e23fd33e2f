package org.dure.evaluation;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// A measured value with its 95 % interval: the middle 95 % of what 2,000 seeded resamples of the
/// held-out pages, drawn with replacement, would have given (percentile bootstrap; Efron, 1979).
///
/// It says how far the value depends on which text was held out. It does not say how far it depends
/// on the seed of the training.
///
/// @param value measured on all documents
/// @param low 2.5 % of the resamples are below
/// @param high 2.5 % of the resamples are above
public record Interval(double value, double low, double high) {
  public Interval {
    if (!Double.isFinite(value) || !(low <= high) || !Double.isFinite(high - low)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s with the interval %s to %s: expected finite numbers, the lower first"
              .formatted(value, low, high));
    }
  }

  boolean isBelowZero() {
    return high < 0;
  }

  boolean isAboveZero() {
    return low > 0;
  }
}
