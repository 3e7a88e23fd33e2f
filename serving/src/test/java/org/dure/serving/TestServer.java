package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.dure.core.Json;

/// A server on a free port, and a plain HTTP client for it.
final class TestServer implements AutoCloseable {
  /// A JSON answer; numbers and lists reached by path, e.g. `choices.0.text`.
  record Reply(int status, Map<String, List<String>> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    Object at(String path) {
      return find(Json.object(body), path);
    }

    String string(String path) {
      return (String) at(path);
    }

    Reply refusedFor(String parameter, String code) {
      assertThat(text()).startsWith("{\"error\":{");
      assertThat(at("error.param")).as(text()).isEqualTo(parameter);
      assertThat(at("error.code")).as(text()).isEqualTo(code);
      return this;
    }
  }

  private static final ServingLimits LIMITS =
      new ServingLimits(1, 16, 64, 1 << 16, Duration.ofSeconds(1));

  final ModelServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  TestServer(ServingLimits limits, Access access, NgramModel... models) {
    List<ServedModel> served =
        Arrays.stream(models)
            .map(
                model ->
                    new ServedModel(
                        model,
                        Instant.ofEpochSecond(1_700_000_000),
                        Map.of("by", "me"),
                        List.of("<" + model.name() + ">")))
            .toList();
    this.server = ModelServer.start(served, ModelServer.LOOPBACK, 0, limits, access);
  }

  TestServer(ServingLimits limits, NgramModel... models) {
    this(limits, Access.open(ModelServer.LOOPBACK), models);
  }

  TestServer(Access access, NgramModel... models) {
    this(LIMITS, access, models);
  }

  TestServer(NgramModel... models) {
    this(LIMITS, models);
  }

  static Object find(Object value, String path) {
    Object found = value;
    for (String name : path.split("\\.")) {
      found =
          found instanceof List<?> list
              ? list.get(Integer.parseInt(name))
              : ((Map<?, ?>) found).get(name);
    }
    return found;
  }

  Reply get(String path, String... headers) {
    return send(request(path, headers).GET().build());
  }

  Reply post(String path, String json) {
    return send(
        request(path, "Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  CompletableFuture<Reply> postLater(String path, String json) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> reply.complete(post(path, json)));
    return reply;
  }

  HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address(path)).timeout(Duration.ofSeconds(20));
    return headers.length == 0 ? request : request.headers(headers);
  }

  Reply send(HttpRequest request) {
    try {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return new Reply(response.statusCode(), response.headers().map(), response.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /// The events of a streamed answer, without the final `[DONE]`, which must be there.
  List<Map<String, Object>> stream(String path, String json) {
    Reply reply = post(path, json);
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.headers().get("content-type"))
        .containsExactly("text/event-stream; charset=utf-8");
    List<String> blocks = List.of(reply.text().split("\n\n"));
    assertThat(blocks).allMatch(block -> block.startsWith("data: ") && !block.contains("\n"));
    assertThat(blocks.getLast()).isEqualTo("data: [DONE]");
    return blocks.stream()
        .limit(blocks.size() - 1)
        .map(block -> Json.object(block.substring(6).getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  URI address(String path) {
    return server.address().resolve(path);
  }

  /// Sends a request by hand, so that the connection can be cut by hand.
  Socket raw(String path, String json) throws IOException {
    Socket socket = new Socket(ModelServer.LOOPBACK, server.port());
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(rawRequest(path, json));
    return socket;
  }

  /// Sends lines of a request's head and a body by hand: the Java client chooses some headers
  /// itself.
  ///
  /// @return the whole answer, head first
  String exchange(String body, String... head) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String lines =
        "%s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            .formatted(String.join("\r\n", head), bytes.length);
    try (Socket socket = new Socket(ModelServer.LOOPBACK, server.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(lines.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(bytes);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] rawRequest(String path, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, body.length);
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  /// Reads until the text appears.
  static String readUntil(InputStream in, String text) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    while (!read.toString(StandardCharsets.UTF_8).contains(text)) {
      int next = in.read();
      if (next < 0) {
        throw new AssertionError("the answer ended before " + text + ": " + read);
      }
      read.write(next);
    }
    return read.toString(StandardCharsets.UTF_8);
  }

  /// Waits for what another thread brings about.
  static void await(String what, BooleanSupplier condition) {
    for (int attempt = 0; attempt < 2000; attempt++) {
      if (condition.getAsBoolean()) {
        return;
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new AssertionError("waited in vain for: " + what);
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
