package org.dure.federation.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// Reads the values of a fragment from its first to its last, in pieces, and says at the end
/// whether they were those of its name. Memory is one small buffer. Not thread-safe.
public final class FragmentReader implements AutoCloseable {
  private static final int PIECE = 1 << 16;

  private final String digest;
  private final InputStream in;
  private final MessageDigest found = Sha256.digest();
  private final byte[] piece = new byte[PIECE];
  private final ByteBuffer buffer = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN);

  public FragmentReader(ArtifactStore store, String digest) {
    this.digest = digest;
    this.in = store.open(digest);
  }

  /// Takes the next `count` values.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if there are fewer
  public void read(float[] values, int count) {
    for (int from = 0; from < count; ) {
      int bytes = (int) Math.min(PIECE, 4L * (count - from));
      if (fill(bytes) < bytes) {
        throw corrupt("ends early");
      }
      buffer.asFloatBuffer().get(0, values, from, bytes / 4);
      from += bytes / 4;
    }
  }

  /// The same of 32-bit integers.
  public void read(int[] values, int count) {
    for (int from = 0; from < count; ) {
      int bytes = (int) Math.min(PIECE, 4L * (count - from));
      if (fill(bytes) < bytes) {
        throw corrupt("ends early");
      }
      buffer.asIntBuffer().get(0, values, from, bytes / 4);
      from += bytes / 4;
    }
  }

  private int fill(int bytes) {
    try {
      int read = in.readNBytes(piece, 0, bytes);
      found.update(piece, 0, read);
      return read;
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.INPUT_UNREADABLE, "cannot read chunk %s: %s".formatted(digest, e), e);
    }
  }

  /// Reads what is left, then compares.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if the bytes have another digest
  public void finish() {
    while (fill(PIECE) > 0) {
      // Only the digest wants them.
    }
    String name = Sha256.hex(found.digest());
    if (!name.equals(digest)) {
      throw corrupt("now has the digest " + name);
    }
  }

  private DureException corrupt(String how) {
    return new DureException(
        ErrorCode.ARTIFACT_CORRUPT,
        "chunk %s %s: the disk or a person changed it".formatted(digest, how));
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.INPUT_UNREADABLE, "cannot close chunk %s: %s".formatted(digest, e), e);
    }
  }

  /// Whether the chunk is here with the bytes of its name; one with other bytes is removed. For
  /// whoever alone puts chunks there: another might remove what has just been made again.
  public static boolean isSoundChunk(ArtifactStore store, String digest) {
    boolean sound = isSound(store, digest);
    if (!sound) {
      store.remove(digest);
    }
    return sound;
  }

  /// Whether the chunk is here with the bytes of its name.
  public static boolean isSound(ArtifactStore store, String digest) {
    if (!store.contains(digest)) {
      return false;
    }
    try (FragmentReader reader = new FragmentReader(store, digest)) {
      reader.finish();
      return true;
    } catch (DureException e) {
      if (e.code() != ErrorCode.ARTIFACT_CORRUPT) {
        throw e;
      }
      return false;
    }
  }
}
