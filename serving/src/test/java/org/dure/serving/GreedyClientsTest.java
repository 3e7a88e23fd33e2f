package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.dure.core.runtime.HostGuard;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that want everything, beside one that wants little and has another key.
@Timeout(60)
class GreedyClientsTest {
  private static final ServingLimits LIMITS =
      new ServingLimits(1, 16, 64, 1 << 20, Duration.ofMillis(200));

  @TempDir Path folder;
  private final NgramModel model = ClientServer.korean();
  private final Semaphore gate = new Semaphore(0);
  private final List<Socket> greedy = new ArrayList<>();
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    Path keys =
        Files.createFile(
            folder.resolve("keys"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(keys, "greedy\nmodest\n");
    server =
        new TestServer(
            LIMITS,
            new Access(HostGuard.of(ModelServer.LOOPBACK), ApiKeys.read(keys), Optional.empty()),
            model);
  }

  @AfterEach
  void stop() throws IOException {
    model.onStep = () -> {};
    gate.release(1_000_000);
    for (Socket socket : greedy) {
      socket.close();
    }
    server.close();
  }

  private static String body(int tokens, String more) {
    return "{\"model\":\"ko\",\"prompt\":\"두레는\",\"temperature\":0,\"max_tokens\":%d%s}"
        .formatted(tokens, more);
  }

  private static byte[] request(String key, String body, int announced) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(key, announced < 0 ? bytes.length : announced);
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(start, start.length + bytes.length);
    System.arraycopy(bytes, 0, all, start.length, bytes.length);
    return all;
  }

  private void greed(String body, int announced) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 << 10);
    socket.connect(new InetSocketAddress(ModelServer.LOOPBACK, server.server.port()));
    greedy.add(socket);
    socket.getOutputStream().write(request("greedy", body, announced));
  }

  private CompletableFuture<String> modest(int tokens) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Socket socket = new Socket(ModelServer.LOOPBACK, server.server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request("modest", body(tokens, ""), -1));
            return TestServer.readUntil(socket.getInputStream(), "total_tokens");
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private int number(String what) {
    return (Integer) server.get("/health").at(what);
  }

  @Test
  void halfSentBodiesKeepNobodyOut() throws IOException {
    for (int i = 0; i < 194; i++) {
      greed("{\"model\": \"" + "x".repeat(5_000), 1 << 20);
    }
    assertThat(modest(5).join()).contains("HTTP/1.1 200");
  }

  /// Turns are of equal time, and a step that a busy machine holds up counts as long: by how much
  /// one client has fewer steps than half is no matter here ([TurnsTest] has a clock of its own).
  @Test
  void manyLongRequestsOfOneClientDoNotHoldUpAnother() throws IOException {
    model.onStep = gate::acquireUninterruptibly;
    for (int i = 0; i < 82; i++) {
      greed(body(200, ""), -1);
    }
    TestServer.await("half the places to be taken", () -> number("active") == 8);
    CompletableFuture<String> answer = modest(10);
    TestServer.await("the other to generate", () -> number("active") == 9);
    // All that the greedy one wants are 16,400.
    for (int released = 0; released < 1_000 && !answer.isDone(); released += 20) {
      gate.release(20);
      TestServer.await(
          "these steps to be done", () -> answer.isDone() || gate.availablePermits() == 0);
    }
    TestServer.await("its answer within 1,000 steps", answer::isDone);
    assertThat(answer.join()).contains("HTTP/1.1 200");
  }

  @Test
  void whoDoesNotReadIsDroppedAndHoldsNoPlace() throws IOException {
    for (int i = 0; i < 3; i++) {
      greed(body(200, ",\"n\":20,\"logprobs\":5,\"stream\":true"), -1);
    }
    TestServer.await("them to generate", () -> model.steps.get() > 0);
    assertThat(modest(5).join()).contains("HTTP/1.1 200");
    TestServer.await("the places to be free", () -> number("active") == 0);
    assertThat(model.open).hasValue(0);
    assertThat(greedy).allMatch(socket -> !socket.isClosed());
  }

  @Test
  void answersThatWouldTakeTooMuchMemoryAreRefusedBeforeTheyAreGenerated() {
    JobParser parser = new JobParser(name -> model);
    String much = body(200, ",\"n\":128,\"logprobs\":5");
    Job job = parser.completion(RequestParameters.parse(much.getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(() -> job.checkMemory(50 << 20))
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessageContaining("75 MiB");
    job.checkMemory(100 << 20);
    String streamed = much.replace("}", ",\"stream\":true}");
    parser
        .completion(RequestParameters.parse(streamed.getBytes(StandardCharsets.UTF_8)))
        .checkMemory(1 << 20);
  }
}
