package org.dure.federation.region;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/// How long to wait before trying the hub again: twice as long each time up to a limit, with jitter
/// so that regions do not come back all at once. Says once that the hub is away, and once that it
/// is back. Not thread-safe.
final class RetryPolicy {
  private static final long FIRST_MILLIS = 100;
  private static final long MOST_MILLIS = 10_000;

  private final RandomGenerator random;
  private final Node.Listener listener;
  private final URI hub;
  private final BooleanSupplier certified;
  private long nextMillis = FIRST_MILLIS;
  private boolean away;
  private boolean full;
  private @Nullable RejectReason refusal;

  /// @param certified whether the region's certificate holds by its own clock
  RetryPolicy(RandomGenerator random, Node.Listener listener, URI hub, BooleanSupplier certified) {
    this.random = random;
    this.listener = listener;
    this.hub = hub;
    this.certified = certified;
  }

  /// The hub answered.
  void reached() {
    if (away) {
      away = false;
      listener.onMessage("hub %s is back".formatted(hub));
    }
  }

  /// A whole step went well.
  void stepped() {
    nextMillis = FIRST_MILLIS;
    refusal = null;
    if (full) {
      full = false;
      listener.onMessage("there is room on this region's disk again: going on");
    }
  }

  /// @return how long to wait
  Duration away(IOException problem) {
    if (!away) {
      away = true;
      listener.onMessage(
          "hub %s is away (%s): work goes on at home, trying again"
              .formatted(hub, reason(problem)));
    }
    return pause();
  }

  private static String reason(IOException problem) {
    String message = problem.getMessage();
    return message == null ? problem.getClass().getSimpleName() : message;
  }

  /// The region's own disk is full.
  ///
  /// @return how long to wait
  /// @throws DureException the problem itself, if it is another
  Duration full(DureException problem) {
    if (problem.code() != ErrorCode.DISK_FULL) {
      throw problem;
    }
    if (!full) {
      full = true;
      listener.onMessage(
          "this region pauses (%s): %s; it goes on by itself when there is room"
              .formatted(problem.code(), problem.getMessage()));
    }
    return pause();
  }

  /// @return how long to wait, if asking for the state anew can help
  /// @throws DureException if it cannot
  Duration refused(MessageRejected problem) {
    return switch (problem.refusal()) {
      case WRONG_ROUND ->
          // The others were quicker: where a round has several messages, an everyday thing.
          once(
              problem,
              "the round has gone on meanwhile (%s: %s): asking where the study stands"
                  .formatted(problem.refusal(), problem.reason()));
      case WRONG_SEQUENCE,
          WRONG_BASE,
          TOO_LATE,
          TAKEN_BACK,
          CHUNK_MISSING,
          CHUNK_CORRUPT,
          WRONG_RANGE,
          TOO_SLOW,
          TOO_OFTEN,
          QUOTA_USED,
          SHARE_USED,
          NO_HELLO,
          HUB_SET_BACK ->
          asking(problem, "asking where the study stands");
      case CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID -> {
        if (!certified.getAsBoolean()) {
          throw lasting(problem);
        }
        yield asking(
            problem,
            "by this region's clock it holds, so one of the two clocks is wrong; trying again");
      }
      case MALFORMED,
          WRONG_SECRET,
          ABOVE_BOUND,
          TOO_LARGE,
          WRONG_PROTOCOL,
          WRONG_STUDY,
          WRONG_LAYOUT,
          WRONG_COMMON,
          REGION_FORKED,
          NOT_ADMITTED,
          KEY_REVOKED,
          WRONG_REGION,
          BAD_SIGNATURE,
          HEAD_UNPROVEN,
          NO_CERTIFICATE,
          CERTIFICATE_FOREIGN,
          CERTIFICATE_ROLE,
          CERTIFICATE_UNKNOWN,
          CERTIFICATE_REVOKED,
          CERTIFICATE_SUPERSEDED,
          WRONG_ENCODING,
          WRONG_LENGTH,
          WRONG_WEIGHT,
          NOT_FINITE ->
          throw lasting(problem);
    };
  }

  private Duration asking(MessageRejected problem, String next) {
    return once(
        problem,
        "the hub refuses (%s): %s: %s".formatted(problem.refusal(), problem.reason(), next));
  }

  private Duration once(MessageRejected problem, String message) {
    if (refusal != problem.refusal()) {
      refusal = problem.refusal();
      listener.onMessage(message);
    }
    return pause();
  }

  private static DureException lasting(MessageRejected problem) {
    return new DureException(
        problem.refusal().code(),
        "the hub refuses (%s): %s".formatted(problem.refusal(), problem.reason()),
        problem);
  }

  private Duration pause() {
    long millis = nextMillis / 2 + random.nextLong(nextMillis / 2 + 1);
    nextMillis = Math.min(MOST_MILLIS, 2 * nextMillis);
    return Duration.ofMillis(millis);
  }
}
