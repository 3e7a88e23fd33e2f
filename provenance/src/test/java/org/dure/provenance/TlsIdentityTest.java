package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real TLS 1.3 handshakes over the loopback, certificates on both sides.
class TlsIdentityTest {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path home;
  private CertificateAuthority authority;
  private final KeyPair hubKey = Signatures.newKeyPair();
  private final KeyPair regionKey = Signatures.newKeyPair();

  /// What each side saw of one connection.
  private record Outcome(Object server, Object client) {}

  @BeforeEach
  void anAuthority() {
    authority = authority("study", InstantSource.system());
  }

  private CertificateAuthority authority(String name, InstantSource clock) {
    return CertificateAuthority.create(home.resolve(name), name, DAY.multipliedBy(90), clock);
  }

  private TlsIdentity hub(CertificateAuthority issuer) {
    return new TlsIdentity(
        hubKey.getPrivate(),
        List.of(issuer.issueHub(hubKey.getPublic(), List.of(), DAY)),
        List.of(authority.certificate()));
  }

  private TlsIdentity region(CertificateAuthority issuer) {
    CertificateRequest request = CertificateRequest.create("ko", regionKey);
    return new TlsIdentity(
        regionKey.getPrivate(),
        List.of(issuer.issueRegion(request, DAY)),
        List.of(authority.certificate()));
  }

  private CertificateAuthority lastMonth() {
    InstantSource past = InstantSource.offset(InstantSource.system(), DAY.multipliedBy(-30));
    return CertificateAuthority.open(home.resolve("study"), past);
  }

  @Test
  void hubAndRegionKnowEachOtherByTheirEd25519Keys() throws Exception {
    Outcome outcome = connect(hub(authority), region(authority));
    assertThat(outcome.server()).isEqualTo("TLSv1.3 ko");
    assertThat(outcome.client()).isEqualTo("hello ko");
  }

  @Test
  void aRegionOfAnotherStudyIsForeign() throws Exception {
    Outcome outcome = connect(hub(authority), region(authority("other", InstantSource.system())));
    assertRefusal(outcome.server(), "has none of an authority trusted here");
    assertThat(outcome.client()).isInstanceOf(IOException.class);
  }

  @Test
  void anExpiredRegionIsRefusedByTheHub() throws Exception {
    Outcome outcome = connect(hub(authority), region(lastMonth()));
    assertRefusal(outcome.server(), "the other side's certificate has expired");
    assertThat(outcome.client()).isInstanceOf(IOException.class);
  }

  @Test
  void aForeignHubIsRefusedByTheRegion() throws Exception {
    Outcome outcome = connect(hub(authority("other", InstantSource.system())), region(authority));
    assertRefusal(outcome.client(), "the other side's certificate is foreign");
    assertThat(outcome.server()).isInstanceOf(IOException.class);
  }

  @Test
  void anExpiredHubIsRefusedByTheRegion() throws Exception {
    Outcome outcome = connect(hub(lastMonth()), region(authority));
    assertRefusal(outcome.client(), "the other side's certificate has expired");
  }

  @Test
  void aRegionsCertificateIsNoHubs() throws Exception {
    Outcome outcome = connect(region(authority), region(authority));
    assertThat(outcome.client()).isInstanceOf(IOException.class);
  }

  @Test
  void trafficThatIsNoTlsIsNotCalledACertificateProblem() throws Exception {
    try (SSLServerSocket server = serverSocket(hub(authority));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Object> served = threads.submit(() -> serve(server));
      try (Socket plain = new Socket(server.getInetAddress(), server.getLocalPort())) {
        plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        plain.getOutputStream().flush();
        assertThat(TlsIdentity.refusal((Exception) served.get())).isEmpty();
      }
    }
  }

  @Test
  void alertsOfTheOtherSideArePutIntoWords() {
    for (List<String> alert :
        List.of(
            List.of("certificate_expired", "it has expired"),
            List.of("certificate_unknown", "it is foreign"),
            List.of("unknown_ca", "it is foreign"),
            List.of("bad_certificate", "none was shown"),
            List.of("certificate_required", "none was shown"))) {
      String message = "(%1$s) Received fatal alert: %1$s".formatted(alert.getFirst());
      assertRefusal(
          new IOException("wrapped", new SSLHandshakeException(message)), alert.getLast());
    }
    assertThat(
            TlsIdentity.refusal(
                new SSLHandshakeException("Received fatal alert: handshake_failure")))
        .isEmpty();
    assertThat(TlsIdentity.refusal(new IOException("Connection refused"))).isEmpty();
  }

  @Test
  void anIdentityNeedsCertificates() {
    X509Certificate certificate = authority.certificate();
    Refusals.assertRefused(
        ErrorCode.CERTIFICATE_INVALID,
        () -> new TlsIdentity(hubKey.getPrivate(), List.of(), List.of(certificate)));
    Refusals.assertRefused(
        ErrorCode.CERTIFICATE_INVALID,
        () -> new TlsIdentity(hubKey.getPrivate(), List.of(certificate), List.of()));
  }

  private static void assertRefusal(Object failure, String why) {
    if (!(failure instanceof Exception exception)) {
      fail("connected: " + failure);
      return;
    }
    DureException refusal =
        TlsIdentity.refusal(exception)
            .orElseThrow(() -> new AssertionError("not a certificate problem", exception));
    assertThat(refusal.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID);
    assertThat(refusal.getMessage()).contains(why);
  }

  private static SSLServerSocket serverSocket(TlsIdentity identity) throws IOException {
    SSLServerSocket server =
        (SSLServerSocket)
            identity
                .context()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
    server.setNeedClientAuth(true);
    server.setSoTimeout(20_000);
    return server;
  }

  private static Outcome connect(TlsIdentity serverSide, TlsIdentity clientSide) throws Exception {
    try (SSLServerSocket server = serverSocket(serverSide);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Object> served = threads.submit(() -> serve(server));
      Object client;
      try (SSLSocket socket =
          (SSLSocket)
              clientSide
                  .context()
                  .getSocketFactory()
                  .createSocket("127.0.0.1", server.getLocalPort())) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        client = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        client = e;
      }
      return new Outcome(served.get(), client);
    }
  }

  private static Object serve(SSLServerSocket server) {
    try (SSLSocket socket = (SSLSocket) server.accept()) {
      socket.setSoTimeout(20_000);
      socket.startHandshake();
      X509Certificate peer = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      String name = Certificates.name(peer);
      socket.getOutputStream().write(("hello " + name).getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      return socket.getSession().getProtocol() + " " + name;
    } catch (IOException e) {
      return e;
    }
  }
}
