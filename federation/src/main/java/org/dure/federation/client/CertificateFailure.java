package org.dure.federation.client;

import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/// Tells a connection that failed over who the two sides are, which another attempt cannot mend,
/// from one that broke while TLS was being spoken, which it can.
final class CertificateFailure {
  private CertificateFailure() {}

  static final String OF_TIME =
      "the hub's certificate does not hold by this machine's clock: one of the two clocks is wrong,"
          + " or the hub's operator must run dure hub renew";

  /// Whether nothing but the dates of the other side's certificate is wrong, which a clock that is
  /// set or a renewal mends. Nothing is sent over such a connection.
  static boolean isOfTime(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException
          || cause instanceof CertificateNotYetValidException) {
        return true;
      }
    }
    return false;
  }

  /// @return the cause that says so; empty if another attempt may help
  static Optional<Throwable> in(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException
          || (cause instanceof SSLException && isAboutCertificates(cause))) {
        return Optional.of(cause);
      }
    }
    return Optional.empty();
  }

  /// The JDK's words, and the names of TLS's alerts that the other side sends.
  private static boolean isAboutCertificates(Throwable e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("certificate")
        || text.contains("certification path")
        || text.contains("unknown_ca")
        || text.contains("access_denied")
        || text.contains("No subject alternative")
        || text.contains("No name matching");
  }
}
