package org.dure.federation.region;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.wire.TlsIdentity;
import org.jspecify.annotations.Nullable;

/// Believes what the study's authority has certified. Thread-safe.
///
/// @param authority of the study
record AuthorityTrust(X509Certificate authority, InstantSource clock) implements MemberTrust {
  @Override
  public PublicKey key(String member, String certificate) {
    try {
      X509Certificate shown =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(Base64.getDecoder().decode(certificate)));
      shown.verify(authority.getPublicKey());
      shown.checkValidity(Date.from(clock.instant()));
      if (TlsIdentity.commonName(shown).equals(member)) {
        return shown.getPublicKey();
      }
      throw invalid(member, "it is of \"%s\"".formatted(TlsIdentity.commonName(shown)), null);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw invalid(member, String.valueOf(e.getMessage()), e);
    }
  }

  private static DureException invalid(String member, String why, @Nullable Exception cause) {
    return new DureException(
        ErrorCode.CERTIFICATE_INVALID,
        "the hub shows a certificate of %s that the study's authority did not issue for it, or that"
                .formatted(member)
            + " does not hold now: "
            + why,
        cause);
  }
}
