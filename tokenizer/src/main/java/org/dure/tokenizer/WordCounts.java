package org.dure.tokenizer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.privacy.CountingFloor;
import org.dure.core.privacy.SensitiveText;

/// How often each chunk of text occurs: all that a tokenizer is trained from. Never the text, nor
/// the order in which chunks stood. What may leave a region is counted by [#exportable].
///
/// A chunk is what the pre-tokenizer makes of NFC text: a word with the space before it, up to
/// three digits, a run of punctuation, and where a language writes no spaces whatever stands
/// between two marks. Chunks of more than [#MOST_CHUNK_BYTES] bytes are counted in pieces of at
/// most that, cut between code points: it keeps runs of one letter from growing into tokens, and
/// sentences without spaces from leaving whole. Counts have 64 bits. Immutable; sorted by the
/// chunks' bytes, so that equal counts are equal bytes. The format of [#bytes] is specified in the
/// package's description.
public final class WordCounts implements CountSource {
  /// Longest chunk in UTF-8 bytes.
  public static final int MOST_CHUNK_BYTES = 64;

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
    Total sum = new Total();
    for (Entry entry : sorted) {
      sum.add(entry.count());
    }
    this.total = sum.sum();
  }

  /// Distinct chunks beyond which the rarest are forgotten, in bytes: from so many, training takes
  /// half a gigabyte. Ten megabytes of text have about a hundredth of it.
  private static final long MOST_DISTINCT_BYTES = 16L << 20;

  /// Counts the chunks of texts, in one thread and in bounded memory: of more than 16 MiB of
  /// distinct chunks the rarest are forgotten on the way, so that rare ones may be missing and the
  /// counts of others may be too small by the few that were forgotten. Parts counted apart are put
  /// together by [#merge].
  public static WordCounts count(Iterable<String> texts) {
    ChunkCounter counter = new ChunkCounter(MOST_DISTINCT_BYTES, Pieces.WHOLE);
    for (String text : texts) {
      counter.add(text);
    }
    return sorted(counter.entries(1, 1));
  }

  /// What a region may export of its documents: chunks that stand in them often enough and in
  /// enough of them, cut small where words are not spaced, and nothing of what is sensitive.
  /// Memory and forgetting are those of [#count].
  ///
  /// @param documents a text each
  /// @param unspaced scripts in which the region's language writes no spaces, besides those that
  ///     are known for it
  public static WordCounts exportable(
      Iterable<String> documents,
      CountingFloor floor,
      SensitiveText sensitive,
      Set<Character.UnicodeScript> unspaced) {
    ChunkCounter counter =
        new ChunkCounter(MOST_DISTINCT_BYTES, Pieces.cut(unspaced, floor.characters()));
    for (String document : documents) {
      counter.nextDocument();
      sensitive.without(document).forEach(counter::add);
    }
    return sorted(counter.entries(floor.occurrences(), floor.documents()));
  }

  private static WordCounts sorted(Entry[] entries) {
    Arrays.sort(entries, (a, b) -> Arrays.compareUnsigned(a.chunk(), b.chunk()));
    return new WordCounts(entries);
  }

  /// Tells of every chunk, in the order of their bytes.
  public void forEachChunk(ObjLongConsumer<String> action) {
    for (Entry entry : entries) {
      action.accept(new String(entry.chunk(), StandardCharsets.UTF_8), entry.count());
    }
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
  @Override
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

  /// The counts in the format of the package's description.
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer header = ByteBuffer.allocate(CountReader.HEADER).order(ByteOrder.LITTLE_ENDIAN);
    header.put(CountReader.MAGIC).putInt(CountReader.VERSION).putInt(0).putLong(entries.length);
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
    try (CountReader reader = new CountReader(new ByteArrayInputStream(bytes), bytes.length)) {
      Entry[] entries = new Entry[reader.size()];
      for (int i = 0; i < entries.length; i++) {
        entries[i] = reader.next();
      }
      reader.finish();
      return new WordCounts(entries);
    }
  }

  /// Sorted by chunk; not to be changed.
  Entry[] entries() {
    return entries;
  }

  @Override
  public long chunkBytes() {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.chunk().length;
    }
    return bytes;
  }

  @Override
  public void forEach(Consumer<Entry> action) {
    for (Entry entry : entries) {
      action.accept(entry);
    }
  }

  /// Adds counts up.
  static final class Total {
    private long sum;

    /// @throws DureException with [ErrorCode#INPUT_MALFORMED] at 2^56
    void add(long count) {
      sum += Math.min(MOST_TOTAL, count);
      if (sum >= MOST_TOTAL) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "the counts add up to 2^56 or more: more chunks than any text holds");
      }
    }

    long sum() {
      return sum;
    }
  }
}
