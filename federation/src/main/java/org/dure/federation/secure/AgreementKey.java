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
import java.util.Set;
import javax.crypto.KeyAgreement;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// An X25519 key (RFC 7748) made from a seed, so that whoever has the seed has the key. Immutable.
public final class AgreementKey {
  /// Length of a public key in bytes.
  public static final int PUBLIC_BYTES = 32;

  private static final byte[] BASE_POINT = new byte[PUBLIC_BYTES];

  private static final BigInteger FIELD = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  /// All u of points of small order, also as they are written above the field's size (Cremers and
  /// Jackson 2019, "Prime, Order Please!", table 2).
  private static final Set<BigInteger> SMALL_ORDER =
      Set.of(
          BigInteger.ZERO,
          BigInteger.ONE,
          new BigInteger("00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0", 16),
          new BigInteger("57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f", 16),
          FIELD.subtract(BigInteger.ONE),
          FIELD,
          FIELD.add(BigInteger.ONE));

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
    XECPublicKeySpec point = new XECPublicKeySpec(NamedParameterSpec.X25519, point(other));
    KeyAgreement agreement = KeyAgreement.getInstance("X25519");
    agreement.init(secret);
    agreement.doPhase(KeyFactory.getInstance("X25519").generatePublic(point), true);
    return agreement.generateSecret();
  }

  /// Whether a public key gives keys that agree with it secrets of their own: the few points of
  /// small order do not. Looks it up, since a log that is read has many keys.
  public static boolean isSound(byte[] other) {
    return other.length == PUBLIC_BYTES && !SMALL_ORDER.contains(point(other));
  }

  private static BigInteger point(byte[] other) {
    byte[] bigEndian = new byte[PUBLIC_BYTES];
    for (int i = 0; i < PUBLIC_BYTES; i++) {
      bigEndian[i] = other[PUBLIC_BYTES - 1 - i];
    }
    bigEndian[0] &= 0x7f;
    return new BigInteger(1, bigEndian);
  }

  /// Whether this key has that public key.
  public boolean has(byte[] other) {
    return Arrays.equals(publicKey, other);
  }
}
