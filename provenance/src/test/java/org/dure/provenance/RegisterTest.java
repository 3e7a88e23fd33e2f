package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dure.provenance.Refusals.assertRefused;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Signatures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegisterTest {
  private static final URI HUB = URI.create("https://hub.example:8402");
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path home;
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-22T12:00:00Z"));
  private final InstantSource clock = () -> now.get();
  private final KeyPair key = Signatures.newKeyPair();
  private Register register;

  @BeforeEach
  void aHub() {
    register = Register.of(home, clock);
    assertThat(register.initialise("demo", List.of("hub.example"))).isTrue();
  }

  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private InvitationCode invite() {
    return register.invite(HUB, "ko", "ko", WEEK);
  }

  private static EnrolmentRequest request(InvitationCode code, String region, KeyPair own) {
    return EnrolmentRequest.of(code, CertificateRequest.create(region, own));
  }

  private EnrolmentAnswer enrol(InvitationCode code) {
    return register.enrol(request(code, "ko", key), "name = 'demo'");
  }

  private X509Certificate admitted() {
    InvitationCode code = invite();
    EnrolmentAnswer waiting = enrol(code);
    assertThat(waiting.granted()).isFalse();
    pass(Duration.ofSeconds(1));
    return register.approve("ko", "", Register.VALIDITY).x509();
  }

  @Test
  void aHubIsInitialisedOnce() {
    X509Certificate hub = register.hubCertificate();
    assertThat(register.initialise("demo", List.of())).isFalse();
    assertThat(register.hubCertificate()).isEqualTo(hub);
    assertThat(Certificates.hosts(hub)).contains("hub.example", "127.0.0.1");
    assertThat(register.picture().of(hub).orElseThrow().holder().role())
        .isEqualTo(Certificates.Role.HUB);
  }

  @Test
  void anInvitedRegionWaitsUntilItIsApprovedAndThenGetsWhatItNeeds() {
    InvitationCode code = invite();
    assertThat(enrol(code).state()).isEqualTo(EnrolmentAnswer.WAITING);
    assertThat(enrol(code).state()).isEqualTo(EnrolmentAnswer.WAITING);
    assertThat(register.picture().requests())
        .singleElement()
        .satisfies(
            asked -> assertThat(asked.key()).isEqualTo(KeyFiles.fingerprint(key.getPublic())));

    Register.Issued issued = register.approve("ko", "", Register.VALIDITY);

    EnrolmentAnswer answer = enrol(code);
    assertThat(answer.granted()).isTrue();
    assertThat(answer.study()).isEqualTo("name = 'demo'");
    assertThat(Certificates.parse(answer.certificate(), "answer").getFirst())
        .isEqualTo(issued.x509());
    assertThat(register.picture().requests()).isEmpty();
    assertThat(EnrolmentAnswer.parse(answer.bytes())).isEqualTo(answer);
  }

  @Test
  void theSecretIsNowhereInTheHubsHome() throws IOException {
    InvitationCode code = invite();
    byte[] secret = code.secret();
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        assertThat(text)
            .doesNotContain(code.text())
            .doesNotContain(HexFormat.of().formatHex(secret))
            .doesNotContain(Base64.getEncoder().encodeToString(secret));
      }
    }
  }

  @Test
  void unknownExpiredUsedWithdrawnAndUnprovenInvitationsAreRefusedAlike() {
    InvitationCode used = invite();
    var unused = enrol(used);
    InvitationCode withdrawn = register.invite(HUB, "ja", "ja", WEEK);
    assertThat(register.revoke("ja", "mistake")).isEmpty();
    InvitationCode expired = invite();
    pass(WEEK.plusSeconds(1));
    String authority = KeyFiles.fingerprint(register.authority().certificate().getPublicKey());
    InvitationCode unknown =
        InvitationCode.create(HUB, authority, "ko", "ko", now.get().plus(WEEK));
    InvitationCode valid = invite();
    EnrolmentRequest moved =
        new EnrolmentRequest(
            2,
            request(valid, "ko", key).invitation(),
            CertificateRequest.create("ko", Signatures.newKeyPair()).pem(),
            request(valid, "ko", key).key(),
            request(valid, "ko", key).proof());
    List<EnrolmentRequest> wrong =
        List.of(
            request(used, "ko", Signatures.newKeyPair()),
            request(withdrawn, "ja", key),
            request(expired, "ko", key),
            request(unknown, "ko", key),
            request(valid, "fr", key),
            moved);
    Set<String> said = new HashSet<>();
    for (EnrolmentRequest request : wrong) {
      said.add(assertThrows(DureException.class, () -> register.enrol(request, "study")).report());
    }
    assertThat(said).singleElement().asString().contains("INVITATION_INVALID");
  }

  @Test
  void whatTheHubKeepsOfAnInvitationCannotEnrol() throws IOException {
    InvitationCode code = invite();
    Register.Invited kept = register.picture().invited().getFirst();
    String file = Files.readString(home.resolve("register/invitations/" + kept.id() + ".json"));
    assertThat(file).doesNotContain(code.text(), HexFormat.of().formatHex(code.secret()));
    String pem = CertificateRequest.create("ko", key).pem();
    String authority = code.authority();
    byte[] proved =
        ("dure enrolment 2\n" + authority + "\n" + kept.id() + "\n" + pem)
            .getBytes(StandardCharsets.UTF_8);
    // Whoever read the hub's disk has the name and the verifier: as a key, as a seed, as a proof.
    byte[] verifier = HexFormat.of().parseHex(kept.verifier());
    KeyPair made = KeyFiles.ofSeed(verifier.clone());
    KeyPair other = Signatures.newKeyPair();
    for (KeyPair forger : List.of(made, other)) {
      byte[] proof = Signatures.signer(forger.getPrivate(), forger.getPublic()).sign(proved);
      for (String shown :
          List.of(
              Signatures.encode(forger.getPublic()),
              Signatures.encode(code.prover().publicKey()),
              Base64.getEncoder().encodeToString(verifier))) {
        for (byte[] signature : List.of(proof, verifier, new byte[64])) {
          EnrolmentRequest forged =
              new EnrolmentRequest(
                  2, kept.id(), pem, shown, Base64.getEncoder().encodeToString(signature));
          assertRefused(
              ErrorCode.INVITATION_INVALID, () -> register.enrol(forged, "name = 'demo'"));
        }
      }
    }
    assertThat(enrol(code).granted()).isFalse();
  }

  @Test
  void ofTwentyFourThatComeAtOnceWithOneInvitationOneIsTaken() throws Exception {
    InvitationCode code = invite();
    List<Register> hubs = List.of(register, Register.of(home, clock));
    CountDownLatch begin = new CountDownLatch(1);
    AtomicInteger taken = new AtomicInteger();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Register hub = hubs.get(i % hubs.size());
      EnrolmentRequest asked = request(code, "ko", Signatures.newKeyPair());
      all.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  begin.await();
                  taken.addAndGet(hub.enrol(asked, "name = 'demo'").granted() ? 100 : 1);
                } catch (DureException e) {
                  assertThat(e.code()).isEqualTo(ErrorCode.INVITATION_INVALID);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    begin.countDown();
    for (Thread one : all) {
      one.join();
    }
    assertThat(taken.get()).isEqualTo(1);
    assertThat(register.picture().requests()).hasSize(1);
  }

  @Test
  void aHubThatDiesBeforeTheRequestIsThereTakesItFromTheSameKeyAndNoOther() throws IOException {
    InvitationCode code = invite();
    var unused = enrol(code);
    Register.Request asked = register.picture().requests().getFirst();
    Files.delete(home.resolve("register/requests/" + asked.key() + ".json"));
    assertRefused(
        ErrorCode.INVITATION_INVALID,
        () -> register.enrol(request(code, "ko", Signatures.newKeyPair()), "study"));
    assertThat(enrol(code).granted()).isFalse();
    assertThat(register.picture().requests()).containsExactly(asked);
  }

  @Test
  void aRegionThatWaitsForItsApprovalIsNotLostWhenTheInvitationExpires() {
    InvitationCode code = invite();
    assertThat(enrol(code).granted()).isFalse();
    pass(WEEK.multipliedBy(2));
    assertThat(enrol(code).granted()).isFalse();
    var unused = register.approve("ko", "", Register.VALIDITY);
    assertThat(enrol(code).granted()).isTrue();
  }

  @Test
  void theFileOfACertificateIsAsItWas() {
    Register.Issued issued =
        new Register.Issued(
            2,
            7L,
            "5a",
            new Register.Holder(Certificates.Role.REGION, "ko", "ko-KR", "ab"),
            new Register.Validity("2026-11-22T12:00:00Z", "2027-11-22T12:00:00Z"),
            new Register.Standing(Register.State.REVOKED, "2026-12-01T00:00:00Z", "lost"),
            "PEM");
    String json =
        """
        {"version":2,"number":7,"serial":"5a","role":"REGION","region":"ko","language":"ko-KR","key":"ab",\
        "from":"2026-11-22T12:00:00Z","to":"2027-11-22T12:00:00Z","state":"REVOKED",\
        "since":"2026-12-01T00:00:00Z","reason":"lost","certificate":"PEM"}""";

    assertThat(new String(Json.bytes(issued), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(Json.read(json, Register.Issued.class)).isEqualTo(issued);
    String first = json.replace("{\"version\":2,\"number\":7,", "{\"version\":1,");
    assertThat(Json.read(first, Register.Issued.class).number()).isZero();
  }

  private X509Certificate renewed(X509Certificate present, KeyPair next) {
    CertificateRequest request = CertificateRequest.create("ko", next);
    String pem = register.renew(present, request, "study").certificate();
    return Certificates.parse(pem, "answer").getFirst();
  }

  /// The request may have been on its way since before.
  @Test
  void withAnEndedCertificateNothingIsRenewed() {
    X509Certificate old = admitted();
    X509Certificate next = renewed(old, Signatures.newKeyPair());
    register.spoke(next);
    assertRefused(ErrorCode.CERTIFICATE_INVALID, () -> renewed(old, Signatures.newKeyPair()))
        .contains("superseded");
    assertThat(register.revoke("ko", "poisoned")).hasSize(1);
    assertRefused(ErrorCode.CERTIFICATE_INVALID, () -> renewed(next, Signatures.newKeyPair()))
        .contains("revoked", "poisoned");
    assertThat(register.picture().issued())
        .filteredOn(one -> one.holder().role() == Certificates.Role.REGION)
        .noneMatch(one -> one.standing().state() == Register.State.VALID);
  }

  @Test
  void anAbsurdNumberInARecordIsNamed() throws IOException {
    X509Certificate own = admitted();
    Path file =
        home.resolve("register/certificates").resolve(own.getSerialNumber().toString(16) + ".json");
    String record = Files.readString(file);
    for (String absurd : List.of("-1", "9223372036854775807")) {
      Files.writeString(file, record.replaceFirst("\"number\" : \\d+", "\"number\" : " + absurd));
      assertRefused(ErrorCode.ARTIFACT_CORRUPT, () -> register.picture()).contains("number");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-400, 400})
  void aNewKeyEndsTheOldOneWhateverTheClockSaidWhenEachWasCertified(long wrong) {
    X509Certificate old = admitted();
    pass(Duration.ofDays(wrong));
    X509Certificate next = renewed(old, Signatures.newKeyPair());
    pass(Duration.ofDays(1 - wrong));
    register.spoke(old);
    assertThat(state(next)).isEqualTo(Register.State.VALID);
    register.spoke(next);
    assertThat(state(old)).isEqualTo(Register.State.SUPERSEDED);
    assertThat(state(next)).isEqualTo(Register.State.VALID);
  }

  @Test
  void whatWasCertifiedWhileTheClockWasAheadIsCertifiedAgainForTheSameKey() {
    X509Certificate old = admitted();
    KeyPair next = Signatures.newKeyPair();
    pass(Duration.ofDays(400));
    X509Certificate early = renewed(old, next);
    pass(Duration.ofDays(-399));
    X509Certificate again = renewed(old, next);
    assertThat(again.getNotBefore().toInstant()).isBefore(now.get());
    assertThat(again.getPublicKey()).isEqualTo(early.getPublicKey());
    assertThat(state(early)).isEqualTo(Register.State.SUPERSEDED);
    assertThat(renewed(old, next)).isEqualTo(again);
    register.spoke(again);
    assertThat(state(old)).isEqualTo(Register.State.SUPERSEDED);
    assertThat(state(again)).isEqualTo(Register.State.VALID);
  }

  @Test
  void approvalNamesWhoAsksWhereTheNameIsWrongOrSeveralAsk() {
    assertRefused(ErrorCode.INPUT_MISSING, () -> register.approve("ko", "", Register.VALIDITY))
        .contains("those that ask are none");
    var first = enrol(invite());
    KeyPair other = Signatures.newKeyPair();
    var second = register.enrol(request(invite(), "ko", other), "study");
    assertRefused(
            ErrorCode.CONFIGURATION_INVALID, () -> register.approve("ko", "", Register.VALIDITY))
        .contains("2 keys ask", "--key");
    String digits = KeyFiles.fingerprint(other.getPublic()).substring(0, 12);
    assertThat(register.approve("ko", digits, Register.VALIDITY).holder().key()).startsWith(digits);
  }

  @Test
  void aRevokedRegionKeepsItsReasonAndItsKeyGetsNothingMore() {
    InvitationCode code = invite();
    var unused = enrol(code);
    X509Certificate own = register.approve("ko", "", Register.VALIDITY).x509();
    InvitationCode another = invite();

    assertThat(register.revoke("ko", "lost")).hasSize(1);

    Register.Issued record = register.picture().of(own).orElseThrow();
    assertThat(record.standing().state()).isEqualTo(Register.State.REVOKED);
    assertThat(record.standing().reason()).isEqualTo("lost");
    assertThatThrownBy(() -> enrol(another)).isInstanceOf(DureException.class);
    assertRefused(ErrorCode.CERTIFICATE_INVALID, () -> enrol(invite())).contains("revoked", "lost");
    assertRefused(ErrorCode.INPUT_MISSING, () -> register.revoke("vi", "no"))
        .contains("nothing to revoke");
  }

  @Test
  void aRegionThatNeverCameEndsWhereOthersWaitForIt() {
    InvitationCode code = invite();
    assertThat(register.revokeAwaited("ko", "never came")).isEmpty();
    assertThat(register.picture().invited()).isEmpty();
    assertThat(register.picture().issued())
        .filteredOn(issued -> issued.holder().region().equals("ko"))
        .singleElement()
        .satisfies(
            issued -> {
              assertThat(issued.standing().state()).isEqualTo(Register.State.REVOKED);
              assertThat(issued.standing().reason()).isEqualTo("never came");
            });
    assertThatThrownBy(() -> enrol(code)).isInstanceOf(DureException.class);
    assertRefused(ErrorCode.INPUT_MISSING, () -> register.revokeAwaited("ko", "again"))
        .contains("nothing to revoke");
    X509Certificate later = admitted();
    assertThat(register.picture().of(later).orElseThrow().standing().state())
        .isEqualTo(Register.State.VALID);
    assertThat(register.revokeAwaited("ko", "left")).hasSize(1);
  }

  @Test
  void takingBackWhatARevokedRegionDidEndsItsNewInvitationsToo() {
    X509Certificate unused = admitted();
    assertThat(register.revoke("ko", "lost")).hasSize(1);
    InvitationCode later = invite();
    assertThat(register.revokeAndUndo("ko", "poisoned", 0)).isEmpty();
    assertThat(register.picture().invited()).isEmpty();
    assertThatThrownBy(() -> enrol(later)).isInstanceOf(DureException.class);
    assertThat(register.revokeAndUndo("ko", "again", 0)).isEmpty();
  }

  @Test
  void aNewKeyEndsTheOldOneWhenItHasSpokenAndNotBefore() {
    X509Certificate old = admitted();
    pass(Duration.ofDays(300));
    KeyPair next = Signatures.newKeyPair();
    CertificateRequest request = CertificateRequest.create("ko", next);
    EnrolmentAnswer answer = register.renew(old, request, "study");
    X509Certificate renewed = Certificates.parse(answer.certificate(), "answer").getFirst();
    assertThat(register.renew(old, request, "study").certificate()).isEqualTo(answer.certificate());
    assertThat(renewed.getNotAfter().toInstant()).isEqualTo(now.get().plus(Register.VALIDITY));
    assertThat(state(old)).isEqualTo(Register.State.VALID);

    register.spoke(old);
    assertThat(state(renewed)).isEqualTo(Register.State.VALID);
    register.spoke(renewed);

    assertThat(state(old)).isEqualTo(Register.State.SUPERSEDED);
    assertThat(state(renewed)).isEqualTo(Register.State.VALID);
  }

  private Register.State state(X509Certificate certificate) {
    return register.picture().of(certificate).orElseThrow().standing().state();
  }

  @Test
  void aRegionCannotRenewForAnotherNorWithoutEnd() {
    X509Certificate own = admitted();
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () -> register.renew(own, CertificateRequest.create("ja", key), "study"))
        .contains("\"ja\"", "\"ko\"");
    for (int i = 0; i < 3; i++) {
      var unused =
          register.renew(own, CertificateRequest.create("ko", Signatures.newKeyPair()), "study");
    }
    assertRefused(
            ErrorCode.CERTIFICATE_INVALID,
            () ->
                register.renew(
                    own, CertificateRequest.create("ko", Signatures.newKeyPair()), "study"))
        .contains("no more are issued");
  }

  /// Each renewal is taken up at once: it is the pace that is bounded, and what is left of it.
  @Test
  void aRegionThatRenewsAndRenewsIsSlowedDownAndLeavesFewRecordsBehind() {
    X509Certificate own = admitted();
    int renewed = 0;
    for (int day = 0; day < 3; day++) {
      for (int i = 0; i < 20; i++) {
        try {
          CertificateRequest request = CertificateRequest.create("ko", Signatures.newKeyPair());
          String pem = register.renew(own, request, "study").certificate();
          own = Certificates.parse(pem, "answer").getFirst();
          pass(Duration.ofSeconds(1));
          register.spoke(own);
          renewed++;
        } catch (DureException e) {
          assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID);
          assertThat(e).hasMessageContaining("within a day");
        }
      }
      assertThat(state(own)).isEqualTo(Register.State.VALID);
      pass(Duration.ofDays(2));
    }
    assertThat(renewed).isBetween(15, 24);
    assertThat(register.picture().issued()).hasSizeLessThanOrEqualTo(14);
  }

  @Test
  void theHubsCertificateIsRenewedForTheSameKeyAndNames() {
    X509Certificate old = register.hubCertificate();
    pass(Duration.ofDays(10));
    var unused = register.renewHub(List.of());
    X509Certificate renewed = register.hubCertificate();
    assertThat(renewed.getPublicKey()).isEqualTo(old.getPublicKey());
    assertThat(Certificates.hosts(renewed)).isEqualTo(Certificates.hosts(old));
    assertThat(state(old)).isEqualTo(Register.State.SUPERSEDED);
  }

  @Test
  void whatAnotherProcessWritesIsSeen() {
    X509Certificate own = admitted();
    assertThat(register.lately().of(own).orElseThrow().standing().state())
        .isEqualTo(Register.State.VALID);
    Register other = Register.of(home, clock);
    assertThat(other.revoke("ko", "elsewhere")).hasSize(1);
    assertThat(state(own)).isEqualTo(Register.State.REVOKED);
  }

  @Test
  void aDamagedRecordIsNamed() throws IOException {
    X509Certificate own = admitted();
    Path file =
        home.resolve("register/certificates/" + own.getSerialNumber().toString(16) + ".json");
    Files.writeString(file, "{\"version\":1");
    assertRefused(ErrorCode.ARTIFACT_CORRUPT, () -> register.picture())
        .contains(file.getFileName().toString());
  }

  @Test
  void hostileEnrolmentsAreMalformedOrRefusedAndNothingElse() {
    for (String json :
        List.of(
            "",
            "{}",
            "[]",
            "{\"version\":1}",
            "{\"version\":1,\"invitation\":\"a\",\"request\":\"b\",\"key\":\"\",\"proof\":\"c\"}",
            "{\"version\":2,\"invitation\":\"a\",\"request\":\"b\",\"proof\":\"c\"}",
            "{\"version\":2,\"invitation\":null,\"request\":\"b\",\"key\":\"\",\"proof\":\"\"}")) {
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> EnrolmentRequest.parse(json.getBytes()));
    }
    EnrolmentRequest strange =
        EnrolmentRequest.parse(
            ("{\"version\":2,\"invitation\":\"../../x\",\"request\":\"b\",\"key\":\"?\","
                    + "\"proof\":\"%%\"}")
                .getBytes());
    assertRefused(ErrorCode.INVITATION_INVALID, () -> register.enrol(strange, "study"));
  }
}
