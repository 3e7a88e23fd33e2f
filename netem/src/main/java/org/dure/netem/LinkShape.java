package org.dure.netem;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// What a link of the lab does to packets, the same in both directions.
///
/// @param roundTripMillis there and back, without queueing
/// @param jitterMillis by which the round trip swings to either side; slowly, so that packets stay
///     in their order
/// @param megabits a second, of whole IP packets
/// @param loss share of packets that vanish, 0 to 1
/// @param reordered share of packets that arrive late, behind their followers
/// @param queueBytes that wait for their turn before more are dropped (tail drop)
/// @param cuts when nothing passes
public record LinkShape(
    double roundTripMillis,
    double jitterMillis,
    double megabits,
    double loss,
    double reordered,
    long queueBytes,
    List<Cut> cuts) {
  /// Nothing passes for `down` at the end of every `period`, which begins `offset` early.
  public record Cut(Duration down, Duration period, Duration offset) {
    /// Whether nothing passes that long after the start.
    boolean isDown(long nanos) {
      long place = Math.floorMod(nanos + offset.toNanos(), period.toNanos());
      return place >= period.toNanos() - down.toNanos();
    }
  }

  public LinkShape {
    cuts = List.copyOf(cuts);
  }

  /// The same with other cuts.
  public LinkShape with(List<Cut> others) {
    return new LinkShape(
        roundTripMillis, jitterMillis, megabits, loss, reordered, queueBytes, others);
  }

  /// Whether nothing passes that long after the start.
  public boolean isDown(long nanos) {
    for (Cut cut : cuts) {
      if (cut.isDown(nanos)) {
        return true;
      }
    }
    return false;
  }

  public double bytesPerSecond() {
    return megabits * 1e6 / 8;
  }

  /// For people and records, e.g. `250 ms, 50 Mbit/s, 0.1 % loss`.
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(number(roundTripMillis));
    if (jitterMillis > 0) {
      text.append(" +- ").append(number(jitterMillis));
    }
    text.append(" ms, ").append(number(megabits)).append(" Mbit/s, ");
    text.append(loss == 0 ? "no" : number(loss * 100) + " %").append(" loss");
    if (reordered > 0) {
      text.append(", ").append(number(reordered * 100)).append(" % out of order");
    }
    for (Cut cut : cuts) {
      text.append(
          ", down %s s every %s s"
              .formatted(number(cut.down.toMillis() / 1e3), number(cut.period.toMillis() / 1e3)));
    }
    return text.toString();
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.3g", value);
  }
}
