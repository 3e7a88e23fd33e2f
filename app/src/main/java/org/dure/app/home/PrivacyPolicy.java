package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
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
  private static final int MOST_PATH = 200;

  static PrivacyPolicy standard() {
    return new PrivacyPolicy(EPSILON, DELTA, false, "");
  }

  /// Reads `privacy.epsilon`, `privacy.delta`, `privacy.required`, `privacy.ledger`.
  static PrivacyPolicy of(Settings settings) {
    return new PrivacyPolicy(
        settings.number("privacy.epsilon", EPSILON, 1e-6, 1e3),
        settings.number("privacy.delta", DELTA, 1e-12, 0.1),
        settings.truth("privacy.required", false),
        ledger(settings));
  }

  /// Whichever folder a command is started in, it is the same ledger.
  private static String ledger(Settings settings) {
    String ledger = settings.string("privacy.ledger", "");
    if (!ledger.isEmpty() && !Path.of(ledger).isAbsolute()) {
      settings.problem(
          "privacy.ledger is \"%s\": expected an absolute path, such as /srv/dure/ledger"
              .formatted(Printable.line(ledger, MOST_PATH)));
    }
    return ledger;
  }

  public PrivacyBudget.Limit limit() {
    return new PrivacyBudget.Limit(epsilon, delta);
  }

  /// Where what is spent is kept. A folder that the policy names must be there: a share that is not
  /// mounted would otherwise be an empty ledger.
  ///
  /// @param own the region's own
  /// @throws DureException with [ErrorCode#INPUT_MISSING]
  public Path folder(Path own) {
    if (ledger.isEmpty()) {
      return own;
    }
    Path folder = Path.of(ledger);
    if (!Files.isDirectory(folder)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "privacy.ledger is %s, and there is no such folder: is a share not mounted? Where nothing"
                  .formatted(folder)
              + " was ever spent, make it: mkdir -p %s".formatted(Printable.shellWord(folder)));
    }
    return folder;
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

  /// What a study lacks that the site asks for; empty if nothing.
  Optional<String> refuses(Terms.Protection protection) {
    return required && protection.noise() == null
        ? Optional.of("it does not protect documents (privacy.*): privacy.required is true")
        : Optional.empty();
  }
}
