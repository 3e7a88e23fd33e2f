package org.dure.federation.client;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How many connections a transfer uses.
///
/// One stream of CUBIC fills a long link badly: after every loss its window grows with the cube of
/// the time, and the more slowly the longer the round trip (RFC 9438). So the number follows the
/// round trip, and from there on it grows as long as that pays. Thread-safe.
public final class ConnectionScaler {
  static final int LEAST = 2;
  static final int MOST = 32;

  /// More connections must bring so much more to be kept.
  private static final double PAYS = 1.08;

  private static final double MILLIS_EACH = 9;
  private static final long WINDOW = 2_000_000_000L;
  private static final long REST = 30_000_000_000L;

  private final LongSupplier nanos;
  private Duration roundTrip = Duration.ofDays(1);
  private int connections = 4;
  private int before;
  private double rateBefore;
  private boolean settled;
  private long windowBegan;
  private long moved;
  private long last;

  public ConnectionScaler() {
    this(System::nanoTime);
  }

  public ConnectionScaler(LongSupplier nanos) {
    this.nanos = nanos;
    this.last = nanos.getAsLong() - REST - 1;
  }

  /// How many connections there are to be.
  public synchronized int connections() {
    return connections;
  }

  /// The shortest round trip that was seen; a day if none was.
  synchronized Duration roundTrip() {
    return roundTrip;
  }

  /// A connection was made and took so long.
  public synchronized void connected(Duration took) {
    if (took.compareTo(roundTrip) < 0) {
      roundTrip = took;
      if (rateBefore == 0) {
        connections = forRoundTrip(took);
      }
    }
  }

  public static int forRoundTrip(Duration took) {
    double millis = took.toNanos() / 1e6;
    return (int) Math.min(MOST, Math.max(LEAST, Math.round(LEAST + millis / MILLIS_EACH)));
  }

  /// Bytes have moved.
  ///
  /// @param busy how many connections have something to do
  public synchronized void moved(long bytes, int busy) {
    long now = nanos.getAsLong();
    if (now - last > REST) {
      settled = false;
      begin(now);
    }
    last = now;
    moved += bytes;
    if (now - windowBegan < WINDOW) {
      return;
    }
    double rate = (double) moved / (now - windowBegan);
    begin(now);
    if (busy >= connections && !settled) {
      decide(rate);
    }
  }

  private void begin(long now) {
    windowBegan = now;
    moved = 0;
  }

  private void decide(double rate) {
    if (before > 0 && rate < PAYS * rateBefore) {
      connections = before;
      before = 0;
      settled = true;
      return;
    }
    rateBefore = rate;
    if (connections >= MOST || roundTrip.compareTo(Duration.ofMillis(5)) < 0) {
      settled = true;
      return;
    }
    before = connections;
    connections = Math.min(MOST, connections + Math.max(2, connections / 2));
  }
}
