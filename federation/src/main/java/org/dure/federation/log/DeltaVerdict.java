package org.dure.federation.log;

import org.dure.core.Named;

/// What a merge made of a region's delta, and why.
public enum DeltaVerdict implements Named {
  COUNTED,
  /// Counted, cut to the length that is usual.
  CLIPPED,
  /// In order, and left aside by the study's rule (Krum), which takes only the nearest.
  NOT_CHOSEN,
  /// Left out: longer than the study's bound.
  TOO_LONG,
  /// Left out: it points against the others as clearly as they agree with one another.
  AGAINST,
  /// Left out: it has to do with the others no more than noise has.
  UNRELATED,
  /// Left out: it is an earlier delta once more.
  REPEATED,
  /// Left out: what the study did in its last merges, much nearer to it than the others' are.
  ECHOED,
  /// Left out: there is next to nothing in it.
  EMPTY,
  /// Left out: with it the weights would not be finite.
  NOT_FINITE,
  /// Left out: the region was left out of several merges before, and sits out the next ones.
  SUSPENDED;

  /// Whether the delta is part of the new weights.
  public boolean isCounted() {
    return this == COUNTED || this == CLIPPED;
  }

  /// Whether the delta is one that others can be compared with.
  public boolean isComparable() {
    return this != SUSPENDED && this != REPEATED && this != EMPTY;
  }

  /// Whether nothing was wrong with it that it should not be measured by.
  public boolean isInOrder() {
    return isCounted() || this == NOT_CHOSEN;
  }

  /// Whether it speaks against the region.
  public boolean isStrike() {
    return !isInOrder() && this != SUSPENDED;
  }
}
