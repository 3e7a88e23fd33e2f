package org.dure.core.accounting;

import java.util.List;

/// What was spent, as one number: the smaller of two upper bounds, of Renyi and of numerical
/// accounting.
public final class PrivacyAccountant {
  private PrivacyAccountant() {}

  /// An upper bound of epsilon.
  ///
  /// @param spent in any order; equal mechanisms may come several times
  /// @param delta above 0, below 1
  public static double epsilon(List<SampledGaussian> spent, double delta) {
    double renyi = RenyiAccountant.standard().epsilon(spent, delta);
    return Math.min(renyi, NumericalAccountant.standard().epsilon(spent, delta).high());
  }
}
