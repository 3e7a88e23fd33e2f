package org.dure.federation.server;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// How often a region may ask: a bucket of [#BURST] requests, filled again by [#PER_SECOND] each
/// second. Who is faster waits its turn, so that one region that hammers does not slow the others;
/// who has more than [#MOST_DELAY] of waiting before it is turned away. Thread-safe.
final class RateLimiter {
  static final int BURST = 200;
  static final int PER_SECOND = 50;
  static final Duration MOST_DELAY = Duration.ofSeconds(1);

  private static final long EACH = Duration.ofSeconds(1).toNanos() / PER_SECOND;

  private final LongSupplier nanos;

  /// When the bucket of a region will be full, by the region's name.
  private final Map<String, Long> full = new HashMap<>();

  RateLimiter() {
    this(System::nanoTime);
  }

  RateLimiter(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// Takes one request of an admitted region.
  ///
  /// @return how long it is to wait; empty if it has to be turned away
  synchronized Optional<Duration> take(String region) {
    long now = nanos.getAsLong();
    Long before = full.get(region);
    long next = (before == null || before - now < 0 ? now : before) + EACH;
    long delay = Math.max(0, next - now - BURST * EACH);
    if (delay > MOST_DELAY.toNanos()) {
      return Optional.empty();
    }
    full.put(region, next);
    return Optional.of(Duration.ofNanos(delay));
  }
}
