package org.dure.serving;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/// Reads the bodies of requests into memory, of all together no more than a share of the heap: a
/// crowd that sends large bodies slowly leaves room for short ones, and each body has so long.
/// Thread-safe.
final class Bodies {
  private static final int PIECE = 16 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int most;
  private final Semaphore pieces;

  /// Pieces that only a body's first may take.
  private final int kept;

  /// @param most bytes of one body
  /// @param together bytes of all that are being read
  Bodies(int most, long together) {
    this.most = most;
    int all = Math.toIntExact(Math.clamp(together / PIECE, 8, 1 << 20));
    this.pieces = new Semaphore(all);
    this.kept = all / 4;
  }

  /// @throws ApiError if it is too large, too slow, or one too many
  byte[] read(InputStream in) throws IOException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] piece = new byte[PIECE];
    int held = 0;
    try {
      while (true) {
        if (body.size() >= held * PIECE) {
          take(held);
          held++;
        }
        int read = in.read(piece, 0, held * PIECE - body.size());
        if (read < 0) {
          return body.toByteArray();
        }
        body.write(piece, 0, read);
        if (body.size() > most) {
          throw refused(
              413, "request_too_large", "The request's body is larger than %d bytes.", most);
        }
        if (System.nanoTime() > until) {
          throw refused(
              408,
              "request_timeout",
              "The request's body took longer than %d s.",
              PATIENCE.toSeconds());
        }
      }
    } finally {
      pieces.release(held);
    }
  }

  private void take(int held) {
    if ((held > 0 && pieces.availablePermits() <= kept) || !pieces.tryAcquire()) {
      throw new ApiError(
          503,
          ApiError.SERVER_ERROR,
          null,
          "server_overloaded",
          "The server is reading as many requests as it has memory for. Please try again later.");
    }
  }

  private static ApiError refused(int status, String code, String message, long value) {
    return new ApiError(status, ApiError.INVALID_REQUEST, null, code, message.formatted(value));
  }
}
