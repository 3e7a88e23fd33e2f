package org.dure.federation.region;

import java.time.Duration;

/// How often a region says hello: at once while it has rarely done so, then every few seconds, so
/// that a line which breaks all the time does not fill the export log. Not thread-safe.
final class HelloPace {
  /// That many without waiting.
  static final int AT_ONCE = 20;

  /// After them one in so long.
  static final Duration EACH = Duration.ofSeconds(10);

  /// When all of those without waiting are there again.
  private long full;
  private boolean begun;

  /// @param nanos the time by any clock that goes on evenly
  /// @return how long to wait before the next, which is taken to be said then
  Duration next(long nanos) {
    if (!begun || full - nanos < 0) {
      full = nanos;
      begun = true;
    }
    full += EACH.toNanos();
    return Duration.ofNanos(Math.max(0, full - nanos - AT_ONCE * EACH.toNanos()));
  }
}
