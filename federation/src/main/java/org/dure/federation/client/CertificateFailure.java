package org.dure.federation.client;

import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/// Tells a connection that failed over who the two sides are, which another attempt cannot mend,
/// from one that broke while TLS was being spoken, which it can.
final class CertificateFailure {
  private CertificateFailure() {}

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
