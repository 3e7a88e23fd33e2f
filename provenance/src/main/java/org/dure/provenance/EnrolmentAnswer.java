package org.dure.provenance;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;

/// What the hub answers to an enrolment or a renewal that it did not refuse.
///
/// @param version 1
/// @param state [#WAITING] or [#APPROVED]
/// @param region as which the region takes part
/// @param language of the region, BCP 47
/// @param certificate PEM; empty while the hub's operator has not approved
/// @param authority PEM of the authority's certificate; empty as long
/// @param study the study's file (TOML); empty as long
/// @param now the hub's clock, milliseconds since 1970 UTC
public record EnrolmentAnswer(
    int version,
    String state,
    String region,
    String language,
    String certificate,
    String authority,
    String study,
    long now) {
  public static final String WAITING = "waiting";
  public static final String APPROVED = "approved";

  /// Longest answer in bytes, as JSON: a study file may be long.
  public static final int MOST_BYTES = 1 << 20;

  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED]
  public static EnrolmentAnswer parse(byte[] json) {
    EnrolmentAnswer read;
    try {
      read = Json.read(json, EnrolmentAnswer.class);
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED, "the hub's answer is " + e.getMessage(), e);
    }
    boolean whole =
        read.version == 1
            && read.region != null
            && read.language != null
            && read.certificate != null
            && read.authority != null
            && read.study != null
            && (WAITING.equals(read.state) || APPROVED.equals(read.state));
    if (!whole) {
      throw new DureException(ErrorCode.PEER_MISBEHAVED, "the hub's answer is no enrolment's");
    }
    return read;
  }

  public byte[] bytes() {
    return Json.bytes(this);
  }

  public boolean granted() {
    return APPROVED.equals(state);
  }
}
