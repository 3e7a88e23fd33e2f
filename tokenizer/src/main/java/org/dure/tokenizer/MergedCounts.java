package org.dure.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// The counts of several parts added up, read side by side from wherever they lie: memory is one
/// small buffer a part, however many chunks there are. What [WordCounts#merge] gives, bit by bit.
public final class MergedCounts implements CountSource {
  /// Word counts in the format of the package's description.
  public interface Part {
    /// Length of all bytes.
    long length();

    /// From the first byte; the caller closes it. May be called again.
    InputStream open();
  }

  private static final long MOST_OF_PART = 1L << 48;

  private final List<Part> parts;
  private final long total;
  private int size;
  private long chunkBytes;

  /// Goes through all parts once, to the end.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#ARTIFACT_CORRUPT] if a
  ///     part is no word counts, or the counts add up to 2^56 or more
  public MergedCounts(List<? extends Part> parts) {
    this.parts = List.copyOf(parts);
    WordCounts.Total sum = new WordCounts.Total();
    forEach(
        entry -> {
          size = Math.addExact(size, 1);
          chunkBytes += entry.chunk().length;
          sum.add(entry.count());
        });
    this.total = sum.sum();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long chunkBytes() {
    return chunkBytes;
  }

  /// One part, at its next chunk.
  private static final class Cursor {
    final CountReader reader;
    WordCounts.Entry entry;

    Cursor(CountReader reader) {
      this.reader = reader;
      this.entry = reader.next();
    }
  }

  @Override
  public void forEach(Consumer<WordCounts.Entry> action) {
    List<CountReader> open = new ArrayList<>();
    try {
      PriorityQueue<Cursor> queue =
          new PriorityQueue<>((a, b) -> Arrays.compareUnsigned(a.entry.chunk(), b.entry.chunk()));
      for (Part part : parts) {
        CountReader reader = open(part);
        open.add(reader);
        if (reader.hasNext()) {
          queue.add(new Cursor(reader));
        } else {
          reader.finish();
        }
      }
      merge(queue, action);
    } finally {
      open.forEach(CountReader::close);
    }
  }

  private static CountReader open(Part part) {
    InputStream in = part.open();
    try {
      return new CountReader(in, part.length());
    } catch (DureException e) {
      try {
        in.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private static void merge(PriorityQueue<Cursor> queue, Consumer<WordCounts.Entry> action) {
    WordCounts.@Nullable Entry sum = null;
    while (!queue.isEmpty()) {
      Cursor cursor = queue.remove();
      WordCounts.Entry entry = cursor.entry;
      if (sum != null && Arrays.equals(sum.chunk(), entry.chunk())) {
        sum = new WordCounts.Entry(sum.chunk(), sum.count() + entry.count());
      } else {
        if (sum != null) {
          action.accept(sum);
        }
        sum = entry;
      }
      if (cursor.reader.hasNext()) {
        cursor.entry = cursor.reader.next();
        queue.add(cursor);
      } else {
        cursor.reader.finish();
      }
    }
    if (sum != null) {
      action.accept(sum);
    }
  }

  /// Looks through a part from its first byte to its last. Parts that pass can be counted together,
  /// up to 256 of them.
  ///
  /// @throws DureException as the constructor does, and with [ErrorCode#INPUT_MALFORMED] if the
  ///     counts add up to 2^48 or more
  public static void check(Part part) {
    long sum = new MergedCounts(List.of(part)).total;
    if (sum >= MOST_OF_PART) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the counts add up to %d: expected less than 2^48, more than any text holds"
              .formatted(sum));
    }
  }
}
