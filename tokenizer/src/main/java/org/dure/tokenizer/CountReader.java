package org.dure.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// Reads word counts one chunk after the other, in a small buffer however many there are.
/// Everything is checked, since they come from another institution; whether the digest at the end
/// fits is known when [#finish] returns. Not thread-safe.
final class CountReader implements AutoCloseable {
  static final byte[] MAGIC = "DUREWCNT".getBytes(StandardCharsets.US_ASCII);
  static final int VERSION = 1;
  static final int HEADER = 24;
  static final int TRAILER = 32;
  private static final int BUFFER = 1 << 14;

  private final InputStream in;
  private final MessageDigest digest = Sha256.digest();
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int filled;

  /// Where `buffer` begins in the counts, and where the digest at their end begins.
  private long position;
  private final long end;

  private final int size;
  private int next;
  private byte[] before = new byte[0];

  /// @param in closed with this
  /// @param length of all bytes
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if these are no word counts
  CountReader(InputStream in, long length) {
    this.in = in;
    this.end = length - TRAILER;
    if (length < HEADER + TRAILER) {
      throw malformed("%d bytes, too short".formatted(length));
    }
    byte[] header = new byte[HEADER];
    for (int i = 0; i < HEADER; i++) {
      header[i] = (byte) one();
    }
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw malformed("they do not start with DUREWCNT");
    }
    int version = fields.getInt(8);
    if (version != VERSION || fields.getInt(12) != 0) {
      throw malformed("version %d, this release reads %d with flags 0".formatted(version, VERSION));
    }
    long chunks = fields.getLong(16);
    if (chunks < 0 || chunks > left() / 3 || chunks > Integer.MAX_VALUE - 8) {
      throw malformed("%d chunks cannot lie in %d bytes".formatted(chunks, left()));
    }
    this.size = (int) chunks;
  }

  /// Number of chunks that the counts are said to have.
  int size() {
    return size;
  }

  /// Whether another chunk follows.
  boolean hasNext() {
    return next < size;
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is none, or does not sort after
  ///     the one before
  WordCounts.Entry next() {
    int index = next++;
    int length = left() > 0 ? one() : 0;
    if (length < 1 || length > WordCounts.MOST_CHUNK_BYTES || length > left()) {
      throw malformed(
          "chunk %d of %d bytes at offset %d, expected 1 to %d"
              .formatted(index, length, offset(), WordCounts.MOST_CHUNK_BYTES));
    }
    byte[] chunk = new byte[length];
    for (int i = 0; i < length; i++) {
      chunk[i] = (byte) one();
    }
    try {
      String _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(chunk)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("chunk %d is not UTF-8".formatted(index));
    }
    long count = count(index);
    if (index > 0 && Arrays.compareUnsigned(before, chunk) >= 0) {
      throw malformed("chunk %d does not sort after the one before".formatted(index));
    }
    before = chunk;
    return new WordCounts.Entry(chunk, count);
  }

  private long count(int index) {
    long count = 0;
    for (int shift = 0; ; shift += 7) {
      if (left() == 0 || shift > 56) {
        throw malformed("the count of chunk %d has no end".formatted(index));
      }
      int b = one();
      count |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        if (b == 0) {
          throw malformed("the count of chunk %d is 0 or not written shortest".formatted(index));
        }
        return count;
      }
    }
  }

  /// After the last chunk: nothing more may follow but the digest, which must fit.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED], or [ErrorCode#ARTIFACT_CORRUPT]
  void finish() {
    if (left() > 0) {
      throw malformed("%d bytes follow the last chunk".formatted(left()));
    }
    byte[] found = digest.digest();
    byte[] said;
    try {
      said = in.readNBytes(TRAILER);
    } catch (IOException e) {
      throw unreadable(e);
    }
    if (!Arrays.equals(found, said)) {
      throw corrupt();
    }
  }

  static DureException corrupt() {
    return new DureException(
        ErrorCode.ARTIFACT_CORRUPT, "word counts: the bytes are not those that were written");
  }

  private long offset() {
    return position + at;
  }

  private long left() {
    return end - offset();
  }

  /// The next byte before the digest.
  private int one() {
    if (at == filled) {
      position += filled;
      at = 0;
      try {
        filled = in.readNBytes(buffer, 0, (int) Math.min(BUFFER, end - position));
      } catch (IOException e) {
        throw unreadable(e);
      }
      if (filled == 0) {
        throw malformed("they end at offset %d of %d".formatted(position, end + TRAILER));
      }
      digest.update(buffer, 0, filled);
    }
    return buffer[at++] & 0xff;
  }

  private static DureException unreadable(IOException e) {
    return new DureException(ErrorCode.INPUT_UNREADABLE, "word counts: " + e, e);
  }

  private static DureException malformed(String problem) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "word counts: " + problem);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }
}
