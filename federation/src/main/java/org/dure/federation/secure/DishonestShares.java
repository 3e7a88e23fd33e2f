package org.dure.federation.secure;

import org.jspecify.annotations.Nullable;

/// A member shared something else than the seeds that it advertised: the round's sum cannot be
/// made.
public final class DishonestShares extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String owner;

  DishonestShares(String owner, @Nullable Exception cause) {
    super("the shares of %s make no seed of its".formatted(owner), cause);
    this.owner = owner;
  }

  public String owner() {
    return owner;
  }
}
