package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.dure.provenance.Refusals.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Signatures;
import org.dure.provenance.Certificates.Role;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path home;
  private CertificateAuthority authority;
  private final KeyPair region = Signatures.newKeyPair();

  @BeforeEach
  void anAuthority() {
    authority = CertificateAuthority.create(home.resolve("ca"), "두레 demo", YEAR, CLOCK);
  }

  private X509Certificate regionCertificate() {
    return authority.issueRegion(CertificateRequest.create("ko", region), Duration.ofDays(30));
  }

  private List<X509Certificate> trusted() {
    return List.of(authority.certificate());
  }

  @Test
  void theFolderHoldsAKeyOfTheOwnersAloneAndTheCertificate() throws IOException {
    Path key = home.resolve("ca/ca-key.pem");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(Certificates.read(home.resolve("ca/ca.pem"))).isEqualTo(trusted());
    assertThat(authority.certificate().getBasicConstraints()).isZero();
    assertThat(authority.certificate().getSubjectX500Principal().getName()).contains("두레 demo");
  }

  @Test
  void anAuthorityIsOpenedAgainAndNeverOverwritten() {
    CertificateAuthority again =
        CertificateAuthority.obtain(home.resolve("ca"), "another", YEAR, CLOCK);
    assertThat(again.certificate()).isEqualTo(authority.certificate());
    assertRefused(
            ErrorCode.HOME_CONFLICT,
            () -> CertificateAuthority.create(home.resolve("ca"), "demo", YEAR, CLOCK))
        .contains("never overwritten");
  }

  @Test
  void keyAndCertificateOfTwoAuthoritiesAreRefused() {
    CertificateAuthority other =
        CertificateAuthority.create(home.resolve("other"), "두레 demo", YEAR, CLOCK);
    Certificates.write(home.resolve("ca/ca.pem"), List.of(other.certificate()));
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> CertificateAuthority.open(home.resolve("ca"), CLOCK))
        .contains("ca.pem", "not the certificate of the key");
  }

  @Test
  void aRegionIsCertifiedByItsRequest() {
    Path file = home.resolve("request.pem");
    CertificateRequest.create("ko", region).write(file);
    X509Certificate certificate =
        authority.issueRegion(CertificateRequest.read(file), Duration.ofDays(30));
    assertThat(certificate.getPublicKey()).isEqualTo(region.getPublic());
    assertThat(Certificates.name(certificate)).isEqualTo("ko");
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    assertThat(certificate.getNotAfter().toInstant()).isEqualTo(NOW.plus(Duration.ofDays(30)));
    assertThat(certificate.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofDays(2)));
    assertThatCode(() -> Certificates.check(certificate, trusted(), Role.REGION, NOW))
        .doesNotThrowAnyException();
  }

  @Test
  void serialNumbersAreLongAndNeverTheSame() {
    assertThat(regionCertificate().getSerialNumber())
        .isNotEqualTo(regionCertificate().getSerialNumber());
    assertThat(regionCertificate().getSerialNumber().bitLength()).isEqualTo(127);
  }

  @Test
  void theHubIsKnownByTheLoopbackAndItsNames() throws Exception {
    X509Certificate hub =
        authority.issueHub(
            Signatures.newKeyPair().getPublic(),
            List.of("Hub.Example.org", "192.0.2.7", "2001:db8::1", "localhost"),
            YEAR);
    assertThat(hub.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactlyInAnyOrder(
            "localhost",
            "127.0.0.1",
            "0:0:0:0:0:0:0:1",
            "hub.example.org",
            "192.0.2.7",
            "2001:db8:0:0:0:0:0:1");
    Certificates.check(hub, trusted(), Role.HUB, NOW);
    for (String host :
        List.of("", "a b", "ex..org", "-x", "*.example.org", "http://x", "300.1.1.1/")) {
      assertRefused(
              ErrorCode.CONFIGURATION_INVALID,
              () -> authority.issueHub(region.getPublic(), List.of(host), YEAR))
          .contains("\"" + host + "\"");
    }
  }

  @Test
  void aCertificateNeverOutlivesItsAuthority() {
    X509Certificate certificate =
        authority.issueRegion(CertificateRequest.create("ko", region), Duration.ofDays(9999));
    assertThat(certificate.getNotAfter()).isEqualTo(authority.certificate().getNotAfter());
    CertificateAuthority late =
        CertificateAuthority.open(
            home.resolve("ca"), InstantSource.fixed(NOW.plus(YEAR).plusSeconds(1)));
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> late.issueRegion(CertificateRequest.create("ko", region), YEAR))
        .contains("authority expired");
  }

  @Test
  void expiredEarlyForeignAndMisusedCertificatesAreToldApart() {
    X509Certificate certificate = regionCertificate();
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () ->
                Certificates.check(
                    certificate, trusted(), Role.REGION, NOW.plus(Duration.ofDays(31))))
        .contains("CN=ko", "has expired: it was valid until 2026-12-22T12:00:00Z");
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () ->
                Certificates.check(
                    certificate, trusted(), Role.REGION, NOW.minus(Duration.ofDays(3))))
        .contains("is not valid yet");
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> Certificates.check(certificate, trusted(), Role.HUB, NOW))
        .contains("is not one of a hub");
    CertificateAuthority other =
        CertificateAuthority.create(home.resolve("other"), "other", YEAR, CLOCK);
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> Certificates.check(certificate, List.of(other.certificate()), Role.REGION, NOW))
        .contains("is foreign", "두레 demo");
    CertificateAuthority twin =
        CertificateAuthority.create(home.resolve("twin"), "두레 demo", YEAR, CLOCK);
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> Certificates.check(certificate, List.of(twin.certificate()), Role.REGION, NOW))
        .contains("same name but with another key");
    assertThatCode(
            () ->
                Certificates.check(
                    certificate,
                    List.of(twin.certificate(), other.certificate(), authority.certificate()),
                    Role.REGION,
                    NOW))
        .doesNotThrowAnyException();
  }

  @Test
  void aRegionsNameIsPlain() {
    assertThat(CertificateRequest.create("a-1", region).region()).isEqualTo("a-1");
    for (String name : List.of("", "KO", "두레", "a b", "a,CN=hub", "x".repeat(33), "ko\n", "../x")) {
      assertRefused(ErrorCode.CONFIGURATION_INVALID, () -> CertificateRequest.create(name, region))
          .contains("not a region's name");
    }
  }

  @Test
  void requestsWithOtherNamesAreRefused() throws Exception {
    for (String subject : List.of("CN=KO", "O=ko", "CN=ko,CN=ja", "CN=ko,O=Dure", "CN=ko+CN=ja")) {
      String pem = request(subject, region, region);
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> CertificateRequest.parse(pem, "request.pem"))
          .as(subject)
          .contains("request.pem");
    }
    assertThat(CertificateRequest.parse(request("CN=ko", region, region), "x").region())
        .isEqualTo("ko");
  }

  @Test
  void aRequestWithoutProofOfItsKeyIsRefused() throws Exception {
    String stolen = request("CN=ko", region, Signatures.newKeyPair());
    assertRefused(
            ErrorCode.SIGNATURE_INVALID, () -> CertificateRequest.parse(stolen, "request.pem"))
        .contains("\"ko\"", "not signed with the key");
  }

  @Test
  void aRequestWithAKeyOfAnotherAlgorithmIsRefused() throws Exception {
    KeyPair other = KeyPairGenerator.getInstance("EC").generateKeyPair();
    byte[] der =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=ko"), other.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(other.getPrivate()))
            .getEncoded();
    String pem = Pem.encode(Pem.CERTIFICATE_REQUEST, der);
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> CertificateRequest.parse(pem, "request.pem"))
        .contains("not an Ed25519 public key");
  }

  @Test
  void mutatedRequestsAndCertificatesAreRefusedButNeverCrash() {
    SplittableRandom random = Seeded.random("CertificateAuthorityTest");
    byte[] request = der(CertificateRequest.create("ko", region).pem());
    byte[] certificate = der(Certificates.pem(List.of(regionCertificate())));
    for (int i = 0; i < 400; i++) {
      byte[] otherRequest = mutated(random, request);
      assertRefusedOrRead(
          () -> {
            CertificateRequest.parse(Pem.encode(Pem.CERTIFICATE_REQUEST, otherRequest), "request");
          });
      byte[] otherCertificate = mutated(random, certificate);
      assertRefusedOrRead(
          () -> {
            String pem = Pem.encode(Pem.CERTIFICATE, otherCertificate);
            Certificates.check(
                Certificates.parse(pem, "file").getFirst(), trusted(), Role.REGION, NOW);
          });
    }
  }

  private static void assertRefusedOrRead(Runnable work) {
    try {
      work.run();
    } catch (DureException e) {
      assertThat(e.code())
          .isIn(
              ErrorCode.INPUT_MALFORMED,
              ErrorCode.SIGNATURE_INVALID,
              ErrorCode.CERTIFICATE_INVALID);
    }
  }

  private static byte[] mutated(SplittableRandom random, byte[] bytes) {
    byte[] mutated = bytes.clone();
    for (int n = random.nextInt(1, 4); n > 0; n--) {
      mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
    }
    return mutated;
  }

  private static byte[] der(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
  }

  private static String request(String subject, KeyPair named, KeyPair signing) throws Exception {
    byte[] der =
        new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), named.getPublic())
            .build(new JcaContentSignerBuilder("Ed25519").build(signing.getPrivate()))
            .getEncoded();
    return Pem.encode(Pem.CERTIFICATE_REQUEST, der);
  }
}
