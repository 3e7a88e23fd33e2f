package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestAuthority;
import org.dure.federation.TestBelt;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.Wire;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.wire.Landing;
import org.dure.federation.wire.TlsIdentity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What strangers, and regions that do not keep to the protocol, meet at the hub's port.
@Timeout(30)
class HostileWireTest {
  @TempDir Path folder;

  private TestBelt belt;
  private HttpClient client;

  @BeforeEach
  void start() {
    belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty());
    client = client(belt.identity("ko").context());
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    belt.close();
  }

  private static HttpClient client(SSLContext context) {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(context).build();
  }

  private URI uri(String path) {
    return belt.address().resolve(path);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> message(byte[] bytes, byte[] signature) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/messages"))
            .header(Wire.SIGNATURE, Base64.getEncoder().encodeToString(signature))
            .POST(HttpRequest.BodyPublishers.ofByteArray(bytes)));
  }

  private HttpResponse<byte[]> put(String digest, String kind, byte[] bytes) throws Exception {
    return send(
        HttpRequest.newBuilder(uri("/v1/chunks/" + digest))
            .header(Wire.KIND, kind)
            .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes)));
  }

  private void hello() throws Exception {
    byte[] hello =
        Message.Hello.of(belt.study.digest(), "ko", ArithmeticWorkload.LAYOUT.digest()).bytes();
    assertThat(message(hello, belt.identity("ko").signer().sign(hello)).statusCode())
        .isEqualTo(200);
  }

  private static String reason(HttpResponse<byte[]> response) {
    Map<String, ?> body = Json.object(response.body());
    return body.get("error") + " " + body.get("reason");
  }

  @Test
  void aClientWithoutACertificateReachesNothingButEnrolment() throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, trustOf(belt.authority), new SecureRandom());
    client = client(context);
    assertThat(reason(send(HttpRequest.newBuilder(uri("/v1/state")))))
        .isEqualTo("CERTIFICATE_INVALID NO_CERTIFICATE");
    assertThat(reason(put("0".repeat(64), "delta", new byte[70_000])))
        .isEqualTo("CERTIFICATE_INVALID NO_CERTIFICATE");
    assertThat(belt.refusals("")).containsEntry("NO_CERTIFICATE", 2L);
    assertThat(
            reason(
                send(
                    HttpRequest.newBuilder(uri("/v1/enrolment"))
                        .POST(HttpRequest.BodyPublishers.ofString("{}")))))
        .startsWith("INVITATION_INVALID");
  }

  @Test
  void ofManyWhoShowNoCertificateOnlySoManyKeepAConnectionAndARegionComesIn() throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, trustOf(belt.authority), new SecureRandom());
    List<SSLSocket> crowd = new ArrayList<>();
    try {
      int come = ConnectionLimiter.MOST_NAMELESS + 24;
      for (int i = 0; i < come; i++) {
        byte[] from = {127, 0, 1, (byte) (1 + i % 3)};
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", belt.port));
        SSLSocket tls =
            (SSLSocket)
                context.getSocketFactory().createSocket(socket, "127.0.0.1", belt.port, true);
        crowd.add(tls);
        tls.startHandshake();
      }
      hello();
      for (SSLSocket oldest : crowd.subList(0, 16)) {
        oldest.setSoTimeout(20_000);
        assertThatThrownBy(
                () -> {
                  if (oldest.getInputStream().read() < 0) {
                    throw new EOFException("closed");
                  }
                })
            .isInstanceOf(IOException.class)
            .isNotInstanceOf(SocketTimeoutException.class);
      }
    } finally {
      for (SSLSocket socket : crowd) {
        socket.close();
      }
    }
  }

  private static TrustManager[] trustOf(TestAuthority authority) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("authority", authority.certificate);
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  @Test
  void tlsBelowVersion13IsRefused() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.2"});
    HttpClient old =
        HttpClient.newBuilder()
            .sslContext(belt.identity("ko").context())
            .sslParameters(parameters)
            .build();
    assertThatThrownBy(
            () ->
                old.send(
                    HttpRequest.newBuilder(uri("/v1/state")).build(),
                    HttpResponse.BodyHandlers.ofByteArray()))
        .isInstanceOf(IOException.class);
    old.shutdownNow();
  }

  @Test
  void aCertificateThatIsExpiredForeignOrOfAnotherNameEndsTheNodeWithTheReason() {
    TlsIdentity expired = belt.authority.identity("ko", Instant.now().minus(Duration.ofHours(1)));
    assertThatThrownBy(() -> node(expired))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID))
        .hasMessageContaining("ask the hub's operator");
    TlsIdentity misnamed = belt.authority.region("ja");
    assertThatThrownBy(() -> node(misnamed)).hasMessageContaining("the certificate is of \"ja\"");
    TlsIdentity foreign = new TestAuthority("test study").region("ko");
    TlsIdentity disguised =
        new TlsIdentity(foreign.privateKey(), foreign.chain(), belt.authority.certificate);
    for (TlsIdentity identity : new TlsIdentity[] {foreign, disguised}) {
      try (Node node = node(identity)) {
        assertThatThrownBy(node::run)
            .isInstanceOfSatisfying(
                DureException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID));
      }
    }
  }

  private Node node(TlsIdentity identity) {
    return belt.node("ko", new ArithmeticWorkload("ko"), identity, ExportPolicy.standard());
  }

  @Test
  void theHubItselfRefusesAnExpiredCertificateOfARegion() throws Exception {
    client =
        client(belt.authority.identity("ko", Instant.now().minus(Duration.ofHours(1))).context());
    assertThat(reason(send(HttpRequest.newBuilder(uri("/v1/state")))))
        .isEqualTo("CERTIFICATE_INVALID CERTIFICATE_EXPIRED");
  }

  @Test
  void aRegionThatTheStudyDoesNotNameIsNotAdmitted() throws Exception {
    client = client(belt.authority.region("mallory").context());
    assertThat(reason(send(HttpRequest.newBuilder(uri("/v1/state")))))
        .isEqualTo("PEER_NOT_ADMITTED NOT_ADMITTED");
    assertThat(reason(put("0".repeat(64), "delta", new byte[3])))
        .isEqualTo("PEER_NOT_ADMITTED NOT_ADMITTED");
  }

  @Test
  void messagesThatAreNoMessagesAreRefusedByName() throws Exception {
    assertThat(reason(message(new byte[0], new byte[0]))).endsWith("MALFORMED");
    assertThat(reason(message("{\"kind\":\"hello\"}".getBytes(), new byte[64])))
        .endsWith("MALFORMED");
    assertThat(reason(message(new byte[100_000], new byte[64]))).endsWith("TOO_LARGE");
    assertThat(reason(message("[".repeat(9_000).getBytes(), new byte[64]))).endsWith("MALFORMED");
    byte[] hello =
        Message.Hello.of(belt.study.digest(), "ko", ArithmeticWorkload.LAYOUT.digest()).bytes();
    assertThat(reason(message(hello, new byte[64]))).isEqualTo("SIGNATURE_INVALID BAD_SIGNATURE");
    assertThat(belt.refusals("ko"))
        .containsEntry("MALFORMED", 3L)
        .containsEntry("TOO_LARGE", 1L)
        .containsEntry("BAD_SIGNATURE", 1L);
  }

  @Test
  void chunksThatAreTooLargeWrongOrUnannouncedAreRefused() throws Exception {
    byte[] chunk = {1, 2, 3};
    String digest = Sha256.of(chunk);
    assertThat(reason(put(digest, "delta", chunk))).endsWith("NO_HELLO");
    hello();
    assertThat(reason(put("0".repeat(64), "delta", chunk)))
        .isEqualTo("ARTIFACT_CORRUPT CHUNK_CORRUPT");
    assertThat(reason(put("not-a-digest", "delta", chunk))).endsWith("MALFORMED");
    assertThat(reason(put("..%2F..%2Fetc", "delta", chunk))).doesNotContain("null null");
    assertThat(reason(put(digest, "gossip", chunk))).endsWith("MALFORMED");
    byte[] large = new byte[FragmentList.MOST_BYTES + 1];
    assertThat(reason(put(Sha256.of(large), "delta", large))).endsWith("TOO_LARGE");
    assertThat(put(digest, "delta", chunk).statusCode()).isEqualTo(204);
    assertThat(put(digest, "delta", chunk).statusCode()).isEqualTo(204);
  }

  @Test
  void aRegionSeesItsOwnUploadsOnlyAndNobodysContent() throws Exception {
    hello();
    byte[] chunk = {1, 2, 3};
    String digest = Sha256.of(chunk);
    put(digest, "delta", chunk);
    assertThat(head(digest)).isEqualTo(200);
    assertThat(send(HttpRequest.newBuilder(uri("/v1/chunks/" + digest))).statusCode())
        .isEqualTo(404);
    client = client(belt.identity("ja").context());
    byte[] hello =
        Message.Hello.of(belt.study.digest(), "ja", ArithmeticWorkload.LAYOUT.digest()).bytes();
    message(hello, belt.identity("ja").signer().sign(hello));
    assertThat(head(digest)).isEqualTo(404);
  }

  private int head(String digest) throws Exception {
    return send(HttpRequest.newBuilder(uri("/v1/chunks/" + digest)).HEAD()).statusCode();
  }

  /// A chunk in memory.
  private static final class Landed implements Landing {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public long begun() {
      return bytes.size();
    }

    @Override
    public void write(byte[] content, int from, int length) {
      bytes.write(content, from, length);
    }
  }

  @Test
  void aChunkThatTheHubGivesOutCanBeFetchedFromAnyByteOn() throws Exception {
    hello();
    try (HubLink link = new HttpHubLink(belt.address(), belt.identity("ko"))) {
      String digest = link.view(-1, Duration.ZERO).progress().weights();
      Landed landed = new Landed();
      link.get(digest, 1 << 20, landed);
      byte[] whole = landed.bytes.toByteArray();
      HttpResponse<byte[]> rest =
          send(HttpRequest.newBuilder(uri("/v1/chunks/" + digest)).header("Range", "bytes=10-"));

      assertThat(rest.statusCode()).isEqualTo(206);
      assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(whole, 10, whole.length));
      assertThatThrownBy(() -> link.get(digest, 10, new Landed())).isInstanceOf(IOException.class);
    }
  }

  @Test
  void anUnknownPathIsSaidToBeOne() throws Exception {
    HttpResponse<byte[]> response = send(HttpRequest.newBuilder(uri("/v1/nothing")));
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(reason(response)).startsWith("USAGE");
    assertThat(send(HttpRequest.newBuilder(uri("/v1/state?after=x"))).statusCode()).isEqualTo(400);
  }
}
