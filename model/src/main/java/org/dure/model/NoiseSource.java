package org.dure.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Randomness that hides: which documents are drawn, and the noise on what they gave.
///
/// The stream of AES-256 in counter mode under a key that the system's random generator gave:
/// whoever does not have the key, which never leaves the process, cannot tell it from coin tosses.
/// It has nothing to do with the study's seed, which everyone knows. Not thread-safe.
final class NoiseSource {
  private static final int KEY = 32;
  private static final int BLOCK = 16;
  private static final byte[] ZEROS = new byte[1 << 16];

  private final Cipher cipher;
  private final byte[] bytes = new byte[ZEROS.length];
  private final ByteBuffer buffer = ByteBuffer.wrap(bytes);

  private NoiseSource(byte[] key) {
    try {
      cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[BLOCK]));
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "this Java has no AES in counter mode", e);
    }
    buffer.position(buffer.limit());
  }

  /// Under a key of its own, used for nothing else.
  static NoiseSource fresh() {
    byte[] key = new byte[KEY];
    new SecureRandom().nextBytes(key);
    return new NoiseSource(key);
  }

  /// Under a known key: hides nothing. For tests.
  static NoiseSource known(byte[] key) {
    return new NoiseSource(key.clone());
  }

  long nextLong() {
    if (!buffer.hasRemaining()) {
      try {
        int unused = cipher.update(ZEROS, 0, ZEROS.length, bytes);
      } catch (GeneralSecurityException e) {
        throw new DureException(ErrorCode.INTERNAL, "no more random bytes", e);
      }
      buffer.clear();
    }
    return buffer.getLong();
  }

  /// Whether something happens that has this probability, to within 2^-63.
  boolean happens(double probability) {
    return probability >= 1 || (nextLong() >>> 1) * 0x1p-63 < probability;
  }

  /// Uniform from 0 to `bound`, which is left out.
  ///
  /// @param bound at least 1
  long below(long bound) {
    long most = Long.MAX_VALUE - Long.MAX_VALUE % bound;
    long drawn;
    do {
      drawn = nextLong() >>> 1;
    } while (drawn >= most);
    return drawn % bound;
  }

  /// Fills memory with doubles from the normal distribution of mean 0, each rounded to a whole
  /// number (Box and Muller 1958). The tails reach 9.3 standard deviations: what is beyond has a
  /// probability of 1e-20 a value.
  ///
  /// @param deviation of the distribution
  void normals(MemorySegment into, double deviation) {
    long values = into.byteSize() / Double.BYTES;
    for (long i = 0; i < values; i += 2) {
      double radius = deviation * Math.sqrt(-2 * Math.log(((nextLong() >>> 1) + 1) * 0x1p-63));
      double angle = 2 * Math.PI * ((nextLong() >>> 11) * 0x1p-53);
      put(into, i, radius * Math.cos(angle));
      if (i + 1 < values) {
        put(into, i + 1, radius * Math.sin(angle));
      }
    }
  }

  private static void put(MemorySegment into, long index, double value) {
    into.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, index, Math.rint(value));
  }
}
