package org.dure.corpus.read;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.dure.core.Sha256;

/// What a document is for. Nothing else is one of the three.
public enum Split {
  TRAIN,
  /// To choose by while a model is made: measured again and again.
  DEV,
  /// To measure a finished model on, once.
  HELD_OUT;

  /// Of the text kept from training.
  private static final double DEV_SHARE = 1 / 3.0;

  /// Where a finished document belongs.
  ///
  /// The first 53 bits of the SHA-256 of what it is a part of, or of the text where that is empty,
  /// read as a fraction of one, are compared with the share: the same answer on every machine, in
  /// every order, for all parts of a page, and for the same page in every language. Below a third
  /// of the share it is for choosing, so which text is trained on does not depend on that third.
  ///
  /// @param whole see [Candidate#whole]
  /// @param share of what is not trained on, 0 to 0.5
  public static Split of(Optional<String> whole, String text, double share) {
    byte[] digest = Sha256.digest().digest(whole.orElse(text).getBytes(StandardCharsets.UTF_8));
    long bits = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      bits = bits << 8 | (digest[i] & 0xff);
    }
    double fraction = (bits >>> 11) * 0x1p-53;
    return fraction >= share ? TRAIN : fraction < share * DEV_SHARE ? DEV : HELD_OUT;
  }
}
