package org.dure.federation.secure;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.XECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// An X25519 key (RFC 7748) made from a seed, so that whoever has the seed has the key. Immutable.
public final class AgreementKey {
  /// Length of a public key in bytes.
  public static final int PUBLIC_BYTES = 32;

  private static final byte[] BASE_POINT = new byte[PUBLIC_BYTES];

  static {
    BASE_POINT[0] = 9;
  }

  private final PrivateKey secret;
  private final byte[] publicKey;

  private AgreementKey(PrivateKey secret) throws GeneralSecurityException {
    this.secret = secret;
    this.publicKey = agree(secret, BASE_POINT);
  }

  /// @param seed of 32 bytes
  public static AgreementKey of(byte[] seed) {
    try {
      PrivateKey secret =
          KeyFactory.getInstance("X25519")
              .generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, seed.clone()));
      if (secret instanceof XECPrivateKey && seed.length == Shamir.SEED_BYTES) {
        return new AgreementKey(secret);
      }
      throw new DureException(ErrorCode.INTERNAL, "a seed of %d bytes".formatted(seed.length));
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "X25519 failed", e);
    }
  }

  /// Little-endian, as RFC 7748 writes it.
  public byte[] publicKey() {
    return publicKey.clone();
  }

  /// What both sides get alone.
  ///
  /// @param other public key of the other side
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if that is no key to agree with
  public byte[] agree(byte[] other) {
    if (other.length != PUBLIC_BYTES) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "a public key of %d bytes: expected %d".formatted(other.length, PUBLIC_BYTES));
    }
    try {
      return agree(secret, other);
    } catch (GeneralSecurityException e) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "a public key that gives every key the same secret", e);
    }
  }

  /// The JDK refuses a result of zeros, as RFC 7748 advises.
  private static byte[] agree(PrivateKey secret, byte[] other) throws GeneralSecurityException {
    byte[] bigEndian = new byte[PUBLIC_BYTES];
    for (int i = 0; i < PUBLIC_BYTES; i++) {
      bigEndian[i] = other[PUBLIC_BYTES - 1 - i];
    }
    bigEndian[0] &= 0x7f;
    XECPublicKeySpec point =
        new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, bigEndian));
    KeyAgreement agreement = KeyAgreement.getInstance("X25519");
    agreement.init(secret);
    agreement.doPhase(KeyFactory.getInstance("X25519").generatePublic(point), true);
    return agreement.generateSecret();
  }

  /// Whether a public key gives keys that agree with it secrets of their own: a few points do not.
  public static boolean isSound(byte[] other) {
    try {
      return of(BASE_POINT).agree(other).length > 0;
    } catch (DureException e) {
      return false;
    }
  }

  /// Whether this key has that public key.
  public boolean has(byte[] other) {
    return Arrays.equals(publicKey, other);
  }
}
