package org.dure.serving;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import org.dure.core.runtime.ReceiveBudget;

/// Reads the bodies of requests, each within memory that is taken for it, what is made of it and
/// its answer before a byte is read. A body must move, and has only so long. Thread-safe.
final class Bodies {
  /// How long a request waits for memory.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration MOST_TIME = Duration.ofSeconds(60);
  private static final Duration WINDOW = Duration.ofSeconds(20);

  /// Bytes in a window: a modem's pace.
  private static final long LEAST = 8 << 10;

  /// What JSON can take in memory for each byte of it: empty objects have three bytes and take 60.
  private static final int TIMES = 24;

  /// Beside the body, for an answer that is being sent.
  static final long ANSWER = 512 << 10;

  private static final int PIECE = 16 << 10;

  /// Bytes that are read of a body that is refused.
  private static final long MOST_DRAINED = 4 << 20;

  private final ReceiveBudget budget;
  private final int most;

  /// @param most bytes of one body; fewer where the budget is too small for it
  Bodies(int most, ReceiveBudget budget) {
    this.budget = budget;
    this.most = (int) Math.clamp((budget.total() / 2 - ANSWER) / TIMES, 1, most);
  }

  /// A body and the memory of its request.
  record Body(byte[] bytes, ReceiveBudget.Claim claim) implements AutoCloseable {
    @Override
    public void close() {
      claim.close();
    }
  }

  /// @param announced length; negative if the request does not tell
  /// @param cut ends the reading
  /// @throws ApiError if it is too large, too slow, or more than the client's share
  Body read(String client, InputStream in, long announced, Runnable cut) throws IOException {
    if (announced > most) {
      throw tooLarge();
    }
    long length = announced < 0 ? most : announced;
    ReceiveBudget.Claim claim = claim(client, ANSWER + TIMES * length, cut);
    boolean whole = false;
    try {
      byte[] bytes = read(in, (int) length);
      whole = true;
      return new Body(bytes, claim);
    } finally {
      if (!whole) {
        claim.close();
      }
    }
  }

  /// Takes memory in the name of a client.
  ///
  /// @throws ApiError if that is more than its share
  ReceiveBudget.Claim claim(String client, long bytes, Runnable cut) {
    return budget
        .claim(client, bytes, PATIENCE, cut)
        .orElseThrow(
            () ->
                new ApiError(
                    503,
                    ApiError.SERVER_ERROR,
                    null,
                    "server_overloaded",
                    "The server has no more memory for your requests at the moment. Please try"
                        + " again later."));
  }

  /// The most memory that one request may take beside its body.
  long mostMemory() {
    return budget.total() / 4;
  }

  private byte[] read(InputStream in, int length) throws IOException {
    byte[] body = new byte[Math.min(length, PIECE)];
    int size = 0;
    Pace pace = new Pace();
    while (true) {
      if (size == body.length) {
        int next = in.read();
        if (next < 0) {
          return body;
        }
        if (size == length) {
          throw tooLarge();
        }
        body = Arrays.copyOf(body, Math.min(length, 2 * size));
        body[size++] = (byte) next;
      }
      int read = in.read(body, size, body.length - size);
      if (read < 0) {
        return Arrays.copyOf(body, size);
      }
      size += read;
      pace.moved(read);
    }
  }

  /// Reads what a refused client is still sending, so that it hears why instead of a broken
  /// connection; one that sends much more, or too slowly, is cut off.
  static void drain(InputStream in) {
    byte[] piece = new byte[1 << 12];
    Pace pace = new Pace();
    try {
      for (long left = MOST_DRAINED; left > 0; ) {
        int read = in.read(piece);
        if (read < 0) {
          return;
        }
        left -= read;
        pace.moved(read);
      }
    } catch (ApiError | IOException e) {
      // The refusal that is being answered says more.
    }
  }

  /// That a body moves, and comes to its end.
  private static final class Pace {
    private final long until = System.nanoTime() + MOST_TIME.toNanos();
    private long windowEnds = System.nanoTime() + WINDOW.toNanos();
    private int moved;

    /// @throws ApiError with status 408
    void moved(int bytes) {
      moved += bytes;
      long now = System.nanoTime();
      boolean windowEnded = now - windowEnds > 0;
      if (now - until > 0 || (windowEnded && moved < LEAST)) {
        throw new ApiError(
            408,
            ApiError.INVALID_REQUEST,
            null,
            "request_timeout",
            "The request's body took longer than %d s, or came with less than %d bytes in %d s."
                .formatted(MOST_TIME.toSeconds(), LEAST, WINDOW.toSeconds()));
      }
      if (windowEnded) {
        windowEnds = now + WINDOW.toNanos();
        moved = 0;
      }
    }
  }

  private ApiError tooLarge() {
    return new ApiError(
        413,
        ApiError.INVALID_REQUEST,
        null,
        "request_too_large",
        "The request's body is larger than %d bytes.".formatted(most));
  }
}
