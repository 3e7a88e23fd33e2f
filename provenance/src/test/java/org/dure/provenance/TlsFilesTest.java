package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
  private static final Instant NOW = Instant.parse("2026-11-28T00:00:00Z");

  @TempDir Path folder;
  private Path certificate;
  private CertificateAuthority authority;

  @BeforeEach
  void makeTheAuthority() {
    certificate = folder.resolve("certificate.pem");
    authority =
        CertificateAuthority.create(
            folder.resolve("authority"), "test", Duration.ofDays(9), InstantSource.fixed(NOW));
  }

  private Path identity(String algorithm) throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    Certificates.write(
        certificate,
        List.of(
            authority.issueHub(pair.getPublic(), List.of("localhost"), Duration.ofDays(2)),
            authority.certificate()));
    return key(algorithm + ".pem", Pem.encode(Pem.PRIVATE_KEY, pair.getPrivate().getEncoded()));
  }

  private Path key(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  @Test
  void keysOfEveryUsualKindAreRead() throws Exception {
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      Path key = identity(algorithm);
      assertThat(TlsFiles.context(certificate, key, NOW).getProtocol()).isEqualTo("TLS");
    }
  }

  @Test
  void whatDoesNotGoTogetherOrDoesNotHoldIsRefused() throws Exception {
    Path other = identity("EC");
    Path key = key("another.pem", Files.readString(other));
    refused(
        identity("RSA"), NOW.plus(Duration.ofDays(30)), ErrorCode.CERTIFICATE_INVALID, "expired");
    refused(key, NOW, ErrorCode.CERTIFICATE_INVALID, "not the key of the certificate");
    refused(other, NOW, ErrorCode.CERTIFICATE_INVALID, "not the key of the certificate");
    refused(key("x.pem", "hello"), NOW, ErrorCode.INPUT_MALFORMED, "x.pem");
    refused(
        key("old.pem", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
        NOW,
        ErrorCode.INPUT_MALFORMED,
        "openssl pkcs8");
    refused(
        key("no.pem", Pem.encode(Pem.PRIVATE_KEY, new byte[] {1, 2, 3})),
        NOW,
        ErrorCode.INPUT_MALFORMED,
        "no private key");
    refused(folder.resolve("none.pem"), NOW, ErrorCode.INPUT_MISSING, "none.pem");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    refused(key, NOW, ErrorCode.KEY_EXPOSED, key.toString());
  }

  private void refused(Path key, Instant now, ErrorCode code, String reason) {
    assertThatThrownBy(() -> TlsFiles.context(certificate, key, now))
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(reason);
  }
}
