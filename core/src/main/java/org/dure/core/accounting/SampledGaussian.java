package org.dure.core.accounting;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Steps of the sampled Gaussian mechanism: each document is drawn by itself with the sample rate
/// (Poisson sampling), what it adds has a norm of at most 1, and Gaussian noise is added to the
/// sum.
///
/// @param noiseMultiplier standard deviation of the noise, in units of the clipping norm; above 0
/// @param sampleRate probability of each document to be in a step, above 0 to 1
/// @param steps at least 0
public record SampledGaussian(double noiseMultiplier, double sampleRate, long steps) {
  /// Most steps.
  static final long MOST_STEPS = 1L << 40;

  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if a value is out of range
  public SampledGaussian {
    if (!(noiseMultiplier > 0 && noiseMultiplier < 1e6)
        || !(sampleRate > 0 && sampleRate <= 1)
        || steps < 0
        || steps > MOST_STEPS) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "noise %s, sample rate %s, %d steps: expected noise above 0, a rate above 0 to 1, steps"
                  .formatted(noiseMultiplier, sampleRate, steps)
              + " of at least 0");
    }
  }

  /// The same mechanism, run so often.
  public SampledGaussian times(long newSteps) {
    return new SampledGaussian(noiseMultiplier, sampleRate, newSteps);
  }

  /// Whether steps of the other are steps of this one.
  public boolean isSameMechanism(SampledGaussian other) {
    return noiseMultiplier == other.noiseMultiplier && sampleRate == other.sampleRate;
  }
}
