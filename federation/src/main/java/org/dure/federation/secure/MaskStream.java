package org.dure.federation.secure;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The mask that a key stands for: as many uniform 32-bit integers as a model has values, fragment
/// by fragment in any order. Not thread-safe.
final class MaskStream {
  private static final int PIECE = 1 << 16;
  private static final int NONCE_BYTES = 16;

  private final SecretKeySpec key;
  private final Cipher cipher;
  private final byte[] zeros = new byte[PIECE];
  private final byte[] drawn = new byte[PIECE];
  private final ByteBuffer buffer = ByteBuffer.wrap(drawn).order(ByteOrder.LITTLE_ENDIAN);
  private final int[] mask = new int[PIECE / Integer.BYTES];

  MaskStream(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
    try {
      this.cipher = Cipher.getInstance("AES/CTR/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "AES in counter mode is missing", e);
    }
  }

  /// Adds the mask of fragment `index` to the first `count` of `values`, modulo 2^32.
  void add(int index, int[] values, int count) {
    apply(index, values, count, 1);
  }

  /// Takes it off again.
  void subtract(int index, int[] values, int count) {
    apply(index, values, count, -1);
  }

  private void apply(int index, int[] values, int count, int sign) {
    byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putLong(index).array();
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(nonce));
      for (int from = 0; from < count; from += mask.length) {
        int length = Math.min(mask.length, count - from);
        int written = cipher.update(zeros, 0, Integer.BYTES * length, drawn, 0);
        if (written != Integer.BYTES * length) {
          throw new DureException(ErrorCode.INTERNAL, "AES in counter mode held bytes back");
        }
        buffer.asIntBuffer().get(0, mask, 0, length);
        for (int i = 0; i < length; i++) {
          values[from + i] += sign * mask[i];
        }
      }
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "AES in counter mode failed", e);
    }
  }
}
