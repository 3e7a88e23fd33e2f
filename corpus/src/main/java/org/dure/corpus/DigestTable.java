package org.dure.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dure.core.Sha256;

/// Remembers texts by the first 88 bits of their SHA-256, each with a number, in memory that does
/// not depend on how many there are. Of a thousand million texts two are taken for the same with a
/// probability of 2^-29.
///
/// The newest lie in a hash table of fixed size; when it is full they are written to the disk as a
/// [DigestRun] in the order of their digests, and two runs that grew from equally many become one.
/// So everything is written in passes from a file's beginning to its end, each text as often as the
/// logarithm of the number of runs. A Bloom filter (Bloom 1970) of fixed size keeps most new texts
/// from being looked for on the disk; where there are too many for it, it only saves less.
///
/// Files have no name from the moment that they are open: whatever ends the process, nothing stays.
/// Not thread-safe.
final class DigestTable implements Closeable {
  /// How much of the heap a table may take.
  ///
  /// @param slots of the hash table, 16 bytes each, a power of two
  /// @param filterBits of the Bloom filter, a power of two of at least 64
  record Size(int slots, int filterBits) {
    /// 8 MiB, and 32 MiB more from 393,216 texts on. Six bits a text, with which the filter lets
    /// one new text in twenty pass, are 45 million texts.
    static final Size STANDARD = new Size(1 << 19, 1 << 28);
  }

  /// Largest number that can be remembered.
  static final long MOST_VALUE = (1L << 40) - 1;

  private static final int FILTER_PROBES = 4;

  private final Path file;
  private final Size most;
  private final long[] firsts;
  private final long[] seconds;
  private int size;
  private final List<DigestRun> runs = new ArrayList<>();
  private long[] filter = new long[0];
  private long files;

  /// @param file beginning of the names of the files that it makes
  DigestTable(Path file, Size most) {
    this.file = file;
    this.most = most;
    this.firsts = new long[most.slots()];
    this.seconds = new long[most.slots()];
  }

  /// The number with which this text was first put, or `value`, now remembered, if it is new.
  ///
  /// @param value 1 to [#MOST_VALUE]
  long putIfAbsent(String text, long value) throws IOException {
    if (value < 1 || value > MOST_VALUE) {
      throw new IllegalArgumentException("a text's number is " + value);
    }
    ByteBuffer digest =
        ByteBuffer.wrap(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    long first = digest.getLong();
    long rest = digest.getLong() & ~MOST_VALUE;
    int slot = home(first);
    while (seconds[slot] != 0) {
      if (firsts[slot] == first && (seconds[slot] & ~MOST_VALUE) == rest) {
        return seconds[slot] & MOST_VALUE;
      }
      slot = (slot + 1) & (most.slots() - 1);
    }
    if (mayBeOnDisk(first)) {
      for (DigestRun run : runs) {
        long second = run.find(first, rest);
        if (second != 0) {
          return second & MOST_VALUE;
        }
      }
    }
    firsts[slot] = first;
    seconds[slot] = rest | value;
    size++;
    if (4L * size > 3L * most.slots()) {
      flush();
    }
    return value;
  }

  private int home(long first) {
    return (int) (first & (most.slots() - 1));
  }

  private boolean mayBeOnDisk(long first) {
    if (runs.isEmpty()) {
      return false;
    }
    for (int i = 0; i < FILTER_PROBES; i++) {
      int bit = filterBit(first, i);
      if ((filter[bit >>> 6] >>> bit & 1) == 0) {
        return false;
      }
    }
    return true;
  }

  /// Two halves of the digest give any number of probes (Kirsch and Mitzenmacher 2006).
  private int filterBit(long first, int probe) {
    int bit = (int) (first >>> 32) + probe * ((int) first | 1);
    return bit & (most.filterBits() - 1);
  }

  private void flush() throws IOException {
    if (runs.isEmpty()) {
      filter = new long[most.filterBits() >>> 6];
    }
    DigestRun.Entry[] entries = new DigestRun.Entry[size];
    int count = 0;
    for (int slot = 0; slot < seconds.length; slot++) {
      if (seconds[slot] != 0) {
        entries[count++] = new DigestRun.Entry(firsts[slot], seconds[slot]);
        for (int i = 0; i < FILTER_PROBES; i++) {
          int bit = filterBit(firsts[slot], i);
          filter[bit >>> 6] |= 1L << bit;
        }
      }
    }
    Arrays.fill(seconds, 0);
    size = 0;
    Arrays.sort(entries);
    runs.add(DigestRun.of(nextFile(), entries));
    while (runs.size() > 1 && runs.getLast().size() >= runs.get(runs.size() - 2).size()) {
      try (DigestRun one = runs.removeLast();
          DigestRun two = runs.removeLast()) {
        runs.add(DigestRun.merged(nextFile(), one, two));
      }
    }
  }

  private Path nextFile() {
    return file.resolveSibling("%s-%d".formatted(file.getFileName(), files++));
  }

  @Override
  public void close() throws IOException {
    for (DigestRun run : runs) {
      run.close();
    }
  }
}
