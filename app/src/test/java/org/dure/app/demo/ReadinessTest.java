package org.dure.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReadinessTest {
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger pauses = new AtomicInteger();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Readiness readiness =
      new Readiness(
          client,
          nanos::get,
          () -> {
            pauses.incrementAndGet();
            nanos.addAndGet(Duration.ofMinutes(1).toNanos());
          });
  private HttpServer server;
  private IntUnaryOperator statusOfTry = attempt -> 200;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(statusOfTry.applyAsInt(asked.incrementAndGet()), -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    client.close();
  }

  private URI address() {
    return URI.create("http://127.0.0.1:%d/health".formatted(server.getAddress().getPort()));
  }

  private void await() throws InterruptedException {
    readiness.await(address(), () -> {});
  }

  @Test
  void itSleepsBetweenTwoTriesWhateverTheStatus() throws InterruptedException {
    statusOfTry = attempt -> attempt < 4 ? 503 : 200;
    await();
    assertThat(asked).hasValue(4);
    assertThat(pauses).hasValue(3);
  }

  @Test
  void aStatusThatWillNotGetBetterEndsTheWaitAtOnceAndIsNamed() {
    statusOfTry = attempt -> 404;
    assertThatThrownBy(this::await)
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_MISBEHAVED))
        .hasMessageContaining("/health")
        .hasMessageContaining("404");
    assertThat(asked).hasValue(1);
  }

  @Test
  void theWaitHasABound() {
    statusOfTry = attempt -> 503;
    assertThatThrownBy(this::await)
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_UNREACHABLE))
        .hasMessageContaining("10 minutes");
  }

  @Test
  void aServerThatHasEndedIsNotWaitedFor() {
    server.stop(0);
    assertThatThrownBy(
            () ->
                readiness.await(
                    address(),
                    () -> {
                      throw new DureException(ErrorCode.PROCESS_DIED, "the server ended");
                    }))
        .hasMessageContaining("the server ended");
  }
}
