package org.dure.core.accounting;

import java.util.ArrayList;
import java.util.List;

/// What was spent, as one number: the smaller of two upper bounds, of Renyi and of numerical
/// accounting. The first takes no time; the second some seconds for each mechanism that differs
/// from the others.
public final class PrivacyAccountant {
  /// So many mechanisms that differ are asked of both, whatever the first says.
  private static final int FEW = 3;

  private PrivacyAccountant() {}

  /// An upper bound of epsilon.
  ///
  /// @param spent in any order; equal mechanisms may come several times
  /// @param delta above 0, below 1
  public static double epsilon(List<SampledGaussian> spent, double delta) {
    List<SampledGaussian> combined = combined(spent);
    return Math.min(
        renyi(combined, delta), NumericalAccountant.standard().epsilon(combined, delta).high());
  }

  /// Whether [#epsilon] is at most `limit`; as a rule without asking the second accountant.
  public static boolean isWithin(List<SampledGaussian> spent, double delta, double limit) {
    return renyi(combined(spent), delta) <= limit || epsilon(spent, delta) <= limit;
  }

  /// For people: [#epsilon], or where that takes long and matters little, the bound of Renyi
  /// accounting, which is not much larger.
  ///
  /// @param limit above which it matters
  public static double shown(List<SampledGaussian> spent, double delta, double limit) {
    List<SampledGaussian> combined = combined(spent);
    double renyi = renyi(combined, delta);
    return combined.size() > FEW && renyi <= limit ? renyi : epsilon(combined, delta);
  }

  private static double renyi(List<SampledGaussian> combined, double delta) {
    return RenyiAccountant.standard().epsilon(combined, delta);
  }

  /// Equal mechanisms as one, in the order of their first.
  private static List<SampledGaussian> combined(List<SampledGaussian> spent) {
    List<SampledGaussian> combined = new ArrayList<>();
    for (SampledGaussian one : spent) {
      int at = 0;
      while (at < combined.size() && !canAdd(combined.get(at), one)) {
        at++;
      }
      if (at == combined.size()) {
        combined.add(one);
      } else {
        combined.set(at, one.times(combined.get(at).steps() + one.steps()));
      }
    }
    return combined;
  }

  private static boolean canAdd(SampledGaussian one, SampledGaussian other) {
    return one.isSameMechanism(other) && one.steps() + other.steps() <= SampledGaussian.MOST_STEPS;
  }
}
