package org.dure.federation.protocol;

import org.dure.core.Named;

/// What the hub, and whoever has its log, can see of a region's delta.
public enum Aggregation implements Named {
  /// Each delta: so the hub can judge it, and late ones count.
  INSPECTABLE,
  /// The sum of at least three: so no delta can be judged, and late ones do not exist.
  SECRET
}
