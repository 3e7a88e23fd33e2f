package org.dure.federation.server;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;

/// How often a stranger may ask: a bucket of requests for each address, which fills up again, and
/// one for all together, so that guessing invitations is hopeless and costs the hub nothing.
///
/// Only the last addresses are remembered. Thread-safe.
final class AddressLimiter {
  /// In one go; institutions behind one proxy share an address.
  private static final int BURST = 60;

  private static final double PER_SECOND = 2;
  private static final int BURST_OF_ALL = 300;
  private static final double PER_SECOND_OF_ALL = 20;
  private static final int MOST_ADDRESSES = 1_000;

  private final InstantSource clock;
  private final Bucket all;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MOST_ADDRESSES;
        }
      };

  AddressLimiter(InstantSource clock) {
    this.clock = clock;
    this.all = new Bucket(BURST_OF_ALL, clock.millis());
  }

  /// @throws MessageRefused with [RejectReason#TOO_OFTEN]
  synchronized void admit(String address) {
    long now = clock.millis();
    Bucket own = buckets.computeIfAbsent(address, key -> new Bucket(BURST, now));
    if (!own.take(now, BURST, PER_SECOND) || !all.take(now, BURST_OF_ALL, PER_SECOND_OF_ALL)) {
      throw new MessageRejected(
          RejectReason.TOO_OFTEN, "too many requests: come again in a minute");
    }
  }

  private static final class Bucket {
    private double left;
    private long at;

    Bucket(double left, long now) {
      this.left = left;
      this.at = now;
    }

    boolean take(long now, double burst, double perSecond) {
      left = Math.min(burst, left + Math.max(0, now - at) * perSecond / 1000);
      at = now;
      if (left < 1) {
        return false;
      }
      left--;
      return true;
    }
  }
}
