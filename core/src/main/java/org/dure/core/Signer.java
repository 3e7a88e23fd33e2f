package org.dure.core;

import java.security.PublicKey;

/// A private Ed25519 key (RFC 8032) that can be used but not read: in a file, or in hardware.
/// Thread-safe.
public interface Signer {
  PublicKey publicKey();

  /// The 64-byte signature of exactly these bytes.
  byte[] sign(byte[] message);
}
