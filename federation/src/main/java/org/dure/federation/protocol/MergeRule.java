package org.dure.federation.protocol;

import org.dure.core.Named;

/// How the deltas of a round that count become one.
public enum MergeRule implements Named {
  /// Their mean, by shares.
  MEAN,
  /// The median of each value (Yin et al. 2018, arXiv 1803.01498).
  MEDIAN,
  /// The mean of each value without the `hostile` largest and smallest (the same source).
  TRIMMED_MEAN,
  /// The point with the least sum of distances to them (Pillutla et al. 2019, arXiv 1912.13445).
  GEOMETRIC_MEDIAN,
  /// The mean of those that have the nearest neighbours (Blanchard et al. 2017, arXiv 1703.02757).
  KRUM;

  /// Whether every value is merged by itself, so that no region has a share of the whole.
  public boolean isByValue() {
    return this == MEDIAN || this == TRIMMED_MEAN;
  }

  /// Contributors below which it gives no protection against so many hostile ones.
  public int least(int hostile) {
    return this == KRUM ? 2 * hostile + 3 : 1;
  }
}
