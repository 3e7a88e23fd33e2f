package org.dure.core;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/// Ed25519 (RFC 8032) by the JDK.
public final class Signatures {
  private Signatures() {}

  /// A signer that holds its key in memory.
  public static Signer signer(PrivateKey privateKey, PublicKey publicKey) {
    return new Signer() {
      @Override
      public PublicKey publicKey() {
        return publicKey;
      }

      @Override
      public byte[] sign(byte[] message) {
        try {
          Signature signature = Signature.getInstance("Ed25519");
          signature.initSign(privateKey);
          signature.update(message);
          return signature.sign();
        } catch (GeneralSecurityException e) {
          throw new DureException(ErrorCode.INTERNAL, "cannot sign: " + e.getMessage(), e);
        }
      }
    };
  }

  public static KeyPair newKeyPair() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK since 15 has Ed25519", e);
    }
  }

  /// Whether `signature` is that of `message` by the holder of `key`; malformed signatures are just
  /// false.
  public static boolean verify(PublicKey key, byte[] message, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (SignatureException | InvalidKeyException e) {
      return false;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK since 15 has Ed25519", e);
    }
  }

  /// The key as base64 of its X.509 SubjectPublicKeyInfo.
  public static String encode(PublicKey key) {
    return Base64.getEncoder().encodeToString(key.getEncoded());
  }

  /// The inverse of [#encode].
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED]
  public static PublicKey decode(String base64) {
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (InvalidKeySpecException | IllegalArgumentException e) {
      throw new DureException(ErrorCode.INPUT_MALFORMED, "not an Ed25519 public key in base64", e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK since 15 has Ed25519", e);
    }
  }
}
