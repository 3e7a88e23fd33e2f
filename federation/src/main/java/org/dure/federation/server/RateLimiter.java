package org.dure.federation.server;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.dure.core.runtime.LeastRecentlyUsed;

/// How often somebody may ask: a bucket of requests for each name, filled again at a steady rate.
/// Who is faster waits its turn, so that one that hammers does not slow the others; who would have
/// to wait too long is turned away.
///
/// Only the last names are remembered. Thread-safe.
final class RateLimiter {
  /// @param burst requests in one go
  /// @param perSecond requests that come back into the bucket each second
  /// @param mostDelay longest wait
  record Rate(int burst, int perSecond, Duration mostDelay) {}

  /// Of an admitted region.
  static final Rate REGION = new Rate(200, 50, Duration.ofSeconds(1));

  /// Of an address that asks to be enrolled; institutions behind one proxy share it.
  static final Rate ADDRESS = new Rate(60, 2, Duration.ZERO);

  /// Of all such addresses together, so that guessing invitations is hopeless and costs the hub
  /// nothing.
  static final Rate ADDRESSES = new Rate(300, 20, Duration.ZERO);

  private static final int MOST_NAMES = 1_000;

  private final Rate rate;
  private final long each;
  private final LongSupplier nanos;

  /// When the bucket of a name will be full.
  private final LeastRecentlyUsed<String, Long> full = new LeastRecentlyUsed<>(MOST_NAMES);

  RateLimiter(Rate rate) {
    this(rate, System::nanoTime);
  }

  RateLimiter(Rate rate, LongSupplier nanos) {
    this.rate = rate;
    this.each = Duration.ofSeconds(1).toNanos() / rate.perSecond;
    this.nanos = nanos;
  }

  /// Takes one request.
  ///
  /// @param name of the region, or its address
  /// @return how long it is to wait; empty if it has to be turned away
  synchronized Optional<Duration> take(String name) {
    long now = nanos.getAsLong();
    long next = level(name, now) + each;
    long delay = Math.max(0, next - now - rate.burst * each);
    if (delay > rate.mostDelay.toNanos()) {
      return Optional.empty();
    }
    full.put(name, next);
    return Optional.of(Duration.ofNanos(delay));
  }

  private long level(String name, long now) {
    Long before = full.get(name);
    return before == null || before - now < 0 ? now : before;
  }

  /// A request that was taken turned out to be the work of so many more; the next ones wait for it.
  synchronized void charge(String name, long more) {
    full.put(name, level(name, nanos.getAsLong()) + more * each);
  }
}
