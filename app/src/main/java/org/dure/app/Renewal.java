package org.dure.app;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/// When a certificate is renewed.
final class Renewal {
  private Renewal() {}

  /// Whether less than a third of its time is left.
  static boolean isDue(X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    return Duration.between(now, until).multipliedBy(3).compareTo(Duration.between(from, until))
        < 0;
  }
}
