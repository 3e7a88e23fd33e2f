package org.dure.federation.protocol;

/// Where a study stands.
public enum Phase {
  /// For regions that have not said hello yet.
  WAITING,
  /// Regions give to the common preparation, e.g. word counts.
  PREPARING,
  /// Rounds are open.
  TRAINING,
  /// The last merge is done; regions measure.
  MEASURING,
  /// Every region has published its scores.
  FINISHED
}
