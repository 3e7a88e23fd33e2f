package org.dure.federation.region;

import java.util.List;
import java.util.Set;
import org.dure.core.Settings;

/// What a region lets leave: decided at the site, outside the workload, before any byte goes out.
///
/// @param kinds that may leave, out of [#KINDS]
/// @param bytesPerRound most bytes of all kinds together in one round
public record ExportPolicy(Set<String> kinds, long bytesPerRound) {
  /// Every kind of export there is.
  public static final List<String> KINDS =
      List.of("hello", "activity", "preparation", "delta", "contribution", "scores");

  public ExportPolicy {
    kinds = Set.copyOf(kinds);
  }

  /// Every kind, up to 4 GiB a round.
  public static ExportPolicy standard() {
    return new ExportPolicy(Set.copyOf(KINDS), 4L << 30);
  }

  /// Reads `exports.kinds` and `exports.bytes-per-round`.
  public static ExportPolicy of(Settings settings) {
    List<String> kinds = settings.strings("exports.kinds", KINDS);
    for (String kind : kinds) {
      if (!KINDS.contains(kind)) {
        settings.problem("exports.kinds has \"%s\": expected some of %s".formatted(kind, KINDS));
      }
    }
    long bytes = settings.wholeNumber("exports.bytes-per-round", 4L << 30, 0, Long.MAX_VALUE);
    return new ExportPolicy(Set.copyOf(kinds), bytes);
  }
}
