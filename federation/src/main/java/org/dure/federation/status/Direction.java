package org.dure.federation.status;

import org.dure.core.Named;

/// Across a region's border.
public enum Direction implements Named {
  /// From the region to the hub.
  OUT,
  /// From the hub to the region.
  IN
}
