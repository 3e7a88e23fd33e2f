package org.dure.federation.protocol;

import org.dure.core.Named;

/// What becomes of a delta that is longer than the study's bound.
public enum Exceeding implements Named {
  /// It counts, cut to the length that is usual.
  CLIP,
  /// It does not count.
  REFUSE
}
