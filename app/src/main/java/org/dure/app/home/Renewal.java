package org.dure.app.home;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import org.dure.provenance.CertificateAuthority;

/// When a certificate is renewed.
public final class Renewal {
  private Renewal() {}

  /// Whether less than a third of its time since it was issued is left, or its time has not even
  /// begun, since the clock was ahead when it was issued. The days before, which bear
  /// with wrong clocks, do not count: a certificate for a day would be due the moment it is made,
  /// and so would the next.
  public static boolean isDue(X509Certificate certificate, Instant now) {
    Instant from =
        certificate.getNotBefore().toInstant().plus(CertificateAuthority.CLOCK_DIFFERENCE);
    Instant until = certificate.getNotAfter().toInstant();
    return now.isBefore(certificate.getNotBefore().toInstant())
        || Duration.between(now, until).multipliedBy(3).compareTo(Duration.between(from, until))
            < 0;
  }
}
