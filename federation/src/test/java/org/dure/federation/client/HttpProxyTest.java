package org.dure.federation.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.RecordingResolverProvider;
import org.dure.federation.TestAuthority;
import org.dure.federation.TestBelt;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HttpProxyTest {
  /// "ko:pass word"
  private static final String CREDENTIALS = "Basic a286cGFzcyB3b3Jk";

  @TempDir Path folder;

  /// A proxy that makes tunnels for whoever has the credentials.
  private static final class Tunnels implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    final List<String> asked = new CopyOnWriteArrayList<>();

    Tunnels() throws IOException {
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket region = server.accept();
          Thread.ofVirtual().start(() -> serve(region));
        }
      } catch (IOException e) {
        return;
      }
    }

    private void serve(Socket region) {
      try (region) {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
          int value = region.getInputStream().read();
          if (value < 0) {
            return;
          }
          head.append((char) value);
        }
        String request = head.toString();
        asked.add(request);
        boolean allowed = request.contains("Proxy-Authorization: " + CREDENTIALS);
        String answer =
            allowed
                ? "HTTP/1.1 200 Connection established\r\n\r\n"
                : "HTTP/1.1 407 Proxy Authentication Required\r\n"
                    + "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
        region.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        if (!allowed) {
          return;
        }
        String target = request.substring("CONNECT ".length(), request.indexOf(" HTTP"));
        int colon = target.lastIndexOf(':');
        String host =
            target
                .substring(0, colon)
                .replace(TestAuthority.HUB_NAME, "127.0.0.1")
                .replace("other.", "");
        try (Socket hub = new Socket(host, Integer.parseInt(target.substring(colon + 1)))) {
          Thread back = Thread.ofVirtual().start(() -> pass(hub, region));
          pass(region, hub);
          back.join();
        }
      } catch (IOException | InterruptedException e) {
        return;
      }
    }

    private static void pass(Socket from, Socket to) {
      try (InputStream in = from.getInputStream()) {
        long unused = in.transferTo(to.getOutputStream());
      } catch (IOException e) {
        return;
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void aRegionReachesItsHubThroughAProxyThatWantsCredentials() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
        Tunnels tunnels = new Tunnels()) {
      HttpProxy proxy = HttpProxy.of("http://ko:pass%20word@127.0.0.1:" + tunnels.port());
      try (HubLink link =
          new HttpHubLink(belt.address(), belt.identity("ko"), Optional.of(proxy))) {
        assertThat(link.view(-1, Duration.ZERO).study()).isEqualTo(belt.study.digest());
      }
      assertThat(tunnels.asked).allMatch(head -> head.startsWith("CONNECT 127.0.0.1:"));

      try (EnrolmentLink link =
          EnrolmentLink.of(belt.address(), belt.identity("ko"), Optional.of(proxy))) {
        assertThatThrownBy(() -> link.renew(new byte[2]))
            .hasMessageContaining("this hub enrols nobody");
      }
    }
  }

  @Test
  void onlyTheProxyLooksUpTheHubsName() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
        Tunnels tunnels = new Tunnels()) {
      HttpProxy proxy = HttpProxy.of("http://ko:pass%20word@127.0.0.1:" + tunnels.port());
      URI hub = URI.create("https://%s:%d".formatted(TestAuthority.HUB_NAME, belt.port));
      RecordingResolverProvider.ASKED.clear();

      try (Node node = node(belt, hub, proxy)) {
        node.run();
      }
      assertThat(belt.hub.status().progress().phase()).isEqualTo(Phase.FINISHED);
      assertThat(RegionLease.ask(hub, belt.identity("ko"), Optional.of(proxy)))
          .contains("finished");
      String authority = Sha256.of(belt.authority.certificate.getPublicKey().getEncoded());
      try (EnrolmentLink invited =
              EnrolmentLink.pinned(hub, authority, Optional.of(proxy), InstantSource.system());
          EnrolmentLink member = EnrolmentLink.of(hub, belt.identity("ko"), Optional.of(proxy))) {
        assertThatThrownBy(() -> invited.enrol(new byte[2]))
            .hasMessageContaining("this hub enrols nobody");
        assertThatThrownBy(() -> member.renew(new byte[2]))
            .hasMessageContaining("this hub enrols nobody");
      }

      assertThat(tunnels.asked)
          .allMatch(head -> head.startsWith("CONNECT " + TestAuthority.HUB_NAME + ":"));
      assertThat(RecordingResolverProvider.ASKED).doesNotContain(TestAuthority.HUB_NAME);
    }
  }

  private Node node(TestBelt belt, URI hub, HttpProxy proxy) {
    Node.Listener listener =
        new Node.Listener() {
          @Override
          public void onMessage(String line) {
            // Nobody listens.
          }

          @Override
          public void onActivity(int round, ActivityKind doing, long done, long total) {
            // Nobody looks.
          }
        };
    return new Node(
        new Node.Setup(
            belt.study,
            new Node.Site("ko", folder.resolve("ko"), belt.identity("ko"), ExportPolicy.standard()),
            new Node.HubAddress(hub, Optional.of(proxy)),
            new ArithmeticWorkload("ko"),
            InstantSource.system(),
            new SplittableRandom(1),
            listener));
  }

  @Test
  void anotherHubsCertificateIsRefusedBehindAProxyAsWell() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
        Tunnels tunnels = new Tunnels()) {
      HttpProxy proxy = HttpProxy.of("http://ko:pass%20word@127.0.0.1:" + tunnels.port());
      URI other = URI.create("https://other.%s:%d".formatted(TestAuthority.HUB_NAME, belt.port));
      String authority = Sha256.of(belt.authority.certificate.getPublicKey().getEncoded());
      try (HubLink link = new HttpHubLink(other, belt.identity("ko"), Optional.of(proxy));
          EnrolmentLink invited =
              EnrolmentLink.pinned(other, authority, Optional.of(proxy), InstantSource.system());
          EnrolmentLink member = EnrolmentLink.of(other, belt.identity("ko"), Optional.of(proxy))) {
        for (ThrowingCallable call :
            List.<ThrowingCallable>of(
                () -> link.view(-1, Duration.ZERO),
                () -> invited.enrol(new byte[2]),
                () -> member.renew(new byte[2]))) {
          assertThatThrownBy(call)
              .isInstanceOfSatisfying(
                  DureException.class,
                  e -> assertThat(e.code()).isEqualTo(ErrorCode.CERTIFICATE_INVALID));
        }
      }
    }
  }

  @Test
  void aProxyThatRefusesIsQuotedWithWhatToDo() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
        Tunnels tunnels = new Tunnels();
        HubLink link =
            new HttpHubLink(
                belt.address(),
                belt.identity("ko"),
                Optional.of(HttpProxy.of("127.0.0.1:" + tunnels.port())))) {
      assertThatThrownBy(() -> link.view(-1, Duration.ZERO))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("407")
          .hasMessageContaining("http://USER:PASSWORD@HOST:PORT");
    }
  }

  @Test
  void theEnvironmentNamesTheProxyUnlessTheHubIsExcepted() {
    URI hub = URI.create("https://hub.example.kr:8402");
    Map<String, String> proxy = Map.of("HTTPS_PROXY", "http://proxy:3128");
    assertThat(HttpProxy.of(hub, proxy)).contains(new HttpProxy("proxy", 3128, "", ""));
    assertThat(HttpProxy.of(hub, Map.of())).isEmpty();
    for (String exception : List.of("*", "hub.example.kr", ".example.kr", "other, EXAMPLE.kr")) {
      assertThat(HttpProxy.of(hub, Map.of("https_proxy", "proxy:3128", "no_proxy", exception)))
          .isEmpty();
    }
    assertThat(HttpProxy.of(hub, Map.of("https_proxy", "proxy", "NO_PROXY", "ample.kr")))
        .contains(new HttpProxy("proxy", 3128, "", ""));
  }

  @Test
  void anAddressThatIsNoneIsRefusedAndThePasswordIsNotShown() {
    assertThatThrownBy(() -> HttpProxy.of("socks5://proxy:1080"))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("expected http://");
    assertThatThrownBy(() -> HttpProxy.of("http://")).isInstanceOf(DureException.class);
    assertThat(HttpProxy.of("http://u:secret@proxy:8080").toString())
        .isEqualTo("http://u:...@proxy:8080");
  }

  @Test
  void anExceptionMayHaveAPortOrBrackets() {
    Map<String, String> environment =
        Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", "[::1],hub.example:8402,fe80::1");
    for (String direct :
        List.of("https://[::1]:8402", "https://hub.example:8402", "https://[fe80::1]")) {
      assertThat(HttpProxy.of(URI.create(direct), environment)).as(direct).isEmpty();
    }
    assertThat(HttpProxy.of(URI.create("https://other.example"), environment)).isPresent();
  }

  @Test
  void anExceptionMayBeANetworkForAHubThatIsGivenByItsAddress() {
    Map<String, String> environment =
        Map.of(
            "HTTPS_PROXY",
            "http://proxy:3128",
            "NO_PROXY",
            "10.0.0.0/8, 192.168.4.0/22,fd00::/8,172.16.1.1/32,0:0:0:0:0:0:0:1");
    for (String direct :
        List.of(
            "https://10.200.3.4:8402",
            "https://192.168.7.255",
            "https://[fd12::1]:8402",
            "https://172.16.1.1",
            "https://[::1]")) {
      assertThat(HttpProxy.of(URI.create(direct), environment)).as(direct).isEmpty();
    }
    for (String far :
        List.of(
            "https://11.0.0.1",
            "https://192.168.8.0",
            "https://[fe80::1]",
            "https://172.16.1.2",
            "https://10.example")) {
      assertThat(HttpProxy.of(URI.create(far), environment)).as(far).isPresent();
    }
    for (String wrong : List.of("10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "/8", "10.0.0.0/")) {
      assertThat(
              HttpProxy.of(
                  URI.create("https://10.1.1.1"),
                  Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", wrong)))
          .as(wrong)
          .isPresent();
    }
    assertThat(
            HttpProxy.of(
                URI.create("https://203.0.113.1"),
                Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", "0.0.0.0/0")))
        .isEmpty();
  }

  @Test
  void aHubWhoseNameIsNoHostsIsRefusedByName() {
    assertThatThrownBy(
            () ->
                HttpProxy.of(
                    URI.create("https://my_hub:8402"), Map.of("HTTPS_PROXY", "http://proxy:3128")))
        .hasMessageContaining("my_hub");
  }
}
