package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.serving.TestServer.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Many clients, clients that leave, and servers that stop. A gate in the model lets the tests say
/// when each step happens, so nothing depends on time.
@Timeout(60)
class ConcurrencyTest {
  private static final Duration GRACE = Duration.ofMillis(200);
  private static final ServingLimits LIMITS = new ServingLimits(1, 16, 64, 1 << 16, GRACE);
  private static final String STREAM =
      CompletionsTest.json(
          "'model': 'ko', 'prompt': '두레는', 'temperature': 0, 'max_tokens': 200, 'stream': true");
  private static final String WHOLE = STREAM.replace("true", "false");

  private final NgramModel model = ClientServer.korean();
  private final Semaphore gate = new Semaphore(0);

  private void gated() {
    model.onStep = gate::acquireUninterruptibly;
  }

  private void open() {
    model.onStep = () -> {};
    gate.release(10_000);
  }

  @Test
  void tokensArriveWhileTheModelIsStillWriting() throws IOException {
    gated();
    try (TestServer server = new TestServer(LIMITS, model);
        Socket client = server.raw("/v1/completions", STREAM)) {
      gate.release(2);
      String read = TestServer.readUntil(client.getInputStream(), "마");
      assertThat(read).startsWith("HTTP/1.1 200");
      assertThat(model.steps.get()).isEqualTo(2);
      open();
    }
  }

  @Test
  void aStreamStopsBeforeTheNextTokenWhenTheClientLeaves() throws IOException {
    gated();
    try (TestServer server = new TestServer(LIMITS, model)) {
      try (Socket client = server.raw("/v1/completions", STREAM)) {
        gate.release(2);
        assertThat(TestServer.readUntil(client.getInputStream(), "마")).isNotEmpty();
      }
      // At most the step that was already running when the client left.
      gate.release(100);
      TestServer.await("the decoder to be closed", () -> model.open.get() == 0);
      assertThat(model.steps.get()).isLessThanOrEqualTo(3);
      open();
    }
  }

  @Test
  void aWholeAnswerStopsToo() throws IOException {
    gated();
    try (TestServer server = new TestServer(LIMITS, model)) {
      try (Socket client = server.raw("/v1/completions", WHOLE)) {
        gate.release(2);
        TestServer.await("two steps", () -> model.steps.get() == 2);
        assertThat(client.isConnected()).isTrue();
      }
      gate.release(100);
      TestServer.await("the decoder to be closed", () -> model.open.get() == 0);
      assertThat(model.steps.get()).isLessThanOrEqualTo(3);
      open();
    }
  }

  @Test
  void aClientThatIsResetStopsToo() throws IOException {
    gated();
    try (TestServer server = new TestServer(LIMITS, model)) {
      Socket client = server.raw("/v1/chat/completions", chat("'stream': true"));
      gate.release(3);
      assertThat(TestServer.readUntil(client.getInputStream(), "assistant")).isNotEmpty();
      client.setSoLinger(true, 0);
      client.close();
      gate.release(100);
      TestServer.await("the decoder to be closed", () -> model.open.get() == 0);
      assertThat(model.steps.get()).isLessThanOrEqualTo(5);
      open();
    }
  }

  @Test
  void aClientThatLeavesWhileWaitingNeverGenerates() throws IOException {
    gated();
    ServingLimits one = new ServingLimits(1, 1, 4, 1 << 16, GRACE);
    try (TestServer server = new TestServer(one, model)) {
      CompletableFuture<Reply> first = server.postLater("/v1/completions", WHOLE);
      TestServer.await("the first to generate", () -> model.open.get() == 1);
      try (Socket client = server.raw("/v1/completions", WHOLE)) {
        TestServer.await("the second to wait", () -> waiting(server) == 1);
        assertThat(client.isConnected()).isTrue();
      }
      TestServer.await("the second to be forgotten", () -> waiting(server) == 0);
      open();
      assertThat(first.join().status()).isEqualTo(200);
      assertThat(model.mostRunning).hasValue(1);
    }
  }

