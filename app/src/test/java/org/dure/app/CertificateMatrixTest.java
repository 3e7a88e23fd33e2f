package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Signatures;
import org.dure.federation.client.EnrolmentLink;
import org.dure.federation.server.HubServer;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.TlsIdentity;
import org.dure.provenance.CertificateAuthority;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Certificates;
import org.dure.provenance.EnrolmentAnswer;
import org.dure.provenance.EnrolmentRequest;
import org.dure.provenance.InvitationCode;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.Register;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who is refused at the hub's port, over real TLS, by which name.
@Timeout(60)
class CertificateMatrixTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final String STUDY =
      """
      name = "matrix"
      workload = "rehearsal"
      rounds = 3
      steps = 2
      regions.ko.language = "ko"
      regions.ja.language = "ja"
      rehearsal.bytes = 4000
      """;

  @TempDir Path folder;

  private final KeyPair key = Signatures.newKeyPair();
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final List<HttpClient> clients = new CopyOnWriteArrayList<>();
  private LiveHub live;
  private Register register;
  private HubServer hub;

  @BeforeEach
  void aHub() {
    live = new LiveHub(folder.resolve("hub"), STUDY, said::add);
    register = live.register;
    hub = live.server;
  }

  @AfterEach
  void stop() {
    clients.forEach(HttpClient::shutdownNow);
    live.close();
  }

  private URI uri(String path) {
    return URI.create("https://127.0.0.1:%d%s".formatted(hub.port(), path));
  }

  private X509Certificate authority() {
    return register.authority().certificate();
  }

  private X509Certificate admitted(String region) {
    return register.admit(CertificateRequest.create(region, key), "").x509();
  }

  /// A client that shows this certificate whatever it is good for.
  private HttpClient client(KeyPair own, X509Certificate shown) {
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(context(own, shown))
            .build();
    clients.add(client);
    return client;
  }

  private SSLContext context(KeyPair own, X509Certificate... shown) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("authority", authority());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      KeyManager[] keys = new KeyManager[0];
      if (shown.length > 0) {
        KeyStore mine = KeyStore.getInstance("PKCS12");
        mine.load(null, null);
        mine.setKeyEntry("own", own.getPrivate(), new char[0], shown);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(mine, new char[0]);
        keys = factory.getKeyManagers();
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<byte[]> ask(HttpClient client, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /// The name of the refusal, or `200`.
  private String asked(HttpClient client) throws Exception {
    HttpResponse<byte[]> answer = ask(client, "/v1/state");
    return answer.statusCode() == 200
        ? "200"
        : String.valueOf(Json.object(answer.body()).get("reason"));
  }

  private String asked(X509Certificate shown) throws Exception {
    return asked(client(key, shown));
  }

  private long counted(String region, String refusal) {
    StudyStatus status = hub.status();
    if (region.isEmpty()) {
      return status.strangers().getOrDefault(refusal, 0L);
    }
    return status.regions().stream()
        .filter(one -> one.name().equals(region) && one.standing().refusals().containsKey(refusal))
        .mapToLong(one -> one.standing().refusals().get(refusal).count())
        .sum();
  }

  @Test
  void aRegionOnRecordIsLetIn() throws Exception {
    assertThat(asked(admitted("ko"))).isEqualTo("200");
  }

  @Test
  void whoShowsNoCertificateReachesOnlyTheEnrolment() throws Exception {
    HttpClient stranger = HttpClient.newBuilder().sslContext(context(key)).build();
    clients.add(stranger);
    assertThat(asked(stranger)).isEqualTo("NO_CERTIFICATE");
    for (String path : List.of("/v1/enrolment/renewal", "/v1/enrolment/x", "/", "/v1/enrolment/")) {
      HttpResponse<byte[]> answer = ask(stranger, path);
      assertThat(Json.object(answer.body()).get("reason")).as(path).isEqualTo("NO_CERTIFICATE");
    }
    assertThat(counted("", "NO_CERTIFICATE")).isEqualTo(5);
  }

  @Test
  void aCertificateOfTheAuthorityThatIsNotOnRecordIsUnknown() throws Exception {
    X509Certificate forged =
        CertificateAuthority.open(live.home.resolve("authority"), CLOCK)
            .issueRegion(CertificateRequest.create("ko", key), Duration.ofDays(9));
    assertThat(asked(forged)).isEqualTo("CERTIFICATE_UNKNOWN");
    assertThat(counted("ko", "CERTIFICATE_UNKNOWN")).isEqualTo(1);
  }

  @Test
  void anExpiredAndAnEarlyCertificateAreRefusedWithTheHubsClock() throws Exception {
    for (int days : new int[] {-500, 30}) {
      InstantSource then = () -> CLOCK.instant().plus(Duration.ofDays(days));
      X509Certificate certificate =
          Register.of(live.home, then).admit(CertificateRequest.create("ko", key), "").x509();
      String expected = days < 0 ? "CERTIFICATE_EXPIRED" : "CERTIFICATE_NOT_YET_VALID";
      assertThat(asked(certificate)).isEqualTo(expected);
    }
  }

  @Test
  void aClockThatIsADayWrongDoesNoHarm() throws Exception {
    InstantSource late = () -> CLOCK.instant().plus(Duration.ofHours(30));
    assertThat(
            asked(
                Register.of(live.home, late)
                    .admit(CertificateRequest.create("ko", key), "")
                    .x509()))
        .isEqualTo("200");
  }

  @Test
  void aRevocationEndsConnectionsThatAreOpenAndNewOnesWithItsReason() throws Exception {
    X509Certificate own = admitted("ko");
    HttpClient open = client(key, own);
    assertThat(asked(open)).isEqualTo("200");
    assertThat(Register.of(live.home, CLOCK).revoke("ko", "lost laptop")).hasSize(1);
    while (asked(open).equals("200")) {
      Thread.sleep(20);
    }
    assertThat(asked(open)).isIn("CERTIFICATE_REVOKED");
    assertThat(asked(own)).isEqualTo("CERTIFICATE_REVOKED");
    assertThat(new String(ask(open, "/v1/state").body(), StandardCharsets.UTF_8))
        .contains("lost laptop");
    assertThat(asked(client(key, admitted("ja")))).isNotEqualTo("CERTIFICATE_REVOKED");
  }

  @Test
  void aRequestThatWaitsForNewsIsRefusedWhenItsCertificateEndsMeanwhile() throws Exception {
    HttpClient open = client(key, admitted("ko"));
    var waiting =
        open.sendAsync(
            HttpRequest.newBuilder(uri("/v1/state?after=1000&wait=4")).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    Thread.sleep(300);
    assertThat(register.revoke("ko", "meanwhile")).hasSize(1);
    assertThat(waiting.get().statusCode()).isEqualTo(403);
  }

  @Test
  void aCertificateThatIsSupersededIsRefused() throws Exception {
    X509Certificate old = admitted("ko");
    Thread.sleep(5);
    X509Certificate renewed =
        register.admit(CertificateRequest.create("ko", Signatures.newKeyPair()), "").x509();
    assertThat(asked(old)).isEqualTo("200");
    register.spoke(renewed);
    while (asked(old).equals("200")) {
      Thread.sleep(20);
    }
    assertThat(asked(old)).isEqualTo("CERTIFICATE_SUPERSEDED");
  }

  @Test
  void certificatesOfOtherAuthoritiesAreForeignAlsoUnderTheSameName() {
    for (String name : List.of("matrix", "another study")) {
      X509Certificate foreign =
          CertificateAuthority.create(folder.resolve(name), name, Duration.ofDays(9), CLOCK)
              .issueRegion(CertificateRequest.create("ko", key), Duration.ofDays(9));
      assertThatThrownBy(() -> asked(foreign)).isInstanceOf(IOException.class);
    }
    assertThat(counted("", "CERTIFICATE_FOREIGN")).isGreaterThanOrEqualTo(2);
  }

  @Test
  void theHubsOwnCertificateCannotSpeakAsARegion() {
    KeyPair hubs = KeyFiles.read(live.home.resolve("key.pem"));
    HttpClient pretending = client(hubs, register.hubCertificate());
    assertThatThrownBy(() -> asked(pretending)).isInstanceOf(IOException.class);
    assertThat(counted("", "CERTIFICATE_ROLE")).isGreaterThanOrEqualTo(1);
  }

  @Test
  void aRegionsCertificateCannotAnswerAsAHub() throws Exception {
    X509Certificate own = admitted("ko");
    SSLContext context = context(key, own, authority());
    try (SSLServerSocket socket =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 9, InetAddress.getByName("127.0.0.1"))) {
      Thread server =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 2; i++) {
                      try (var one = socket.accept()) {
                        int unused = one.getInputStream().read();
                      } catch (IOException e) {
                        // The caller has gone, as it should.
                        continue;
                      }
                    }
                  });
      URI there = URI.create("https://127.0.0.1:" + socket.getLocalPort());
      String pin = KeyFiles.fingerprint(authority().getPublicKey());
      TlsIdentity identity = new TlsIdentity(key.getPrivate(), List.of(own), authority());
      try (EnrolmentLink invited = EnrolmentLink.pinned(there, pin, Optional.empty(), CLOCK);
          EnrolmentLink member = EnrolmentLink.of(there, identity, Optional.empty())) {
        for (EnrolmentLink link : List.of(invited, member)) {
          assertThatThrownBy(() -> link.renew(new byte[2]))
              .isInstanceOfSatisfying(
                  DureException.class,
                  e -> assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID));
        }
      }
      server.interrupt();
    }
  }

  @Test
  void aRegionCannotSendAMessageOfAnother() throws Exception {
    X509Certificate own = admitted("ja");
    byte[] message =
        ("{\"kind\":\"activity\",\"study\":\"%s\",\"region\":\"ko\",\"sequence\":0,\"round\":0,"
                + "\"doing\":\"training\",\"done\":0,\"total\":0}")
            .formatted(live.workloadConfig.study().digest())
            .getBytes(StandardCharsets.UTF_8);
    byte[] signature = Signatures.signer(key.getPrivate(), key.getPublic()).sign(message);
    HttpResponse<byte[]> answer =
        client(key, own)
            .send(
                HttpRequest.newBuilder(uri("/v1/messages"))
                    .header("Dure-Signature", Base64.getEncoder().encodeToString(signature))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(message))
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    assertThat(Json.object(answer.body()).get("reason")).isEqualTo("WRONG_REGION");
  }

  @Test
  void tls12IsRefused() {
    SSLParameters old = new SSLParameters();
    old.setProtocols(new String[] {"TLSv1.2"});
    HttpClient client =
        HttpClient.newBuilder().sslContext(context(key, admitted("ko"))).sslParameters(old).build();
    clients.add(client);
    assertThatThrownBy(() -> asked(client)).isInstanceOf(IOException.class);
  }

  @Test
  void anInvitedRegionReachesTheHubThatTheCodeNamesAndNoOther() throws Exception {
    InvitationCode code = register.invite(uri(""), "vi", "vi", Duration.ofDays(1));
    byte[] request = EnrolmentRequest.of(code, CertificateRequest.create("vi", key)).bytes();
    try (EnrolmentLink link =
        EnrolmentLink.pinned(code.hub(), code.authority(), Optional.empty(), CLOCK)) {
      assertThat(EnrolmentAnswer.parse(link.enrol(request)).granted()).isFalse();
      var unused = register.approve("vi", "", Duration.ofDays(9));
      EnrolmentAnswer answer = EnrolmentAnswer.parse(link.enrol(request));
      assertThat(answer.study()).isEqualTo(live.workloadConfig.study().toml());
      X509Certificate own = Certificates.parse(answer.certificate(), "answer").getFirst();
      while (!asked(own).equals("200")) {
        Thread.sleep(20);
      }
      assertThatThrownBy(() -> link.enrol(new byte[20_000])).hasMessageContaining("TOO_LARGE");
    }
    String other = KeyFiles.fingerprint(Signatures.newKeyPair().getPublic());
    try (EnrolmentLink link = EnrolmentLink.pinned(code.hub(), other, Optional.empty(), CLOCK)) {
      assertThatThrownBy(() -> link.enrol(request))
          .hasMessageContaining("not from the authority that the invitation names");
    }
    InstantSource wrong = () -> CLOCK.instant().minus(Duration.ofDays(900));
    try (EnrolmentLink link =
        EnrolmentLink.pinned(code.hub(), code.authority(), Optional.empty(), wrong)) {
      assertThatThrownBy(() -> link.enrol(request)).hasMessageContaining("set the clock");
    }
  }

  @Test
  void ofTwentyFourThatUseAnInvitationAtOnceOneIsTaken() throws Exception {
    InvitationCode code = register.invite(uri(""), "vi", "vi", Duration.ofDays(1));
    CountDownLatch begin = new CountDownLatch(1);
    List<String> answers = new CopyOnWriteArrayList<>();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      KeyPair own = Signatures.newKeyPair();
      byte[] request = EnrolmentRequest.of(code, CertificateRequest.create("vi", own)).bytes();
      all.add(
          Thread.startVirtualThread(
              () -> {
                try (EnrolmentLink link =
                    EnrolmentLink.pinned(code.hub(), code.authority(), Optional.empty(), CLOCK)) {
                  begin.await();
                  answers.add(EnrolmentAnswer.parse(link.enrol(request)).state());
                } catch (DureException e) {
                  answers.add(e.code().name());
                } catch (IOException | InterruptedException e) {
                  answers.add(e.toString());
                }
              }));
    }
    begin.countDown();
    for (Thread one : all) {
      one.join();
    }
    assertThat(answers).hasSize(24);
    assertThat(answers).filteredOn(EnrolmentAnswer.WAITING::equals).hasSize(1);
    assertThat(answers).filteredOn(ErrorCode.INVITATION_INVALID.name()::equals).hasSize(23);
    assertThat(register.picture().requests()).hasSize(1);
  }

  @Test
  void guessingInvitationsIsSlowedDown() throws Exception {
    String authority = KeyFiles.fingerprint(authority().getPublicKey());
    InvitationCode guessed =
        InvitationCode.create(uri(""), authority, "ko", "ko", CLOCK.instant().plusSeconds(99));
    byte[] request = EnrolmentRequest.of(guessed, CertificateRequest.create("ko", key)).bytes();
    try (EnrolmentLink link =
        EnrolmentLink.pinned(guessed.hub(), authority, Optional.empty(), CLOCK)) {
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> link.enrol(request)).hasMessageContaining("does not hold here");
      }
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 500; i++) {
                  try {
                    var unused = link.enrol(request);
                  } catch (DureException e) {
                    continue;
                  }
                }
              })
          .hasMessageContaining("TOO_OFTEN");
    }
  }

  @Test
  void theHubsRenewedCertificateIsTakenUpWhileRunning() throws Exception {
    X509Certificate before = shown();
    var unused = register.renewHub(List.of());
    while (shown().equals(before)) {
      Thread.sleep(20);
    }
    assertThat(shown()).isEqualTo(register.hubCertificate());
  }

  private X509Certificate shown() throws IOException {
    try (var socket =
        (SSLSocket) context(key).getSocketFactory().createSocket("127.0.0.1", hub.port())) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }
}
