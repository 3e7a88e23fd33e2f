package org.dure.federation.protocol;

import org.dure.core.Named;

/// The steps of a round of a secret sum, in their order. Each is over for good when the log says
/// who goes on.
public enum SecretStep implements Named {
  /// Members tell their keys of the round.
  KEYS,
  /// Those give each other shares of their seeds.
  SHARES,
  /// Those train, and send their masked deltas.
  DELTAS,
  /// Those confirm to each other whose deltas are to be added.
  CONFIRMATIONS,
  /// Those reveal the shares that take the masks off the sum.
  REVELATIONS;

  /// The step after this one; the last has none and stays.
  public SecretStep next() {
    return this == REVELATIONS ? this : values()[ordinal() + 1];
  }
}
