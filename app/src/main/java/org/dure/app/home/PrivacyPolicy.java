package org.dure.app.home;

import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.corpus.PackReport;
import org.dure.federation.region.PrivacyBudget;

/// How much a site lets studies tell of its documents: the site's own, in its `policy.toml`.
///
/// @param epsilon over all studies, above 0
/// @param delta above 0, below 1
/// @param required whether the site takes part in no study that does not protect documents
/// @param ledger folder where what is spent is kept; empty for the region's own. Regions of one
///     site that share documents share a ledger
public record PrivacyPolicy(double epsilon, double delta, boolean required, String ledger) {
  private static final double EPSILON = 8;
  private static final double DELTA = 1e-6;

  static PrivacyPolicy standard() {
    return new PrivacyPolicy(EPSILON, DELTA, false, "");
  }

  /// Reads `privacy.epsilon`, `privacy.delta`, `privacy.required`, `privacy.ledger`.
  static PrivacyPolicy of(Settings settings) {
    return new PrivacyPolicy(
        settings.number("privacy.epsilon", EPSILON, 1e-6, 1e3),
        settings.number("privacy.delta", DELTA, 1e-12, 0.1),
        settings.truth("privacy.required", false),
        settings.string("privacy.ledger", ""));
  }

  public PrivacyBudget.Limit limit() {
    return new PrivacyBudget.Limit(epsilon, delta);
  }

  public Path folder(Path own) {
    return ledger.isEmpty() ? own : Path.of(ledger);
  }

  /// A delta of one in so many documents would allow one of them to be told whole.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID]
  public void check(PackReport.Figures documents) {
    if (delta * documents.documents() >= 1) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "policy.toml has privacy.delta = %s: with %,d documents it must be below %.1e"
              .formatted(delta, documents.documents(), 1.0 / documents.documents()));
    }
  }

  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] if the site asks for more than the study
  ///     gives
  public void require(boolean protects, String study) {
    if (required && !protects) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "policy.toml has privacy.required = true: the study \"%s\" does not protect documents"
              .formatted(study));
    }
  }
}
