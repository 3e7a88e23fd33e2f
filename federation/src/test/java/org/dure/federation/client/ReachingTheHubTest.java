package org.dure.federation.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ReachingTheHubTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Test
  void theNextAddressOfANameIsTriedWhereTheFirstRefuses() throws Exception {
    InetAddress[] addresses = {
      InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1")
    };
    try (ServerSocket server = new ServerSocket(0, 5, addresses[1]);
        Socket reached = HubTarget.connect(addresses, server.getLocalPort(), PATIENCE)) {
      assertThat(reached.getInetAddress()).isEqualTo(addresses[1]);
    }
  }

  @Test
  void whereNoAddressAnswersEachIsToldOf() throws Exception {
    InetAddress[] addresses = {
      InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.3")
    };
    int free;
    try (ServerSocket server = new ServerSocket(0)) {
      free = server.getLocalPort();
    }
    assertThatThrownBy(() -> HubTarget.connect(addresses, free, PATIENCE))
        .isInstanceOfSatisfying(IOException.class, e -> assertThat(e.getSuppressed()).hasSize(1));
  }

  /// A hub that is starting or a gateway without one behind it is no impostor: to ask again helps.
  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 502 Bad Gateway\r\n\r\n"})
  void aHandshakeThatBreaksMayBeTriedAgain(String answer) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      Thread listening =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!server.isClosed()) {
                      try (Socket one = server.accept()) {
                        one.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                      } catch (IOException e) {
                        continue;
                      }
                    }
                  });
      URI there = URI.create("https://127.0.0.1:" + server.getLocalPort());
      try (EnrolmentLink link =
          EnrolmentLink.pinned(there, "0".repeat(64), Optional.empty(), InstantSource.system())) {
        assertThatThrownBy(() -> link.enrol(new byte[2])).isInstanceOf(IOException.class);
      }
      server.close();
      listening.join();
    }
  }
}
