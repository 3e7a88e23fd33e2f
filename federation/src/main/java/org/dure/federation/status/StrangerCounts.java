package org.dure.federation.status;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.runtime.LeastRecentlyUsed;
import org.dure.federation.protocol.RejectReason;

/// What was turned away of those who are no region: by reason, and where crowds come from by their
/// address. In bounded memory, of this process alone. Thread-safe.
public final class StrangerCounts {
  /// Addresses that are remembered.
  private static final int MOST_ADDRESSES = 256;

  /// Addresses that are shown.
  private static final int SHOWN = 5;

  private final TreeMap<String, Long> reasons = new TreeMap<>();
  private final LeastRecentlyUsed<String, Long> addresses = new LeastRecentlyUsed<>(MOST_ADDRESSES);

  public synchronized void refused(RejectReason reason) {
    reasons.merge(reason.name(), 1L, Long::sum);
  }

  /// A connection or a request was one too many.
  public synchronized void crowd(String address) {
    refused(RejectReason.SHARE_USED);
    Long before = addresses.get(address);
    addresses.put(address, before == null ? 1 : before + 1);
  }

  public synchronized Map<String, Long> byReason() {
    return new TreeMap<>(reasons);
  }

  /// The addresses that were one too many most often.
  public synchronized Map<String, Long> byAddress() {
    Map<String, Long> most = new LinkedHashMap<>();
    addresses.entries().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(SHOWN)
        .forEach(entry -> most.put(entry.getKey(), entry.getValue()));
    return most;
  }
}
