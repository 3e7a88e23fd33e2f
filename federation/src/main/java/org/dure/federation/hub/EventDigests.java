package org.dure.federation.hub;

import org.dure.core.Sha256;
import org.dure.core.runtime.LeastRecentlyUsed;
import org.dure.federation.log.RoundStore;

/// Digests of the events that regions say they have seen, read from the log when they are first
/// asked about and then remembered, in bounded memory. Thread-safe.
final class EventDigests {
  private static final int MOST = 1 << 8;

  private final RoundStore log;
  private final LeastRecentlyUsed<Long, String> known = new LeastRecentlyUsed<>(MOST);

  EventDigests(RoundStore log) {
    this.log = log;
  }

  /// SHA-256 of the event `number`, which the log has.
  String at(long number) {
    String digest = known.get(number);
    if (digest == null) {
      digest = Sha256.of(log.event(number));
      known.put(number, digest);
    }
    return digest;
  }

  /// As [#at], where there is one of that number; for later.
  void lookUp(long number) {
    if (number > 0 && number <= log.last()) {
      String unused = at(number);
    }
  }
}
