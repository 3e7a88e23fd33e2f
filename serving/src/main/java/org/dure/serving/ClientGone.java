package org.dure.serving;

/// The client has closed its connection: nobody reads the answer.
final class ClientGone extends RuntimeException {
  ClientGone() {
    super("the client has left", null, false, false);
  }
}
