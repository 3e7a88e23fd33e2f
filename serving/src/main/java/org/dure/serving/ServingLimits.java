package org.dure.serving;

import java.time.Duration;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// How much a server takes on.
///
/// @param steps steps of models that run at the same time; 1 where one step uses all cores
/// @param active requests that are answered at the same time, taking turns token by token; each
///     holds one cache of keys and values
/// @param waiting requests that wait for their turn; further ones are refused with status 503
/// @param bodyBytes largest request body
/// @param grace how long [ModelServer#close] lets running answers finish
public record ServingLimits(int steps, int active, int waiting, int bodyBytes, Duration grace) {
  /// One step at a time, 16 answers, 64 waiting, 4 MiB, 5 seconds.
  public static final ServingLimits DEFAULT =
      new ServingLimits(1, 16, 64, 4 << 20, Duration.ofSeconds(5));

  /// @throws DureException with [ErrorCode#USAGE] if a number is too small to serve anything
  public ServingLimits {
    if (steps < 1 || active < 1 || waiting < 0 || bodyBytes < 1 || grace.isNegative()) {
      throw new DureException(
          ErrorCode.USAGE,
          "limits are too small: %d steps, %d active, %d waiting, %d bytes"
              .formatted(steps, active, waiting, bodyBytes));
    }
  }
}
