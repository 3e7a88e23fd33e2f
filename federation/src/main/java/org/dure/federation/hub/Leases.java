package org.dure.federation.hub;

import java.util.HashMap;
import java.util.Map;
import org.dure.federation.protocol.Message;
import org.jspecify.annotations.Nullable;

/// When each region was last heard of and what it said it does. Not part of the log: after a
/// restart of the hub every region is absent until it is heard again. Not thread-safe.
final class Leases {
  private final long leaseMillis;
  private final Map<String, Long> seen = new HashMap<>();
  private final Map<String, Message.Activity> activities = new HashMap<>();

  Leases(long leaseMillis) {
    this.leaseMillis = leaseMillis;
  }

  /// Renews the region's lease.
  void renew(String region, long now) {
    seen.put(region, now);
  }

  void recordActivity(Message.Activity activity) {
    activities.put(activity.region(), activity);
  }

  /// 0 if never.
  long lastSeen(String region) {
    return seen.getOrDefault(region, 0L);
  }

  /// 0 if the region was never seen.
  long leaseUntil(String region) {
    Long last = seen.get(region);
    return last == null ? 0 : last + leaseMillis;
  }

  Message.@Nullable Activity activity(String region) {
    return activities.get(region);
  }
}
