package org.dure.federation;

import java.util.SplittableRandom;

/// What goes wrong in a [Simulation], at each occasion with the same probability.
final class Mishaps {
  /// The process is gone; nothing catches this but the simulation.
  static final class Death extends Error {
    Death() {
      super("killed", null, false, false);
    }
  }

  private final SplittableRandom random;
  private double probability;

  /// Nothing goes wrong at first.
  Mishaps(SplittableRandom random) {
    this.random = random;
  }

  /// From here on something goes wrong with this probability; 0 for never again.
  void happenWith(double chance) {
    probability = chance;
  }

  /// Nothing goes wrong for a while.
  ///
  /// @return the probability to go on with
  double pause() {
    double before = probability;
    probability = 0;
    return before;
  }

  boolean happens() {
    return random.nextDouble() < probability;
  }

  void dieHere() {
    if (happens()) {
      throw new Death();
    }
  }
}
