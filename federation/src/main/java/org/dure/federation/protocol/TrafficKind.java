package org.dure.federation.protocol;

import org.dure.core.Named;

/// What crosses a region's border.
public enum TrafficKind implements Named {
  /// Out of a region: its part of the common preparation, e.g. word counts.
  PREPARATION,
  /// Out of a region: what it learnt in a round.
  DELTA,
  /// Out of a region.
  SCORES,
  /// In to a region: what was made of the parts.
  COMMON,
  /// In to a region.
  WEIGHTS,
  /// Both ways: everything else.
  CONTROL
}
