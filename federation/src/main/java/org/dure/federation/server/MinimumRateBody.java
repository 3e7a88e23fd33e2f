package org.dure.federation.server;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;

/// A request's body that must move: who sends less than [#LEAST] bytes in a [#WINDOW], or nothing
/// for as long as a connection may rest, holds a place that others need, and is refused as
/// [RejectReason#TOO_SLOW].
final class MinimumRateBody extends FilterInputStream {
  static final Duration WINDOW = Duration.ofSeconds(20);

  /// Bytes in a window: a modem's pace.
  static final long LEAST = 8 << 10;

  private final Function<String, MessageRejected> refusal;
  private final LongSupplier nanos;
  private long windowEnds;
  private long moved;

  /// @param refusal makes, and counts, what is thrown for a reason
  MinimumRateBody(InputStream in, Function<String, MessageRejected> refusal) {
    this(in, refusal, System::nanoTime);
  }

  MinimumRateBody(InputStream in, LongSupplier nanos) {
    this(in, why -> new MessageRejected(RejectReason.TOO_SLOW, why), nanos);
  }

  private MinimumRateBody(
      InputStream in, Function<String, MessageRejected> refusal, LongSupplier nanos) {
    super(in);
    this.refusal = refusal;
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
    int count;
    try {
      count = super.read(into, from, length);
    } catch (IOException e) {
      if (RequestBodies.isSilence(e)) {
        throw refusal.apply("a body of which nothing came any more");
      }
      throw e;
    }
    moved += Math.max(0, count);
    long now = nanos.getAsLong();
    if (count >= 0 && now - windowEnds >= 0) {
      if (moved < LEAST) {
        throw refusal.apply(
            "%d bytes in %d seconds: expected at least %d"
                .formatted(moved, WINDOW.toSeconds(), LEAST));
      }
      moved = 0;
      windowEnds = now + WINDOW.toNanos();
    }
    return count;
  }
}
