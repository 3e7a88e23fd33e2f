package org.dure.federation.server;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;

/// A request's body that must move: who sends less than [#LEAST] bytes in a [#WINDOW] holds a place
/// that others need, and is refused as [RejectReason#TOO_SLOW]. A body from which nothing comes at
/// all ends with the connection's own idle time.
final class MinimumRateBody extends FilterInputStream {
  static final Duration WINDOW = Duration.ofSeconds(20);

  /// Bytes in a window: a modem's pace.
  static final long LEAST = 8 << 10;

  private final LongSupplier nanos;
  private long windowEnds;
  private long moved;

  MinimumRateBody(InputStream in) {
    this(in, System::nanoTime);
  }

  MinimumRateBody(InputStream in, LongSupplier nanos) {
    super(in);
    this.nanos = nanos;
    this.windowEnds = nanos.getAsLong() + WINDOW.toNanos();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    int count = super.read(into, from, length);
    moved += Math.max(0, count);
    long now = nanos.getAsLong();
    if (count >= 0 && now - windowEnds >= 0) {
      if (moved < LEAST) {
        throw new MessageRejected(
            RejectReason.TOO_SLOW,
            "%d bytes in %d seconds: expected at least %d"
                .formatted(moved, WINDOW.toSeconds(), LEAST));
      }
      moved = 0;
      windowEnds = now + WINDOW.toNanos();
    }
    return count;
  }
}
