package org.dure.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.dure.core.DureException;

/// The counts of one part, read from wherever they lie each time that they are gone through: memory
/// is a small buffer, however many chunks there are.
public final class PartCounts implements CountSource {
  /// Word counts in the format of the package's description.
  public interface Part {
    /// Length of all bytes.
    long length();

    /// From the first byte; the caller closes it. May be called again.
    InputStream open();
  }

  private final Part part;
  private int size;
  private long chunkBytes;

  /// Goes through the part once, from its first byte to its last.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#ARTIFACT_CORRUPT] if it
  ///     is no word counts, or they add up to 2^56 or more
  public PartCounts(Part part) {
    this.part = part;
    WordCounts.Total sum = new WordCounts.Total();
    forEach(
        entry -> {
          size = Math.addExact(size, 1);
          chunkBytes += entry.chunk().length;
          sum.add(entry.count());
        });
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long chunkBytes() {
    return chunkBytes;
  }

  @Override
  public void forEach(Consumer<WordCounts.Entry> action) {
    try (CountReader reader = open()) {
      while (reader.hasNext()) {
        action.accept(reader.next());
      }
      reader.finish();
    }
  }

  private CountReader open() {
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
}
