package org.dure.federation.server;

import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.dure.core.runtime.ReceiveBudget;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/// Takes memory for what comes to the hub and what it answers, by sender, before a byte is read;
/// counts whoever takes too long or too much at once. Thread-safe.
final class RequestBodies {
  /// The one sender that all who show no certificate are together.
  static final String STRANGERS = "";

  /// Shorter than the time after which a region takes a silent hub for lost.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /// Share of the heap that is for what is on its way.
  private static final int PART = 4;

  /// More than this no hub needs.
  private static final long MOST = 64L << 20;

  /// Largest claim: what is made of a list needs several times its length.
  static final long MOST_CLAIM = 4L << 20;

  /// Counts what is turned away.
  private final Limits.Counter counter;

  private final ReceiveBudget budget;

  RequestBodies(Limits.Counter counter) {
    this(
        counter,
        new ReceiveBudget(
            Math.clamp(Runtime.getRuntime().maxMemory() / PART, 2 * MOST_CLAIM, MOST)));
  }

  RequestBodies(Limits.Counter counter, ReceiveBudget budget) {
    this.counter = counter;
    this.budget = budget;
  }

  /// What came, and the memory that it and its answer may take until it is closed.
  record Body(byte[] bytes, ReceiveBudget.Claim claim) implements AutoCloseable {
    @Override
    public void close() {
      claim.close();
    }
  }

  ReceiveBudget budget() {
    return budget;
  }

  /// Takes memory for a request.
  ///
  /// @param sender name of a region, or [#STRANGERS]
  /// @throws MessageRejected with [RejectReason#SHARE_USED]
  ReceiveBudget.Claim claim(Context context, String sender, long bytes) {
    return budget
        .claim(sender, bytes, PATIENCE, () -> close(context))
        .orElseThrow(
            () ->
                counter.refused(
                    sender,
                    RejectReason.SHARE_USED,
                    "more at once than the share of %s in the hub's memory"
                        .formatted(sender.isEmpty() ? "all without a certificate" : sender)));
  }

  private static void close(Context context) {
    ServletContextRequest.getServletContextRequest(context.req())
        .getConnectionMetaData()
        .getConnection()
        .getEndPoint()
        .close();
  }

  /// A body that is read as it comes, and must move.
  MinimumRateBody stream(Context context, String sender) {
    return new MinimumRateBody(
        context.bodyInputStream(), why -> counter.refused(sender, RejectReason.TOO_SLOW, why));
  }

  /// Reads a whole body.
  ///
  /// @param most bytes that it may have
  /// @param times its length, the memory that it and what is made of it takes
  /// @throws MessageRejected with [RejectReason#TOO_LARGE], [RejectReason#SHARE_USED] or
  ///     [RejectReason#TOO_SLOW]
  Body whole(Context context, String sender, int most, int times) throws IOException {
    long announced = context.req().getContentLengthLong();
    if (announced > most) {
      throw tooLarge(context, sender, most);
    }
    long length = announced < 0 ? most + 1L : announced;
    ReceiveBudget.Claim claim = claim(context, sender, times * Math.max(1, length));
    boolean read = false;
    try {
      byte[] bytes = stream(context, sender).readNBytes((int) length);
      if (bytes.length > most) {
        throw tooLarge(context, sender, most);
      }
      read = true;
      return new Body(bytes, claim);
    } finally {
      if (!read) {
        claim.close();
      }
    }
  }

  private MessageRejected tooLarge(Context context, String sender, int most) throws IOException {
    ChunkRoutes.drain(context);
    return counter.refused(
        sender, RejectReason.TOO_LARGE, "expected at most %d bytes".formatted(most));
  }

  /// Whether reading ended because nothing came any more.
  static boolean isSilence(IOException e) {
    return e.getCause() instanceof TimeoutException;
  }
}