  /// Four times as many as there are processors, each computing without an end.
  @Test
  void requestsThatComputeForLongDoNotSilenceTheHealthCheck() {
    AtomicBoolean held = new AtomicBoolean(true);
    AtomicInteger tokenising = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    model.onEncode =
        () -> {
          most.accumulateAndGet(tokenising.incrementAndGet(), Math::max);
          while (held.get()) {
            Thread.onSpinWait();
          }
          tokenising.decrementAndGet();
        };
    int requests = Math.min(8, 4 * Runtime.getRuntime().availableProcessors());
    try (TestServer server = new TestServer(LIMITS, model)) {
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        replies.add(server.postLater("/v1/completions", WHOLE.replace("200", "1")));
      }
      try {
        TestServer.await("all to be admitted", () -> active(server) == requests);
        assertThat(server.get("/health").at("status")).isEqualTo("ok");
        assertThat(server.get("/v1/models").status()).isEqualTo(200);
      } finally {
        held.set(false);
      }
      assertThat(replies).allMatch(reply -> reply.join().status() == 200);
      assertThat(most).hasValue(1);
    }
  }

  @Test
  void damagedWeightsAreSaidAndHangNothing() {
    String scored =
        STREAM.replace("'", "\"").replace("true", "false, \"echo\": true, \"logprobs\": 1");
    for (float damage : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      model.damage = damage;
      try (TestServer server = new TestServer(LIMITS, model)) {
        for (String body : List.of(WHOLE, STREAM, scored, scored.replace("200", "0"))) {
          Reply reply = server.post("/v1/completions", body);
          assertThat(reply.text()).contains("\"type\":\"server_error\"", "weights are damaged");
          assertThat(reply.status()).isEqualTo(500);
        }
        assertThat(server.get("/health").at("active")).isEqualTo(0);
      }
    }
    assertThat(model.open).hasValue(0);
  }

  @Test
  void whatAClientSendsAheadIsNotLost() throws IOException {
    gated();
    try (TestServer server = new TestServer(LIMITS, model);
        Socket client = server.raw("/v1/completions", WHOLE)) {
      TestServer.await("the first to generate", () -> model.open.get() == 1);
      String second = WHOLE.replace("200", "1");
      client.getOutputStream().write(TestServer.rawRequest("/v1/completions", second));
      open();
      InputStream in = client.getInputStream();
      assertThat(TestServer.readUntil(in, "\"total_tokens\"")).contains("HTTP/1.1 200");
      assertThat(TestServer.readUntil(in, "\"total_tokens\":6}")).contains("HTTP/1.1 200");
    }
  }

  @Test
  void clientsTakeTurnsTokenByToken() {
    List<Long> turns = Collections.synchronizedList(new ArrayList<>());
    gated();
    try (TestServer server = new TestServer(LIMITS, model)) {
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int client = 0; client < 3; client++) {
        replies.add(server.postLater("/v1/completions", WHOLE.replace("200", "20")));
      }
      TestServer.await("three answers", () -> active(server) == 3);
      model.onStep =
          () -> {
            gate.acquireUninterruptibly();
            turns.add(Thread.currentThread().threadId());
          };
      gate.release(10_000);
      for (CompletableFuture<Reply> reply : replies) {
        assertThat(reply.join().at("usage.completion_tokens")).isEqualTo(20);
      }
    }
    assertThat(model.mostRunning).hasValue(1);
    // Turns follow the time that steps took, which is not alike here: nobody is left waiting.
    List<Long> middle = turns.subList(6, 36);
    for (long client : middle.stream().distinct().toList()) {
      assertThat(Collections.frequency(middle, client)).isBetween(3, 24);
    }
    assertThat(middle.stream().distinct()).hasSize(3);
  }

  @Test
  void concurrentAnswersAreTheSameAsSingleOnes() {
    try (TestServer server = new TestServer(LIMITS, model)) {
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int client = 0; client < 24; client++) {
        replies.add(server.postLater("/v1/completions", seeded(client % 4)));
      }
      for (int client = 0; client < 24; client++) {
        assertThat(replies.get(client).join().at("choices.0.text"))
            .isEqualTo(server.post("/v1/completions", seeded(client % 4)).at("choices.0.text"));
      }
    }
    assertThat(model.open).hasValue(0);
  }

  @Test
  void tooManyRequestsAreSentAwayWithATimeToComeBack() {
    gated();
    ServingLimits tight = new ServingLimits(1, 1, 1, 1 << 16, GRACE);
    try (TestServer server = new TestServer(tight, model)) {
      CompletableFuture<Reply> first = server.postLater("/v1/completions", WHOLE);
      TestServer.await("the first to generate", () -> model.open.get() == 1);
      CompletableFuture<Reply> second = server.postLater("/v1/completions", WHOLE);
      TestServer.await("the second to wait", () -> waiting(server) == 1);
      Reply third = server.post("/v1/completions", WHOLE);
      assertThat(third.status()).isEqualTo(503);
      assertThat(third.headers()).containsKey("retry-after");
      third.refusedFor(null, "server_overloaded");
      open();
      assertThat(first.join().status()).isEqualTo(200);
      assertThat(second.join().status()).isEqualTo(200);
    }
  }

  @Test
  void stoppingLetsARunningAnswerFinish() {
    gated();
    TestServer server =
        new TestServer(new ServingLimits(1, 4, 4, 1 << 16, Duration.ofSeconds(20)), model);
    CompletableFuture<Reply> running = server.postLater("/v1/completions", WHOLE);
    TestServer.await("the answer to begin", () -> model.open.get() == 1);
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::close);
    open();
    assertThat(running.join().status()).isEqualTo(200);
    stopped.join();
  }

  @Test
  void anAnswerThatOutlivesTheGraceIsCutOffAndSaysSo() throws IOException {
    model.onStep = ConcurrencyTest::pause;
    TestServer server = new TestServer(LIMITS, model);
    try (Socket client = server.raw("/v1/completions", STREAM)) {
      assertThat(TestServer.readUntil(client.getInputStream(), "마")).isNotEmpty();
      server.close();
      assertThat(TestServer.readUntil(client.getInputStream(), "server_stopping")).isNotEmpty();
    }
    assertThat(model.open).hasValue(0);
  }

  @Test
  void aModelThatFailsIsAnErrorBeforeTheFirstEventAndAnEventAfterIt() {
    try (TestServer server = new TestServer(LIMITS, model)) {
      model.onStep =
          () -> {
            throw new DureException(ErrorCode.MEMORY_SHORT, "no memory for the cache");
          };
      Reply whole = server.post("/v1/completions", STREAM);
      assertThat(whole.status()).isEqualTo(503);
      assertThat(whole.at("error.type")).isEqualTo("server_error");
      model.onStep =
          () -> {
            throw new IllegalStateException("secret");
          };
      Reply defect = server.post("/v1/completions", WHOLE);
      assertThat(defect.status()).isEqualTo(500);
      assertThat(defect.text()).doesNotContain("secret");
      Reply chat = server.post("/v1/chat/completions", chat("'stream': true"));
      assertThat(chat.text()).contains("data: {\"error\":{").doesNotContain("[DONE]", "secret");
    }
    assertThat(model.open).hasValue(0);
  }

  @Test
  void aPortThatIsTakenIsSaidSo() {
    try (TestServer server = new TestServer(LIMITS, model)) {
      int port = server.server.port();
      assertThatThrownBy(() -> ModelServer.start(List.of(model), ModelServer.LOOPBACK, port))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PORT_TAKEN))
          .hasMessageContaining(String.valueOf(port));
    }
  }

  @Test
  void aServerThatCannotBeIsRefused() {
    assertThatThrownBy(() -> ModelServer.start(List.of(), ModelServer.LOOPBACK, 0))
        .hasMessageContaining("no model");
    assertThatThrownBy(() -> ModelServer.start(List.of(model, model), ModelServer.LOOPBACK, 0))
        .hasMessageContaining("named ko");
    assertThatThrownBy(() -> ModelServer.start(List.of(model), "no.such.host.invalid", 0))
        .hasMessageContaining("no.such.host.invalid");
  }

  private static String chat(String more) {
    return CompletionsTest.json(
        "'model': 'ko', 'temperature': 0, 'messages': [{'role': 'user', 'content': '두레는'}], "
            + more);
  }

  private static String seeded(int seed) {
    return CompletionsTest.json(
        "'model': 'ko', 'prompt': '두레는', 'temperature': 1.5, 'max_tokens': 12, 'seed': " + seed);
  }

  private static int active(TestServer server) {
    return (Integer) server.get("/health").at("active");
  }

  private static int waiting(TestServer server) {
    return (Integer) server.get("/health").at("waiting");
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
