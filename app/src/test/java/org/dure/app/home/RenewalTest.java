package org.dure.app.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.dure.core.Signatures;
import org.dure.provenance.CertificateAuthority;
import org.dure.provenance.CertificateRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RenewalTest {
  private static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");

  @TempDir Path folder;

  private X509Certificate certificate(Duration validity) {
    CertificateAuthority authority =
        CertificateAuthority.create(
            folder.resolve("ca"), "study", Duration.ofDays(3650), InstantSource.fixed(NOW));
    CertificateRequest request = CertificateRequest.create("ko", Signatures.newKeyPair());
    return authority.issueRegion(request, validity);
  }

  @Test
  void aCertificateIsRenewedWhenAThirdOfItsTimeIsLeft() {
    X509Certificate year = certificate(Duration.ofDays(360));
    assertThat(Renewal.isDue(year, NOW)).isFalse();
    assertThat(Renewal.isDue(year, NOW.plus(Duration.ofDays(239)))).isFalse();
    assertThat(Renewal.isDue(year, NOW.plus(Duration.ofDays(241)))).isTrue();
  }

  @Test
  void oneForADayIsNotDueTheMomentItIsMade() {
    X509Certificate day = certificate(Duration.ofDays(1));
    assertThat(Renewal.isDue(day, NOW.plus(Duration.ofHours(15)))).isFalse();
    assertThat(Renewal.isDue(day, NOW.plus(Duration.ofHours(17)))).isTrue();
  }

  @Test
  void oneThatWasMadeWhileTheClockWasAheadIsDue() {
    assertThat(Renewal.isDue(certificate(Duration.ofDays(360)), NOW.minus(Duration.ofDays(3))))
        .isTrue();
  }
}
