package org.dure.app.workload;

import java.util.Map;
import org.dure.core.Named;

/// Which of the models that a region ends a study with it goes on with: the best on text that is
/// kept for choosing, of which no figure leaves the region but with the release that it signs.
final class Guard {
  /// Fewer documents to choose by tell less of the models than of themselves.
  static final int LEAST_DOCUMENTS = 20;

  /// Share of its bits by which another must be better than the belt's, whose weights the ledger
  /// proves: less than this also comes of another number of threads.
  private static final double CLEARLY = 1e-3;

  /// So many times its own bits a region takes from a merge: an honest first step costs less.
  private static final double RUINED = 1.5;

  private Guard() {}

  /// What a region can go on with, the belt's first.
  enum Origin implements Named {
    /// The weights of the last merge.
    BELT,
    /// The region's own at the end of its last phase, before that merge.
    OWN,
    /// The mean of the two.
    BELT_AND_OWN,
    TWIN,
    /// The mean of the two, where they have the same words.
    BELT_AND_TWIN
  }

  /// Whether a region goes on from its own weights instead of a merge's.
  ///
  /// @param merge bits per byte on text to choose by
  /// @param own the same of its own weights before; if that is no number there is nothing to keep
  static boolean isRuined(double merge, double own) {
    return Double.isFinite(own) && !(merge <= RUINED * own);
  }

  /// @param dev bits per byte on the text to choose by; what is no number is not chosen
  static Origin best(Map<Origin, Double> dev) {
    double belt = dev.getOrDefault(Origin.BELT, Double.NaN);
    double least = Double.isFinite(belt) ? belt * (1 - CLEARLY) : Double.POSITIVE_INFINITY;
    Origin best = Origin.BELT;
    for (Origin origin : Origin.values()) {
      double value = dev.getOrDefault(origin, Double.NaN);
      if (origin != Origin.BELT && value < least) {
        least = value;
        best = origin;
      }
    }
    return best;
  }
}
