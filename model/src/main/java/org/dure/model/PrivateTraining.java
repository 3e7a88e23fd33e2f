package org.dure.model;

import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.core.accounting.SampledGaussian;

/// How a region trains so that no document can be told from the outcome: DP-SGD (Abadi et al.
/// 2016), the protected unit being a document, all of its windows together.
///
/// In a step each document is drawn by itself with the sample rate; its gradient, of one of its
/// windows, is clipped; the sum gets Gaussian noise and is divided by `training.batch`, the number
/// of documents that is expected. That number is the study's, not the site's: how many documents
/// there are is a secret of its own.
///
/// @param noiseMultiplier standard deviation of the noise in units of `clip`
/// @param clip largest norm of a document's gradient, over all tensors
/// @param sampleRate probability of a document to be drawn in a step
public record PrivateTraining(double noiseMultiplier, double clip, double sampleRate) {
  private static final String NOISE = "privacy.noise-multiplier";
  private static final String CLIP = "privacy.clip";
  private static final String RATE = "privacy.sample-rate";

  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if a value is out of range
  public PrivateTraining {
    SampledGaussian checked = new SampledGaussian(noiseMultiplier, sampleRate, 0);
    if (!(clip > 0 && clip < 1e6)) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "%s: a clipping norm of %s, expected one above 0".formatted(checked, clip));
    }
  }

  /// Reads `[privacy]`: `noise-multiplier`, `clip`, `sample-rate`. Nothing is private where the
  /// table is not there, and nothing of it has a default that would be a promise.
  public static Optional<PrivateTraining> of(Settings settings) {
    if (settings.names("privacy").isEmpty()) {
      return Optional.empty();
    }
    for (String key : new String[] {NOISE, CLIP, RATE}) {
      if (!settings.has(key)) {
        settings.problem(
            "%s is missing: training that protects documents needs %s, %s and %s"
                .formatted(key, NOISE, CLIP, RATE));
      }
    }
    return Optional.of(
        new PrivateTraining(
            settings.number(NOISE, 1, 1e-3, 1e3),
            settings.number(CLIP, 1, 1e-6, 1e5),
            settings.number(RATE, 0.01, 1e-9, 1)));
  }

  /// What so many steps are to an accountant.
  public SampledGaussian mechanism(long steps) {
    return new SampledGaussian(noiseMultiplier, sampleRate, steps);
  }
}
