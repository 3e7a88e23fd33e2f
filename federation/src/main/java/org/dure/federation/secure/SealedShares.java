package org.dure.federation.secure;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Shares on their way through the hub, which cannot read them.
public final class SealedShares {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  /// Length of a box in bytes.
  public static final int BYTES = NONCE_BYTES + 2 * Shamir.SHARE_BYTES + TAG_BYTES;

  private SealedShares() {}

  /// @param box the sender's key that boxes are sealed with
  /// @param recipientKey the recipient's, as it has advertised it
  public static byte[] seal(
      Seeds.Shares shares,
      RoundContext context,
      AgreementKey box,
      byte[] recipientKey,
      String sender,
      String recipient,
      RandomGenerator randomness) {
    byte[] nonce = new byte[NONCE_BYTES];
    randomness.nextBytes(nonce);
    byte[] text = Arrays.copyOf(shares.own(), 2 * Shamir.SHARE_BYTES);
    System.arraycopy(shares.pair(), 0, text, Shamir.SHARE_BYTES, Shamir.SHARE_BYTES);
    byte[] sealed = Arrays.copyOf(nonce, BYTES);
    try {
      byte[] key = context.boxKey(box.agree(recipientKey), sender, recipient);
      int length =
          cipher(Cipher.ENCRYPT_MODE, key, nonce)
              .doFinal(text, 0, text.length, sealed, NONCE_BYTES);
      if (length != BYTES - NONCE_BYTES) {
        throw new DureException(ErrorCode.INTERNAL, "a box of %d bytes".formatted(length));
      }
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "AES-GCM failed", e);
    }
  }

  /// @param box the recipient's key that boxes are sealed with
  /// @param senderKey the sender's, as it has advertised it
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the sender did not seal this for the
  ///     recipient in this round, or what it sealed are no shares
  public static Seeds.Shares open(
      byte[] sealed,
      RoundContext context,
      AgreementKey box,
      byte[] senderKey,
      String sender,
      String recipient) {
    if (sealed.length != BYTES) {
      throw malformed(sender, "has %d bytes: expected %d".formatted(sealed.length, BYTES), null);
    }
    byte[] text;
    try {
      byte[] key = context.boxKey(box.agree(senderKey), sender, recipient);
      text =
          cipher(Cipher.DECRYPT_MODE, key, Arrays.copyOf(sealed, NONCE_BYTES))
              .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (GeneralSecurityException e) {
      throw malformed(sender, "was not sealed by it for %s in this round".formatted(recipient), e);
    }
    byte[] own = Arrays.copyOf(text, Shamir.SHARE_BYTES);
    byte[] pair = Arrays.copyOfRange(text, Shamir.SHARE_BYTES, text.length);
    if (!Shamir.isShare(own) || !Shamir.isShare(pair)) {
      throw malformed(sender, "holds no shares", null);
    }
    return new Seeds.Shares(own, pair);
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(Byte.SIZE * TAG_BYTES, nonce));
    return cipher;
  }

  private static DureException malformed(String sender, String why, @Nullable Exception cause) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED, "the box of %s %s".formatted(sender, why), cause);
  }
}
