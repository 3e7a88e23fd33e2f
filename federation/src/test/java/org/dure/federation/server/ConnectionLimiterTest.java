package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntToLongFunction;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestBelt;
import org.dure.federation.client.ConnectionScaler;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Strangers who come in crowds or take their time.
@Timeout(60)
class ConnectionLimiterTest {
  @TempDir Path folder;

  @Test
  void aCrowdOfSilentStrangersIsThinnedOutAndTheRegionsWorkOn() throws Exception {
    List<Socket> crowd = new ArrayList<>();
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty())) {
      int come = 4 * ConnectionLimiter.MOST_OF_ADDRESS;
      for (int i = 0; i < come; i++) {
        crowd.add(new Socket(InetAddress.getLoopbackAddress(), belt.port));
      }
      Map<String, Map<String, Double>> scores = belt.runAll(ArithmeticWorkload::new);
      assertThat(scores.get("ko")).containsKey("end");
      assertThat(crowd.stream().filter(ConnectionLimiterTest::isClosedByTheHub).count())
          .isGreaterThanOrEqualTo(come - ConnectionLimiter.MOST_OF_ADDRESS);
    } finally {
      for (Socket socket : crowd) {
        socket.close();
      }
    }
  }

  private static boolean isClosedByTheHub(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void aBodyThatDripsIsRefusedAndOneThatFlowsIsNot() throws IOException {
    AtomicLong now = new AtomicLong();
    long step = MinimumRateBody.WINDOW.dividedBy(100).toNanos();
    InputStream drips =
        new MinimumRateBody(
            new InputStream() {
              @Override
              public int read() {
                now.addAndGet(step);
                return 7;
              }

              @Override
              public int read(byte[] into, int from, int length) {
                now.addAndGet(step);
                return 1;
              }
            },
            now::get);
    assertThatThrownBy(drips::readAllBytes)
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(RejectReason.TOO_SLOW));

    byte[] body = new byte[4 * (int) MinimumRateBody.LEAST];
    InputStream flows =
        new MinimumRateBody(
            new ByteArrayInputStream(body) {
              @Override
              public int read(byte[] into, int from, int length) {
                now.addAndGet(step);
                return super.read(into, from, Math.min(length, (int) MinimumRateBody.LEAST / 50));
              }
            },
            now::get);
    assertThat(flows.readAllBytes()).isEqualTo(body);
  }

  @Test
  void theNumberOfConnectionsFollowsTheRoundTripAndGrowsOnlyWhileThatPays() {
    assertThat(ConnectionScaler.forRoundTrip(Duration.ofMillis(1))).isEqualTo(2);
    assertThat(ConnectionScaler.forRoundTrip(Duration.ofMillis(100))).isBetween(11, 14);
    assertThat(ConnectionScaler.forRoundTrip(Duration.ofMillis(250))).isBetween(24, 32);
    assertThat(ConnectionScaler.forRoundTrip(Duration.ofSeconds(3))).isEqualTo(32);

    AtomicLong now = new AtomicLong();
    ConnectionScaler scaler = new ConnectionScaler(now::get);
    scaler.connected(Duration.ofMillis(100));
    int first = scaler.connections();
    run(scaler, now, each -> 1_000L * each);
    assertThat(scaler.connections()).isEqualTo(32);

    ConnectionScaler full = new ConnectionScaler(now::get);
    full.connected(Duration.ofMillis(100));
    run(full, now, each -> 13_000L);
    assertThat(full.connections()).isEqualTo(first);
  }

  private static void run(ConnectionScaler scaler, AtomicLong now, IntToLongFunction bytes) {
    for (int i = 0; i < 200; i++) {
      now.addAndGet(100_000_000);
      scaler.moved(bytes.applyAsLong(scaler.connections()), scaler.connections());
    }
  }
}
