package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.runtime.MemoryExhaustion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Half-sent bodies against a server in a process of its own, with little memory: it goes on.
class CrowdMemoryTest {
  static final class Victim {
    public static void main(String[] arguments) throws InterruptedException {
      MemoryExhaustion.endsThisProcess();
      ServingLimits limits = new ServingLimits(1, 16, 64, 4 << 20, Duration.ofSeconds(1));
      try (ModelServer server =
          ModelServer.start(
              List.of(ServedModel.of(ClientServer.korean())), ModelServer.LOOPBACK, 0, limits)) {
        System.out.println(server.address());
        Thread.sleep(Duration.ofMinutes(5));
      }
    }
  }

  @Test
  @Timeout(120)
  void halfSentBodiesDoNotEndTheServer() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                // Two processes would write over each other in one file.
                "-Dorg.slf4j.simpleLogger.logFile=target/crowd.log",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Victim.class.getName())
            .redirectErrorStream(true)
            .start();
    List<Socket> crowd = new ArrayList<>();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      while (line != null && !line.startsWith("http")) {
        line = out.readLine();
      }
      assertThat(line).isNotNull();
      int port = URI.create(String.valueOf(line)).getPort();
      for (int announced : new int[] {4 << 20, 400_000}) {
        for (int i = 0; i < 97; i++) {
          Socket socket = new Socket(ModelServer.LOOPBACK, port);
          crowd.add(socket);
          send(socket, "x".repeat(announced - 1), announced);
        }
      }
      try (Socket other = new Socket(ModelServer.LOOPBACK, port)) {
        other.setSoTimeout(30_000);
        other
            .getOutputStream()
            .write(
                "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(TestServer.readUntil(other.getInputStream(), "waiting")).contains("200");
      }
      assertThat(process.isAlive()).isTrue();
    } finally {
      process.destroyForcibly();
      for (Socket socket : crowd) {
        socket.close();
      }
    }
  }

  /// As far as the server takes it.
  private static void send(Socket socket, String half, int announced) {
    Thread unused =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    String head =
                        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                            .formatted(announced);
                    socket
                        .getOutputStream()
                        .write((head + half).getBytes(StandardCharsets.US_ASCII));
                  } catch (IOException e) {
                    // It was turned away.
                    assertThat(e).isNotNull();
                  }
                });
  }
}
