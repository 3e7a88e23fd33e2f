package org.dure.provenance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.Decoding;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The readers of provenance before hostile bytes.
class DecoderFuzzTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final KeyPair KEY = Signatures.newKeyPair();
  private static final Signer SIGNER = Signatures.signer(KEY.getPrivate(), KEY.getPublic());

  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  private static Arguments seed(String text) {
    return seed(text.getBytes(UTF_8));
  }

  static Stream<Arguments> cbor() {
    CborValue map =
        CborValue.Map.of(
            Map.of(
                CborValue.of(1), CborValue.of(-500),
                CborValue.of("text"), CborValue.of(new byte[] {1, 2, 3}),
                CborValue.of(new byte[0]), new CborValue.Tag(18, new CborValue.Truth(true))));
    return Stream.of(
        seed(Cbor.encode(map)),
        seed(Cbor.encode(new CborValue.Array(List.of(map, CborValue.NULL, map)))),
        seed(new byte[] {(byte) 0x9b, 0x7f, -1, -1, -1, -1, -1, -1, -1}),
        seed(new byte[] {(byte) 0xbb, 0x40, 0, 0, 0, 0, 0, 0, 0}),
        seed(new byte[] {0x5b, 0, 0, 0, 0, 0x7f, -1, -1, -1}));
  }

  @MethodSource("cbor")
  @FuzzTest
  void whatIsReadAsCborHasExactlyTheseBytes(byte[] bytes) {
    Decoding.of(bytes, Cbor::decode, ErrorCode.INPUT_MALFORMED)
        .ifPresent(value -> assertThat(Cbor.encode(value)).isEqualTo(bytes));
  }

  static Stream<Arguments> messages() {
    return Stream.of(
        seed(CoseSign1.sign(new byte[] {1, 2}, "text/plain", new byte[] {7}, SIGNER).bytes()));
  }

  @MethodSource("messages")
  @FuzzTest
  void whatIsReadAsCoseHasExactlyTheseBytes(byte[] bytes) {
    Decoding.of(bytes, CoseSign1::parse, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            message -> {
              assertThat(message.bytes()).isEqualTo(bytes);
              message.verify(KEY.getPublic());
              message.keyIdentifier();
            });
  }

  static Stream<Arguments> payloads() throws IOException {
    Path release = Files.createTempDirectory("release");
    try {
      Files.writeString(release.resolve("a.txt"), "a");
      Files.createDirectories(release.resolve("b"));
      Files.writeString(release.resolve("b/c.txt"), "c");
      ReleaseManifest.sign(release, "ko", "ko", NOW, Map.of("seed", "1"), SIGNER);
      CoseSign1 signed = CoseSign1.parse(Files.readAllBytes(release.resolve("manifest.cose")));
      return Stream.of(seed(signed.payload().value()));
    } finally {
      AtomicFiles.delete(release);
    }
  }

  /// The payload is well signed: only so does anything behind the signature get to see it.
  @MethodSource("payloads")
  @FuzzTest
  void aSignedManifestIsComparedWithTheFolderOrRefused(byte[] payload) throws IOException {
    Path release = Files.createDirectories(folder.resolve("release"));
    Files.writeString(release.resolve("a.txt"), "a");
    CoseSign1 message =
        CoseSign1.sign(
            payload,
            "application/vnd.dure.release+cbor",
            HexFormat.of().parseHex(KeyFiles.fingerprint(KEY.getPublic())),
            SIGNER);
    Files.write(release.resolve(ReleaseManifest.MANIFEST_FILE), message.bytes());
    KeyFiles.writePublic(release.resolve(ReleaseManifest.KEY_FILE), KEY.getPublic());
    Decoding.of(
            payload,
            bytes -> ReleaseManifest.verify(release, KEY.getPublic()),
            ErrorCode.SIGNATURE_INVALID)
        .ifPresent(
            verified ->
                verified
                    .differences()
                    .forEach(difference -> assertThat(difference.toString()).isNotBlank()));
  }

  static Stream<Arguments> publicKeys() {
    return Stream.of(seed(KeyFiles.pem(KEY.getPublic())));
  }

  @MethodSource("publicKeys")
  @FuzzTest
  void aPublicKeyIsReadInItsOneFormOrRefused(byte[] bytes) {
    Decoding.of(
            bytes,
            pem -> KeyFiles.publicKey(new String(pem, UTF_8), "fuzz"),
            ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            key -> assertThat(KeyFiles.publicKey(KeyFiles.pem(key), "again")).isEqualTo(key));
  }

  static Stream<Arguments> privateKeys() throws IOException {
    Path file = Files.createTempDirectory("key").resolve("key.pem");
    KeyFiles.create(file);
    try {
      return Stream.of(seed(Files.readAllBytes(file)));
    } finally {
      AtomicFiles.delete(file.getParent());
    }
  }

  @MethodSource("privateKeys")
  @FuzzTest
  void aPrivateKeyIsReadWithItsPublicOneOrRefused(byte[] bytes) throws IOException {
    Path file = folder.resolve("key.pem");
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Decoding.of(bytes, pem -> KeyFiles.read(file), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            pair -> {
              byte[] signature =
                  Signatures.signer(pair.getPrivate(), pair.getPublic()).sign(new byte[1]);
              assertThat(Signatures.verify(pair.getPublic(), new byte[1], signature)).isTrue();
            });
  }

  static Stream<Arguments> requests() {
    return Stream.of(seed(CertificateRequest.create("ko", KEY).pem()));
  }

  @MethodSource("requests")
  @FuzzTest
  void aCertificateRequestIsReadOrRefused(byte[] bytes) {
    Decoding.of(
            bytes,
            pem -> CertificateRequest.parse(new String(pem, UTF_8), "fuzz"),
            ErrorCode.INPUT_MALFORMED,
            ErrorCode.SIGNATURE_INVALID)
        .ifPresent(
            request -> {
              CertificateRequest again = CertificateRequest.parse(request.pem(), "again");
              assertThat(again.region()).isEqualTo(request.region()).matches("[a-z0-9-]{1,32}");
            });
  }

  /// The same without the armour, so that a change in one byte of the request is one.
  @MethodSource("requestBytes")
  @FuzzTest
  void theBytesOfACertificateRequestAreReadOrRefused(byte[] bytes) {
    aCertificateRequestIsReadOrRefused(Pem.encode(Pem.CERTIFICATE_REQUEST, bytes).getBytes(UTF_8));
  }

  static Stream<Arguments> requestBytes() {
    return Stream.of(
        seed(
            Pem.decodeOne(
                CertificateRequest.create("ko", KEY).pem(), Pem.CERTIFICATE_REQUEST, "seed")));
  }

  static Stream<Arguments> certificates() throws Exception {
    Path home = Files.createTempDirectory("authority");
    try {
      CertificateAuthority authority =
          CertificateAuthority.create(
              home.resolve("authority"), "study", Duration.ofDays(9), InstantSource.fixed(NOW));
      return Stream.of(seed(authority.certificate().getEncoded()));
    } finally {
      AtomicFiles.delete(home);
    }
  }

  @MethodSource("certificates")
  @FuzzTest
  void aCertificateIsReadAndCheckedOrRefused(byte[] bytes) {
    String pem = Pem.encode(Pem.CERTIFICATE, bytes);
    Decoding.of(bytes, der -> Certificates.parse(pem, "fuzz"), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            certificates -> {
              assertThat(Certificates.pem(certificates)).isEqualTo(pem);
              for (Certificates.Role role : Certificates.Role.values()) {
                try {
                  Certificates.check(certificates.getFirst(), certificates, role, NOW);
                } catch (DureException e) {
                  assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID);
                }
              }
              try {
                assertThat(Certificates.name(certificates.getFirst())).isNotNull();
              } catch (DureException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID);
              }
              PublicKey key = certificates.getFirst().getPublicKey();
              assertThat(key).isNotNull();
            });
  }

  static Stream<Arguments> invitations() {
    return Stream.of(
        seed(
            InvitationCode.create(
                    URI.create("https://hub.example:8402"), "ab".repeat(32), "ko", "ko", NOW)
                .text()),
        seed("DURE1-"));
  }

  @MethodSource("invitations")
  @FuzzTest
  void anInvitationCodeIsReadOrRefused(byte[] bytes) {
    Decoding.of(
            bytes,
            text -> InvitationCode.parse(new String(text, UTF_8)),
            ErrorCode.INVITATION_INVALID)
        .ifPresent(
            code -> assertThat(InvitationCode.parse(code.text()).text()).isEqualTo(code.text()));
  }

  static Stream<Arguments> enrolments() {
    InvitationCode code =
        InvitationCode.create(
            URI.create("https://hub.example:8402"), "ab".repeat(32), "ko", "ko", NOW);
    return Stream.of(
        seed(EnrolmentRequest.of(code, CertificateRequest.create("ko", KEY)).bytes()),
        seed(
            new EnrolmentAnswer(1, EnrolmentAnswer.APPROVED, "ko", "ko", "pem", "pem", "toml", 7)
                .bytes()));
  }

  @MethodSource("enrolments")
  @FuzzTest
  void anEnrolmentIsReadOrRefused(byte[] bytes) {
    Decoding.of(bytes, EnrolmentRequest::parse, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            request -> {
              assertThat(EnrolmentRequest.parse(request.bytes())).isEqualTo(request);
              assertThat(request.proves("00".repeat(32), "ab".repeat(32))).isFalse();
            });
    Decoding.of(bytes, EnrolmentAnswer::parse, ErrorCode.PEER_MISBEHAVED)
        .ifPresent(answer -> assertThat(EnrolmentAnswer.parse(answer.bytes())).isEqualTo(answer));
  }
}
