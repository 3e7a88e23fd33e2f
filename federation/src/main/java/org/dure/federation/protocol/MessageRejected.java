package org.dure.federation.protocol;

import org.dure.core.Printable;

/// The hub turned something away; its state is as before.
public final class MessageRejected extends RuntimeException {
  private final RejectReason refusal;

  public MessageRejected(RejectReason refusal, String message) {
    // What a peer sent may be quoted in it.
    super(Printable.line(message));
    this.refusal = refusal;
  }

  public RejectReason refusal() {
    return refusal;
  }

  /// What was found and what was expected.
  public String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
