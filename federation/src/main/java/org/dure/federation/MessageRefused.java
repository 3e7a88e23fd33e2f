package org.dure.federation;

/// The hub turned something away; its state is as before.
final class MessageRefused extends RuntimeException {
  private final Refusal refusal;

  MessageRefused(Refusal refusal, String message) {
    super(message);
    this.refusal = refusal;
  }

  Refusal refusal() {
    return refusal;
  }

  /// What was found and what was expected.
  String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
