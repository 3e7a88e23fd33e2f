package org.dure.federation.server;

import java.security.cert.X509Certificate;
import org.dure.core.DureException;

/// Who decides, on behalf of the hub's operator, who may speak: asked for every request, while the
/// hub runs. Implementations are thread-safe and answer quickly.
public interface Registrar {
  /// What is known of a certificate that the study's authority issued and whose dates hold.
  sealed interface Holding {}

  /// It is on record and holds.
  record Valid() implements Holding {}

  /// It is not on record.
  record Unknown() implements Holding {}

  /// The operator ended it.
  record Revoked(String reason) implements Holding {}

  /// The region has spoken with a newer one.
  record Superseded() implements Holding {}

  Holding holding(X509Certificate certificate);

  /// The region said hello with this certificate, and was welcome.
  void spoke(X509Certificate certificate);

  /// Answers `POST /v1/enrolment`, which anyone may send.
  ///
  /// @param request at most [#MOST_REQUEST] bytes
  /// @return JSON
  /// @throws DureException why not
  byte[] enrol(byte[] request);

  /// Answers `POST /v1/enrolment/renewal`.
  ///
  /// @param present the certificate with which the connection was made, which holds
  /// @param request at most [#MOST_REQUEST] bytes
  /// @return JSON
  /// @throws DureException why not
  byte[] renew(X509Certificate present, byte[] request);

  /// Longest request of an enrolment in bytes.
  int MOST_REQUEST = 8 << 10;

  /// Every certificate of the authority holds as long as its dates do, and nobody is enrolled.
  static Registrar trusting() {
    return new TrustingRegistrar();
  }
}
