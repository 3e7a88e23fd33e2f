package org.dure.federation.hub;

/// The hub's own time: follows the clock, but never goes back, so that a clock that is set back by
/// hours holds up no lease and no window. Counts from the process's start; not thread-safe.
final class MonotonicClock {
  private long last = Long.MIN_VALUE;
  private long offset;

  /// @param now what the clock says, milliseconds since 1970 UTC
  /// @return the same while the clock has not been set back
  long at(long now) {
    if (last != Long.MIN_VALUE && now + offset < last) {
      offset = last - now;
    }
    last = now + offset;
    return last;
  }
}
