package org.dure.federation.hub;

/// How often something may go into the log within an hour of the log's own times, so that whoever
/// brings it about cannot make the log grow as it likes. A function of the events alone. Not
/// thread-safe.
final class HourlyAllowance {
  private static final long HOUR_MILLIS = 3_600_000;

  private final int most;
  private long from;
  private int used;

  HourlyAllowance(int most) {
    this.most = most;
  }

  /// Whether one more may be logged at this time.
  boolean isOpen(long time) {
    return used < most || isOver(time);
  }

  /// One was logged.
  void use(long time) {
    if (isOver(time)) {
      from = time;
      used = 0;
    }
    used++;
  }

  /// A clock that was set back begins a new hour: nobody is shut out until it has caught up.
  private boolean isOver(long time) {
    return time - from >= HOUR_MILLIS || time < from;
  }
}
