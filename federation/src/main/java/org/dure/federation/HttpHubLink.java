package org.dure.federation;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;

/// A [HubLink] over HTTPS: HTTP/1.1 on TLS 1.3, one connection for each request that is under way.
///
/// There is no limit on a request's total time: one that moves no byte for [#PATIENCE] is given up.
final class HttpHubLink implements HubLink {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final int MOST_ANSWER = 1 << 20;

  private final URI hub;
  private final HttpClient client;

  /// @param hub e.g. `https://hub.example:7443`
  HttpHubLink(URI hub, TlsIdentity identity) {
    this.hub = hub;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(identity.context())
            .connectTimeout(CONNECT)
            .build();
  }

  @Override
  public Hub.Receipt send(byte[] message, byte[] signature)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("/v1/messages")
            .header("Content-Type", "application/json")
            .header(HubRoutes.SIGNATURE, Base64.getEncoder().encodeToString(signature));
    return json(exchange(request, "POST", message, MOST_ANSWER), Hub.Receipt.class);
  }

  @Override
  public Standing standing(long after, Duration wait) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("/v1/state?after=%d&wait=%d".formatted(after, wait.toSeconds()));
    return json(exchange(request, "GET", new byte[0], MOST_ANSWER), Standing.class);
  }

  @Override
  public boolean holds(String digest) throws IOException, InterruptedException {
    try {
      exchange(request("/v1/chunks/" + digest), "HEAD", new byte[0], MOST_ANSWER);
      return true;
    } catch (MessageRefused e) {
      if (e.refusal() == Refusal.CHUNK_MISSING) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void put(String digest, String kind, byte[] chunk)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("/v1/chunks/" + digest)
            .header("Content-Type", "application/octet-stream")
            .header(ChunkRoutes.KIND, kind);
    exchange(request, "PUT", chunk, MOST_ANSWER);
  }

  @Override
  public byte[] get(String digest, int most) throws IOException, InterruptedException {
    byte[] chunk = exchange(request("/v1/chunks/" + digest), "GET", new byte[0], most);
    if (!Sha256.of(chunk).equals(digest)) {
      throw new IOException("chunk %s arrived damaged".formatted(digest));
    }
    return chunk;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(hub.resolve(path));
  }

  private static <T> T json(byte[] body, Class<T> type) {
    try {
      return Json.read(body, type);
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED, "the hub's answer is " + e.getMessage(), e);
    }
  }

  private byte[] exchange(HttpRequest.Builder request, String method, byte[] body, int most)
      throws IOException, InterruptedException {
    Moving moving = new Moving();
    HttpRequest built =
        request
            .method(
                method,
                body.length == 0 ? HttpRequest.BodyPublishers.noBody() : moving.publisher(body))
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(built, info -> moving.subscriber(info, most));
    try {
      HttpResponse<byte[]> response = await(answer, moving);
      if (response.statusCode() / 100 == 2) {
        return response.body();
      }
      throw refusal(response);
    } finally {
      answer.cancel(true);
    }
  }

  private static HttpResponse<byte[]> await(
      CompletableFuture<HttpResponse<byte[]>> answer, Moving moving)
      throws IOException, InterruptedException {
    long seen = -1;
    while (true) {
      try {
        return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (moving.bytes() == seen) {
          throw new IOException("nothing moved for %d seconds".formatted(PATIENCE.toSeconds()), e);
        }
        seen = moving.bytes();
      } catch (ExecutionException e) {
        throw failure(e);
      }
    }
  }

  /// A connection that fails is tried again, unless it failed over who the two sides are.
  private static IOException failure(ExecutionException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException && isAboutCertificates(cause)) {
        throw new DureException(
            ErrorCode.CERTIFICATE_INVALID,
            "hub and region do not accept each other's certificates: " + cause.getMessage(),
            cause);
      }
      if (cause instanceof DureException wrong) {
        throw wrong;
      }
    }
    Throwable cause = e.getCause();
    return cause instanceof IOException io ? io : new IOException(cause == null ? e : cause);
  }

  private static boolean isAboutCertificates(Throwable e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("certificate")
        || text.contains("certification path")
        || text.contains("unknown_ca")
        || text.contains("access_denied")
        || text.contains("No subject alternative")
        || text.contains("No name matching");
  }

  /// The shape of the hub's errors.
  private record Problem(String error, int number, String reason, String message) {}

  /// @return what to throw where the hub may yet change its mind
  private static IOException refusal(HttpResponse<byte[]> response) {
    Problem problem = problem(response);
    for (Refusal refusal : Refusal.values()) {
      if (refusal.name().equals(problem.reason)) {
        throw new MessageRefused(refusal, problem.message);
      }
    }
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(problem.error) && code.type() == ErrorCode.Type.REFUSED) {
        throw new DureException(code, problem.message);
      }
    }
    return new IOException("the hub says: " + problem.message);
  }

  private static Problem problem(HttpResponse<byte[]> response) {
    String status = "HTTP status " + response.statusCode();
    if (response.request().method().equals("HEAD") || response.body().length == 0) {
      String reason = response.statusCode() == 404 ? Refusal.CHUNK_MISSING.name() : "";
      return new Problem("", 0, reason, status);
    }
    try {
      return Json.read(response.body(), Problem.class);
    } catch (DureException e) {
      return new Problem("", 0, "", status);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
