package org.dure.federation.secure;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// What every key of a round is bound to: one that was made for another study, round, purpose or
/// pair of members is another key.
///
/// @param study digest of the study
public record RoundContext(String study, int round) {
  private static final int KEY_BYTES = 32;

  /// The key of the mask that `first` and `second` share, whichever asks.
  byte[] pairKey(byte[] agreed, String first, String second) {
    boolean ordered = first.compareTo(second) < 0;
    return derive(agreed, "pair", ordered ? first : second, ordered ? second : first);
  }

  /// The key of a member's own mask.
  byte[] ownKey(byte[] seed, String member) {
    return derive(seed, "own", member, "");
  }

  /// The key of the one box that `sender` seals for `recipient`.
  byte[] boxKey(byte[] agreed, String sender, String recipient) {
    return derive(agreed, "box", sender, recipient);
  }

  private byte[] derive(byte[] secret, String purpose, String first, String second) {
    String info =
        "dure secret sum 1\n%s\n%d\n%s\n%s\n%s\n".formatted(study, round, purpose, first, second);
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(
              HKDFParameterSpec.ofExtract()
                  .addIKM(secret)
                  .thenExpand(info.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "HKDF failed", e);
    }
  }
}
