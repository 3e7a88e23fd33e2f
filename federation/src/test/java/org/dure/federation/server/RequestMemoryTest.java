package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestAuthority;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A hub whose memory is exhausted in the middle of a request ends, though what serves the request
/// catches everything.
class RequestMemoryTest {
  @TempDir Path folder;

  /// Needs more memory for a look at a certificate than there is.
  private static final class Greedy implements Registrar {
    @Override
    public Holding holding(X509Certificate certificate) {
      List<byte[]> all = new ArrayList<>();
      while (true) {
        all.add(new byte[1 << 16]);
      }
    }

    @Override
    public void spoke(X509Certificate certificate) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] enrol(byte[] request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] renew(X509Certificate present, byte[] request) {
      throw new UnsupportedOperationException();
    }
  }

  static final class Victim {
    public static void main(String[] arguments) throws IOException, InterruptedException {
      MemoryExhaustion.endsThisProcess();
      TestAuthority authority = new TestAuthority("test study");
      try (HubServer hub =
              HubServer.start(
                  new HubServer.Setup(
                      TestStudies.of("ja", "ko"),
                      Path.of(arguments[0]),
                      new InetSocketAddress("127.0.0.1", 0),
                      authority.hub(),
                      ArithmeticWorkload::initial,
                      Optional.empty(),
                      InstantSource.system(),
                      new Greedy()));
          HubLink link =
              new HttpHubLink(
                  URI.create("https://127.0.0.1:" + hub.port()), authority.region("ko"))) {
        var unused = link.view(-1, Duration.ZERO);
      }
    }
  }

  @Test
  @Timeout(120)
  void memoryExhaustedInARequestEndsTheHubWithTheStatusOfAResource()
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.sqlite.tmpdir=" + folder,
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Victim.class.getName(),
                folder.resolve("hub").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(5);
    assertThat(said).contains("error 5003 (MEMORY_SHORT)");
  }
}
