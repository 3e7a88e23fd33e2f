package org.dure.federation.region;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.federation.region.ExportLog.Entry;
import org.jspecify.annotations.Nullable;

/// The lines of an export log, read from the first to the last however many there are: one is in
/// memory at a time, beside one key for each time that the log was handed over.
final class ExportLines {
  /// The kind of a line that hands the log over to the region's next key.
  static final String HANDED_OVER = "key";

  private static final int PIECE = 1 << 12;

  /// A line of the file.
  ///
  /// @param signature base64, over the compact JSON of `entry`
  record Line(Entry entry, String signature) {}

  /// Takes the lines that end with a line feed, in their order.
  @FunctionalInterface
  interface Reader {
    /// @param number from 1
    void accept(long number, String line);
  }

  /// Takes the lines that have been checked.
  @FunctionalInterface
  interface Checked {
    void accept(Entry entry, String line);
  }

  private ExportLines() {}

  /// Length of the lines that a crash has not cut short.
  static long wholeLength(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long end = channel.size();
      ByteBuffer piece = ByteBuffer.allocate(PIECE);
      while (end > 0) {
        int length = (int) Math.min(PIECE, end);
        piece.clear().limit(length);
        while (piece.hasRemaining() && channel.read(piece, end - length + piece.position()) >= 0) {
          // A read may give less than there is.
        }
        for (int i = length - 1; i >= 0; i--) {
          if (piece.get(i) == '\n') {
            return end - length + i + 1;
          }
        }
        end -= length;
      }
      return 0;
    }
  }

  static void read(Path file, Reader reader) {
    AtomicFiles.requireFile(file);
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      boolean cutShort = wholeLength(file) < Files.size(file);
      long number = 0;
      String next = lines.readLine();
      while (next != null) {
        String line = next;
        next = lines.readLine();
        if (next != null || !cutShort) {
          reader.accept(++number, line);
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// Goes through the log twice: which key signed which lines is said by those that hand it over.
  ///
  /// @param last by which the last line is signed
  /// @throws DureException with [ErrorCode#SIGNATURE_INVALID] or [ErrorCode#ARTIFACT_CORRUPT]
  ///     naming the line if anything was changed, removed or moved
  static void check(Path file, PublicKey last, Checked checked) {
    Deque<PublicKey> keys = keys(file, last);
    long[] number = {0};
    String[] head = {Sha256.NONE};
    read(
        file,
        (at, line) -> {
          Entry entry = check(file, line, ++number[0], head[0], keys.getFirst());
          head[0] = digest(line);
          if (HANDED_OVER.equals(entry.kind())) {
            PublicKey unused = keys.removeFirst();
          }
          checked.accept(entry, line);
        });
  }

  static String digest(String line) {
    return Sha256.of(line.getBytes(StandardCharsets.UTF_8));
  }

  /// The keys in their order; after the line that hands over from one the next holds.
  private static Deque<PublicKey> keys(Path file, PublicKey last) {
    Deque<PublicKey> keys = new ArrayDeque<>();
    String[] expected = {""};
    long[] at = {0};
    read(
        file,
        (number, line) -> {
          if (!line.contains("\"kind\":\"" + HANDED_OVER + "\"")) {
            return;
          }
          String[] both = entry(file, line, number).rule().split(" ");
          if (both.length != 2 || !(keys.isEmpty() || both[0].equals(expected[0]))) {
            throw otherKey(file, both.length == 2 ? at[0] : number);
          }
          keys.addLast(Signatures.decode(both[0]));
          expected[0] = both[1];
          at[0] = number;
        });
    if (!keys.isEmpty() && !expected[0].equals(Signatures.encode(last))) {
      throw otherKey(file, at[0]);
    }
    keys.addLast(last);
    return keys;
  }

  private static DureException otherKey(Path file, long number) {
    return new DureException(
        ErrorCode.SIGNATURE_INVALID,
        "%s, line %d: it hands over to another key than the next lines'".formatted(file, number));
  }

  /// The entry of a line that has been checked, or is going to be.
  static Entry entry(Path file, String line, long number) {
    try {
      Entry entry = Json.read(line, Line.class).entry;
      if (entry != null && entry.kind() != null && entry.rule() != null) {
        return entry;
      }
    } catch (DureException e) {
      throw corrupt(file, number, String.valueOf(e.getMessage()));
    }
    throw corrupt(file, number, "it is no export");
  }

  private static Entry check(Path file, String line, long number, String head, PublicKey key) {
    Line read;
    try {
      read = Json.read(line, Line.class);
    } catch (DureException e) {
      throw corrupt(file, number, String.valueOf(e.getMessage()));
    }
    Entry entry = read.entry;
    if (entry == null || entry.number() != number || !head.equals(entry.previous())) {
      throw corrupt(file, number, "it does not follow the line before");
    }
    if (!Signatures.verify(key, Json.bytes(entry), decode(read.signature))) {
      throw new DureException(
          ErrorCode.SIGNATURE_INVALID,
          "%s, line %d: the signature is not that of the region".formatted(file, number));
    }
    return entry;
  }

  private static byte[] decode(@Nullable String base64) {
    try {
      return Base64.getDecoder().decode(base64 == null ? "" : base64);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static DureException corrupt(Path file, long number, String why) {
    return new DureException(
        ErrorCode.ARTIFACT_CORRUPT,
        "%s, line %d: the log was changed: %s".formatted(file, number, why));
  }
}
