package org.dure.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// How often each chunk of text occurs: all that a tokenizer is trained from, and all that a region
/// that shares a tokenizer lets leave. Never the text, nor the order in which chunks stood.
///
/// A chunk is what the pre-tokenizer makes of NFC text: a word with the space before it, up to
/// three digits, a run of punctuation, and where a language writes no spaces whatever stands
/// between two marks. Chunks of more than [#MOST_CHUNK_BYTES] bytes are counted in pieces of at
/// most that, cut between code points: it keeps runs of one letter from growing into tokens, and
/// sentences without spaces from leaving whole. Counts have 64 bits. Immutable; sorted by the
/// chunks' bytes, so that equal counts are equal bytes. The format of [#bytes] is specified in the
/// package's description.
public final class WordCounts {
  /// Longest chunk in UTF-8 bytes.
  public static final int MOST_CHUNK_BYTES = 64;

  private static final byte[] MAGIC = "DUREWCNT".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int HEADER = 24;
  private static final int TRAILER = 32;

  /// Keeps the sum of count times length of every pair within 63 bits.
  private static final long MOST_TOTAL = 1L << 56;

  /// One chunk.
  ///
  /// @param chunk UTF-8, 1 to [#MOST_CHUNK_BYTES] bytes; not to be changed
  /// @param count at least 1
  record Entry(byte[] chunk, long count) {}

  private final Entry[] entries;
  private final long total;

