package org.dure.federation.client;

import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Printable;
import org.dure.federation.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/// What a hub says instead of what it was asked for: the shape of its errors.
///
/// @param error an [ErrorCode]; empty if the answer is no hub's
/// @param reason a reject reason of the protocol, or empty
record HubProblem(String error, int number, String reason, String message) {
  private static final Set<String> ENDED =
      Set.of(RejectReason.CERTIFICATE_REVOKED.name(), RejectReason.KEY_REVOKED.name());

  /// A hub's words are another's.
  HubProblem {
    error = Printable.line(error);
    reason = Printable.line(reason);
    message = Printable.line(message);
  }

  static HubProblem of(int status, byte[] body) {
    HubProblem unknown = new HubProblem("", 0, "", "HTTP status " + status);
    try {
      @Nullable HubProblem read = body.length == 0 ? null : Json.read(body, HubProblem.class);
      return read == null ? unknown : read;
    } catch (DureException e) {
      return unknown;
    }
  }

  /// What the hub says, and what to do where its operator has ended the region's part.
  String advised() {
    return ENDED.contains(reason)
        ? message
            + "; this cannot be undone: ask the hub's operator for a new invitation, and begin with"
            + " an empty home"
        : message;
  }

  /// The hub's code where asking again cannot help; null where it may.
  @Nullable ErrorCode refusal() {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(error) && code.type() == ErrorCode.Type.REFUSED) {
        return code;
      }
    }
    return null;
  }
}
