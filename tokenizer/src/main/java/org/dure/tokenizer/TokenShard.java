package org.dure.tokenizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;

/// Tokens in a file that is mapped into memory, bound to the tokenizer that made them.
///
/// The format is specified in the package's description. Everything the header claims, and the
/// digest of the whole file, is checked by [#open] before a token is read: a truncated, changed or
/// foreign file gives an error that names it. Reads are thread-safe; closing unmaps the file, after
/// which reads fail.
public final class TokenShard implements AutoCloseable {
  static final int HEADER = 64;
  static final int TRAILER = 32;
  private static final byte[] MAGIC = "DURETOKS".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int NARROW_LIMIT = 1 << 16;
  private static final ValueLayout.OfShort NARROW =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt WIDE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Arena arena;
  private final MemorySegment data;
  private final boolean narrow;
  private final long tokens;
  private final long sourceBytes;
  private final String tokenizerDigest;
  private final String digest;

  private TokenShard(Path file, Arena arena, MemorySegment bytes) {
    this.file = file;
    this.arena = arena;
    long size = bytes.byteSize();
    if (size < HEADER + TRAILER) {
      throw malformed(file, "%d bytes, too short for a token shard".formatted(size));
    }
    ByteBuffer header =
        ByteBuffer.wrap(bytes.asSlice(0, HEADER).toArray(ValueLayout.JAVA_BYTE))
            .order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    header.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw malformed(
          file,
          "starts with %s, a token shard starts with %s"
              .formatted(HexFormat.of().formatHex(magic), HexFormat.of().formatHex(MAGIC)));
    }
    int version = header.getInt();
    if (version != VERSION) {
      throw malformed(
          file, "token shard of version %d, this release reads %d".formatted(version, VERSION));
    }
    int width = header.getInt();
    tokens = header.getLong();
    sourceBytes = header.getLong();
    byte[] ofTokenizer = new byte[32];
    header.get(ofTokenizer);
    tokenizerDigest = HexFormat.of().formatHex(ofTokenizer);
    if (width != 2 && width != 4) {
      throw malformed(file, "%d bytes per token, expected 2 or 4".formatted(width));
    }
    narrow = width == 2;
    long payload = size - HEADER - TRAILER;
    if (tokens < 0 || payload % width != 0 || payload / width != tokens) {
      throw malformed(
          file,
          "%d bytes of tokens, the header promises %d tokens of %d bytes: the file is truncated"
              .formatted(payload, tokens, width));
    }
    if (sourceBytes < 0) {
      throw malformed(file, "a negative number of source bytes");
    }
    digest = checkedDigest(bytes);
    data = bytes.asSlice(HEADER, payload);
  }

  private String checkedDigest(MemorySegment bytes) {
    MessageDigest ofAll = Sha256.digest();
    long end = bytes.byteSize() - TRAILER;
    for (long at = 0; at < end; at += 1 << 20) {
      ofAll.update(bytes.asSlice(at, Math.min(1 << 20, end - at)).asByteBuffer());
    }
    byte[] recorded = bytes.asSlice(end).toArray(ValueLayout.JAVA_BYTE);
    if (!Arrays.equals(ofAll.digest(), recorded)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          file
              + ": the bytes are not those that were written: their SHA-256 differs from the"
              + " recorded one");
    }
    return HexFormat.of().formatHex(recorded);
  }

  /// Maps a shard and checks it whole.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING], [ErrorCode#INPUT_MALFORMED] if it is no
  ///     shard or a truncated one, or [ErrorCode#ARTIFACT_CORRUPT] if its bytes were changed
  public static TokenShard open(Path file) {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      TokenShard shard =
          new TokenShard(
              file, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
      opened = true;
      return shard;
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  /// Number of tokens.
  public long tokens() {
    return tokens;
  }

  /// Copies the tokens `[from, from + into.length)`.
  ///
  /// @throws IndexOutOfBoundsException if they are not all within `[0, tokens())`
  public void read(long from, int[] into) {
    Objects.checkFromIndexSize(from, into.length, tokens);
    if (narrow) {
      for (int i = 0; i < into.length; i++) {
        into[i] = Short.toUnsignedInt(data.get(NARROW, (from + i) * 2));
      }
    } else {
      MemorySegment.copy(data, WIDE, from * 4, into, 0, into.length);
    }
  }

  /// [Tokenizer#digest] of the tokenizer that made the tokens.
  public String tokenizerDigest() {
    return tokenizerDigest;
  }

  /// SHA-256 of the header and the tokens, as the file records it and [#open] found it: equal
  /// digests mean the same tokens.
  public String digest() {
    return digest;
  }

  /// UTF-8 bytes of the text that the tokens stand for, as its writer counted them.
  public long sourceBytes() {
    return sourceBytes;
  }

  /// The file that is mapped.
  public Path file() {
    return file;
  }

  @Override
  public void close() {
    arena.close();
  }

  /// Starts a shard; the file appears when the writer is closed, or not at all.
  ///
  /// @param tokenizerDigest [Tokenizer#digest]
  public static Writer writer(Path file, String tokenizerDigest) {
    if (!Sha256.isDigest(tokenizerDigest)) {
      throw new IllegalArgumentException("not a SHA-256 digest: " + tokenizerDigest);
    }
    return new Writer(file, tokenizerDigest);
  }

  private static DureException malformed(Path file, String problem) {
    return new DureException(ErrorCode.INPUT_MALFORMED, file + ": " + problem);
  }

  /// Collects tokens in a file aside and puts the shard in place when closed. Once an [#add] has
  /// failed nothing is published. Not thread-safe.
  public static final class Writer implements AutoCloseable {
    private final Path file;
    private final Path spool;
    private final String tokenizerDigest;
    private final OutputStream out;
    private long tokens;
    private long sourceBytes;
    private int largest;
    private boolean failed;
    private boolean closed;

    private Writer(Path file, String tokenizerDigest) {
      this.file = file;
      this.tokenizerDigest = tokenizerDigest;
      String unique = Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36);
      this.spool = file.resolveSibling("." + file.getFileName() + "." + unique + AtomicFiles.PART);
      try {
        Path unused = PrivateFiles.createFolders(AtomicFiles.parent(file));
        this.out = new BufferedOutputStream(PrivateFiles.newOutputStream(spool), 1 << 16);
      } catch (IOException e) {
        throw DureException.io("write", file, e);
      }
    }

    /// Appends tokens.
    ///
    /// @param ids each at least 0
    /// @param bytes UTF-8 bytes of the text that they stand for
    public void add(int[] ids, long bytes) {
      if (closed) {
        throw new IllegalStateException(file + ": the shard is closed");
      }
      if (bytes < 0) {
        throw new IllegalArgumentException("negative number of source bytes: " + bytes);
      }
      boolean failedBefore = failed;
      failed = true;
      ByteBuffer buffer = ByteBuffer.allocate(ids.length * 4).order(ByteOrder.LITTLE_ENDIAN);
      for (int id : ids) {
        if (id < 0) {
          throw new IllegalArgumentException("negative token: " + id);
        }
        largest = Math.max(largest, id);
        buffer.putInt(id);
      }
      try {
        out.write(buffer.array());
      } catch (IOException e) {
        throw DureException.io("write", file, e);
      }
      tokens += ids.length;
      sourceBytes = Math.addExact(sourceBytes, bytes);
      failed = failedBefore;
    }

    /// Tokens so far.
    public long tokens() {
      return tokens;
    }

    /// Gives the shard up: nothing appears, and [#close] does nothing more. For callers that failed
    /// half-way.
    public void discard() {
      failed = true;
      close();
    }

    /// Puts the shard in its place. Does nothing the second time.
    ///
    /// @throws DureException if it could not be written; the target is then untouched
    @Override
    public void close() {
      if (closed) {
        return;
      }
      closed = true;
      try {
        out.close();
        if (!failed) {
          AtomicFiles.write(file, this::writeTo);
        }
      } catch (IOException e) {
        throw DureException.io("write", file, e);
      } finally {
        AtomicFiles.delete(spool);
      }
    }

    private void writeTo(OutputStream target) throws IOException {
      int width = largest < NARROW_LIMIT ? 2 : 4;
      ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
      header.put(MAGIC).putInt(VERSION).putInt(width).putLong(tokens).putLong(sourceBytes);
      header.put(HexFormat.of().parseHex(tokenizerDigest));
      MessageDigest digest = Sha256.digest();
      digest.update(header.array());
      target.write(header.array());
      byte[] block = new byte[1 << 16];
      try (InputStream in = new BufferedInputStream(Files.newInputStream(spool))) {
        for (int n = in.readNBytes(block, 0, block.length);
            n > 0;
            n = in.readNBytes(block, 0, block.length)) {
          int length = width == 2 ? narrow(block, n) : n;
          digest.update(block, 0, length);
          target.write(block, 0, length);
        }
      }
      target.write(digest.digest());
    }

    /// Keeps the lower two of every four bytes, in place.
    private static int narrow(byte[] block, int length) {
      for (int i = 0; i < length / 4; i++) {
        block[2 * i] = block[4 * i];
        block[2 * i + 1] = block[4 * i + 1];
      }
      return length / 2;
    }
  }
}
