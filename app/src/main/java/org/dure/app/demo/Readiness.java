package org.dure.app.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Asks a server of ours that is starting, until it answers: with a pause between two tries, and
/// not for ever.
final class Readiness {
  /// Sleeps; tests do not.
  interface Pause {
    void pause() throws InterruptedException;
  }

  static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final long PAUSE_MILLIS = 200;
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient client;
  private final LongSupplier nanos;
  private final Pause pause;

  Readiness(HttpClient client) {
    this(client, System::nanoTime, () -> Thread.sleep(PAUSE_MILLIS));
  }

  Readiness(HttpClient client, LongSupplier nanos, Pause pause) {
    this.client = client;
    this.nanos = nanos;
    this.pause = pause;
  }

  /// One try.
  ///
  /// @return null if it may yet answer: nobody listens, or it says that it is too early
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if its answer will not get better
  byte @Nullable [] ask(URI address) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(REQUEST_TIMEOUT).build();
    try {
      HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() == 200) {
        return answer.body();
      }
      if (isFinal(answer.statusCode())) {
        throw new DureException(
            ErrorCode.PEER_MISBEHAVED,
            "%s answers with HTTP status %d: another program may listen there"
                .formatted(address, answer.statusCode()));
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  /// A server says 5xx or that it is asked too early or too often while it starts or is overloaded.
  private static boolean isFinal(int status) {
    return status / 100 != 5 && status != 408 && status != 425 && status != 429;
  }

  /// Tries until it answers with status 200.
  ///
  /// @param check throws if the server has ended
  /// @throws DureException with [ErrorCode#PEER_UNREACHABLE] after [#PATIENCE]
  void await(URI address, Runnable check) throws InterruptedException {
    long begun = nanos.getAsLong();
    while (true) {
      check.run();
      if (ask(address) != null) {
        return;
      }
      checkPatience(address, begun);
      pause.pause();
    }
  }

  /// @param since when it answered last, or was started
  void checkPatience(URI address, long since) {
    if (nanos.getAsLong() - since > PATIENCE.toNanos()) {
      throw new DureException(
          ErrorCode.PEER_UNREACHABLE,
          "%s has not answered for %d minutes".formatted(address, PATIENCE.toMinutes()));
    }
  }
}
