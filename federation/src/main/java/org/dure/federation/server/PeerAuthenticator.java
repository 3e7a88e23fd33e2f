package org.dure.federation.server;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.wire.TlsIdentity;
import org.jspecify.annotations.Nullable;

/// Looks at the certificate of every single request, so that a connection that is already open is
/// worth nothing from the moment its certificate has ended. Thread-safe.
///
/// The handshake refuses what the study's authority did not issue for a region ([HubTrust]). Dates
/// and records are looked at here, also for a connection's first request: TLS could only say
/// "certificate unknown", while a refusal has a name and a reason that a person can act on.
final class PeerAuthenticator {
  private static final String CLIENT = "1.3.6.1.5.5.7.3.2";
  private static final int DIGITAL_SIGNATURE = 0;

  private final X509Certificate authority;
  private final Registrar registrar;
  private final InstantSource clock;

  PeerAuthenticator(X509Certificate authority, Registrar registrar, InstantSource clock) {
    this.authority = authority;
    this.registrar = registrar;
    this.clock = clock;
  }

  /// @param shown in the handshake; null or empty if nothing was
  /// @return the region's certificate, which holds now
  /// @throws MessageRefused why not
  X509Certificate admit(X509Certificate @Nullable [] shown) {
    if (shown == null || shown.length == 0) {
      throw new MessageRejected(
          RejectReason.NO_CERTIFICATE,
          "no client certificate: without one only /v1/enrolment can be reached");
    }
    X509Certificate certificate = shown[0];
    checkIssued(certificate, authority);
    checkDates(certificate, clock.instant());
    checkRecord(certificate, registrar.holding(certificate));
    return certificate;
  }

  /// @throws MessageRefused unless the authority issued it for a region
  static void checkIssued(X509Certificate certificate, X509Certificate authority) {
    String name = TlsIdentity.commonName(certificate);
    try {
      if (!certificate.getIssuerX500Principal().equals(authority.getSubjectX500Principal())) {
        throw new MessageRejected(
            RejectReason.CERTIFICATE_FOREIGN,
            "the certificate of \"%s\" was issued by another authority than this study's"
                .formatted(name));
      }
      certificate.verify(authority.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw new MessageRejected(
          RejectReason.CERTIFICATE_FOREIGN,
          "the certificate of \"%s\" is not signed with the key of this study's authority"
              .formatted(name));
    }
    if (!isRegions(certificate)) {
      throw new MessageRejected(
          RejectReason.CERTIFICATE_ROLE,
          "the certificate of \"%s\" is not a region's".formatted(name));
    }
  }

  private static boolean isRegions(X509Certificate certificate) {
    try {
      List<String> usages = certificate.getExtendedKeyUsage();
      boolean[] usage = certificate.getKeyUsage();
      return certificate.getBasicConstraints() < 0
          && usages != null
          && usages.equals(List.of(CLIENT))
          && usage != null
          && usage[DIGITAL_SIGNATURE]
          && TlsIdentity.isEd25519(certificate.getPublicKey());
    } catch (CertificateParsingException e) {
      return false;
    }
  }

  private static void checkDates(X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isAfter(until)) {
      throw new MessageRejected(
          RejectReason.CERTIFICATE_EXPIRED,
          "the certificate of \"%s\" was valid until %s: the hub's clock says %s"
              .formatted(TlsIdentity.commonName(certificate), until, now));
    }
    if (now.isBefore(from)) {
      throw new MessageRejected(
          RejectReason.CERTIFICATE_NOT_YET_VALID,
          "the certificate of \"%s\" is valid from %s on: the hub's clock says %s"
              .formatted(TlsIdentity.commonName(certificate), from, now));
    }
  }

  private static void checkRecord(X509Certificate certificate, Registrar.Holding holding) {
    String name = TlsIdentity.commonName(certificate);
    switch (holding) {
      case Registrar.Valid valid -> {}
      case Registrar.Unknown unknown ->
          throw new MessageRejected(
              RejectReason.CERTIFICATE_UNKNOWN,
              "the certificate of \"%s\" is not in the hub's records".formatted(name));
      case Registrar.Revoked revoked ->
          throw new MessageRejected(
              RejectReason.CERTIFICATE_REVOKED,
              "the certificate of \"%s\" was revoked%s"
                  .formatted(name, revoked.reason().isEmpty() ? "" : ": " + revoked.reason()));
      case Registrar.Superseded superseded ->
          throw new MessageRejected(
              RejectReason.CERTIFICATE_SUPERSEDED,
              "\"%s\" has a newer certificate and has spoken with it".formatted(name));
    }
  }
}
