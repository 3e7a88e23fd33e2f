package org.dure.federation.hub;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Regions whose part of the common preparation the hub could not work with, since when, and why:
/// the others wait for a better one for a while and no longer. Not in the log, since nothing has
/// counted; a hub that starts again waits once more. Not thread-safe.
final class BadParts {
  private record Bad(long since, String why) {}

  private final long millis;
  private final Map<String, Bad> bad = new HashMap<>();

  /// @param millis how long the others wait for a better one
  BadParts(long millis) {
    this.millis = millis;
  }

  void bad(String region, String why, long now) {
    bad.merge(region, new Bad(now, why), (first, newest) -> new Bad(first.since, newest.why));
  }

  void good(String region) {
    bad.remove(region);
  }

  /// What was wrong with the region's part, if the others have waited long enough for a better one.
  Optional<String> tooLong(String region, long now) {
    return Optional.ofNullable(bad.get(region))
        .filter(one -> now - one.since >= millis)
        .map(Bad::why);
  }
}
