package org.dure.federation.log;

import org.dure.core.Named;

/// Why a round of a secret sum came to nothing.
public enum DropReason implements Named {
  /// Fewer regions were left, or here, than its sum needs.
  TOO_FEW,
  /// The operator shut out a region whose delta was in the sum already.
  SHUT_OUT,
  /// Too few shares of a region's seeds were what it had announced.
  FALSE_SHARES
}
