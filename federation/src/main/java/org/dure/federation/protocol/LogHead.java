package org.dure.federation.protocol;

import java.util.Objects;
import org.dure.core.Json;
import org.dure.core.Sha256;

/// An event of the hub's log that a region has been told of.
///
/// @param number of it; 0 for none
/// @param head its digest
/// @param proof by which the hub knows later that it has said so, see `LogHeadMac`; empty for none
public record LogHead(long number, String head, @Json.Lenient String proof) {
  /// Nothing was told.
  public static final LogHead NONE = new LogHead(0, Sha256.NONE, "");

  // Logs from before there were proofs.
  public LogHead {
    proof = Objects.requireNonNullElse(proof, "");
  }
}
