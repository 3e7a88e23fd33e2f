package org.dure.federation.protocol;

import org.dure.core.Sha256;
import org.dure.core.Signer;

/// What a region said, with the exact bytes and the signature over them: made once, where bytes
/// come in or a region speaks, and handed on. Nothing behind that takes bytes, so nothing is parsed
/// twice. Whether the signature holds is for the receiver to see. Immutable, if nobody changes the
/// arrays.
public final class SignedMessage {
  private final Message message;
  private final byte[] bytes;
  private final byte[] signature;
  private final String digest;

  private SignedMessage(Message message, byte[] bytes, byte[] signature) {
    this.message = message;
    this.bytes = bytes;
    this.signature = signature;
    this.digest = Sha256.of(bytes);
  }

  /// Reads what came over the wire or out of the log.
  ///
  /// @throws MessageRejected naming what is wrong with the bytes
  public static SignedMessage parse(byte[] bytes, byte[] signature) {
    return new SignedMessage(MessageParser.parse(bytes), bytes, signature);
  }

  /// Signs what a region is about to say.
  ///
  /// @throws MessageRejected as the hub would
  public static SignedMessage sign(Message message, Signer signer) {
    byte[] bytes = encode(message);
    return new SignedMessage(message, bytes, signer.sign(bytes));
  }

  /// Checks a message as the hub will.
  ///
  /// @return its bytes
  /// @throws MessageRejected naming what is wrong
  public static byte[] encode(Message message) {
    MessageParser.check(message);
    byte[] bytes = message.bytes();
    MessageParser.checkLength(bytes);
    return bytes;
  }

  public Message message() {
    return message;
  }

  /// Exactly as signed.
  public byte[] bytes() {
    return bytes;
  }

  public byte[] signature() {
    return signature;
  }

  /// SHA-256 of the bytes.
  public String digest() {
    return digest;
  }
}
