package org.dure.federation.protocol;

import org.dure.core.Named;
import org.jspecify.annotations.Nullable;

/// What a chunk that a region sends may be part of.
public enum UploadKind implements Named {
  DELTA(TrafficKind.DELTA),
  PREPARATION(TrafficKind.PREPARATION);

  private final TrafficKind traffic;

  UploadKind(TrafficKind traffic) {
    this.traffic = traffic;
  }

  /// As which it is counted.
  public TrafficKind traffic() {
    return traffic;
  }

  /// Reads the header [Wire#KIND].
  ///
  /// @throws MessageRejected with [RejectReason#MALFORMED] naming what is expected
  public static UploadKind of(@Nullable String word) {
    return Named.find(UploadKind.class, word == null ? "" : word)
        .orElseThrow(
            () ->
                new MessageRejected(
                    RejectReason.MALFORMED,
                    "%s is %s: expected one of %s"
                        .formatted(Wire.KIND, word, Named.words(UploadKind.class))));
  }
}