  private WordCounts(Entry[] sorted) {
    this.entries = sorted;
    long sum = 0;
    for (Entry entry : sorted) {
      sum = Math.min(MOST_TOTAL, entry.count()) + sum;
      if (sum >= MOST_TOTAL) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "the counts add up to 2^56 or more: more chunks than any text holds");
      }
    }
    this.total = sum;
  }

  /// Distinct chunks beyond which the rarest are forgotten, in bytes: from so many, training takes
  /// half a gigabyte. Ten megabytes of text have about a hundredth of it.
  private static final long MOST_DISTINCT_BYTES = 16L << 20;

  /// Counts the chunks of texts, in one thread and in bounded memory: of more than 16 MiB of
  /// distinct chunks the rarest are forgotten on the way, so that rare ones may be missing and the
  /// counts of others may be too small by the few that were forgotten. Parts counted apart are put
  /// together by [#merge].
  public static WordCounts count(Iterable<String> texts) {
    ChunkCounter counter = new ChunkCounter(MOST_DISTINCT_BYTES);
    for (String text : texts) {
      counter.add(text);
    }
    Entry[] entries = counter.entries();
    Arrays.sort(entries, (a, b) -> Arrays.compareUnsigned(a.chunk(), b.chunk()));
    return new WordCounts(entries);
  }

  /// Only the chunks that occur at least `threshold` times: what a region may export.
  public WordCounts atLeast(long threshold) {
    return new WordCounts(
        Arrays.stream(entries).filter(entry -> entry.count() >= threshold).toArray(Entry[]::new));
  }

  /// The counts of all parts added up, whatever their order.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the counts add up to 2^56 or more
  public static WordCounts merge(List<WordCounts> parts) {
    record Cursor(Entry[] entries, int at) {
      byte[] chunk() {
        return entries[at].chunk();
      }
    }
    PriorityQueue<Cursor> queue =
        new PriorityQueue<>((a, b) -> Arrays.compareUnsigned(a.chunk(), b.chunk()));
    long most = 0;
    for (WordCounts part : parts) {
      most += part.entries.length;
      if (part.entries.length > 0) {
        queue.add(new Cursor(part.entries, 0));
      }
    }
    Entry[] merged = new Entry[Math.toIntExact(most)];
    int size = 0;
    while (!queue.isEmpty()) {
      Cursor cursor = queue.remove();
      Entry entry = cursor.entries()[cursor.at()];
      if (size > 0 && Arrays.equals(merged[size - 1].chunk(), entry.chunk())) {
        merged[size - 1] = new Entry(entry.chunk(), merged[size - 1].count() + entry.count());
      } else {
        merged[size++] = entry;
      }
      if (cursor.at() + 1 < cursor.entries().length) {
        queue.add(new Cursor(cursor.entries(), cursor.at() + 1));
      }
    }
    return new WordCounts(Arrays.copyOf(merged, size));
  }

  /// Number of distinct chunks.
  public int size() {
    return entries.length;
  }

  /// Sum of all counts.
  public long total() {
    return total;
  }

  /// How often a chunk occurs; 0 where it does not. The chunk is one that the pre-tokenizer makes,
  /// e.g. a word with the space before it.
  public long of(String chunk) {
    Entry wanted = new Entry(chunk.getBytes(StandardCharsets.UTF_8), 1);
    int found =
        Arrays.binarySearch(
            entries, wanted, (a, b) -> Arrays.compareUnsigned(a.chunk(), b.chunk()));
    return found < 0 ? 0 : entries[found].count();
  }

  /// Sorted by chunk; not to be changed.
  Entry[] entries() {
    return entries;
  }

  /// The counts in the format of the package's description.
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).putInt(VERSION).putInt(0).putLong(entries.length);
    out.writeBytes(header.array());
    for (Entry entry : entries) {
      out.write(entry.chunk().length);
      out.writeBytes(entry.chunk());
      long rest = entry.count();
      while (rest >= 0x80) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
    out.writeBytes(Sha256.digest().digest(out.toByteArray()));
    return out.toByteArray();
  }

  /// The inverse of [#bytes]; everything is checked, since the bytes come from another institution.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] that names what is wrong where, or
  ///     [ErrorCode#ARTIFACT_CORRUPT] if the digest at the end does not fit
  public static WordCounts parse(byte[] bytes) {
    if (bytes.length < HEADER + TRAILER) {
      throw malformed("%d bytes, too short".formatted(bytes.length));
    }
    ByteBuffer in =
        ByteBuffer.wrap(bytes, 0, bytes.length - TRAILER).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    in.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw malformed("they do not start with DUREWCNT");
    }
    int version = in.getInt();
    if (version != VERSION || in.getInt() != 0) {
      throw malformed("version %d, this release reads %d with flags 0".formatted(version, VERSION));
    }
    long size = in.getLong();
    if (size < 0 || size > in.remaining() / 3) {
      throw malformed("%d chunks cannot lie in %d bytes".formatted(size, in.remaining()));
    }
    byte[] digest = Sha256.digest().digest(Arrays.copyOf(bytes, bytes.length - TRAILER));
    if (!Arrays.equals(digest, 0, TRAILER, bytes, bytes.length - TRAILER, bytes.length)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT, "word counts: the bytes are not those that were written");
    }
    Entry[] entries = new Entry[(int) size];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = entry(in, i);
      if (i > 0 && Arrays.compareUnsigned(entries[i - 1].chunk(), entries[i].chunk()) >= 0) {
        throw malformed("chunk %d does not sort after the one before".formatted(i));
      }
    }
    if (in.hasRemaining()) {
      throw malformed("%d bytes follow the last chunk".formatted(in.remaining()));
    }
    return new WordCounts(entries);
  }

  private static Entry entry(ByteBuffer in, int index) {
    int length = in.hasRemaining() ? in.get() & 0xff : 0;
    if (length < 1 || length > MOST_CHUNK_BYTES || length > in.remaining()) {
      throw malformed(
          "chunk %d of %d bytes at offset %d, expected 1 to %d"
              .formatted(index, length, in.position(), MOST_CHUNK_BYTES));
    }
    byte[] chunk = new byte[length];
    in.get(chunk);
    try {
      String _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(chunk)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("chunk %d is not UTF-8".formatted(index));
    }
    long count = 0;
    for (int shift = 0; ; shift += 7) {
      if (!in.hasRemaining() || shift > 56) {
        throw malformed("the count of chunk %d has no end".formatted(index));
      }
      byte b = in.get();
      count |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        if (b == 0) {
          throw malformed("the count of chunk %d is 0 or not written shortest".formatted(index));
        }
        return new Entry(chunk, count);
      }
    }
  }

  private static DureException malformed(String problem) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "word counts: " + problem);
  }
}
