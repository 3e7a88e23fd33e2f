package org.dure.corpus;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.dure.core.PrivateFiles;

/// Digests with numbers in a file that has no name any more, in the order of the digests; 16 bytes
/// each, see [Entry]. Not thread-safe.
final class DigestRun implements Closeable {
  private static final int ENTRY = 16;
  private static final int PROBED_ENTRIES = 256;
  private static final int PASSED_ENTRIES = 1 << 13;
  private static final double TWO_TO_64 = 0x1p64;

  private final FileChannel channel;
  private final long size;
  private final ByteBuffer probed = ByteBuffer.allocate(PROBED_ENTRIES * ENTRY);

  private DigestRun(FileChannel channel, long size) {
    this.channel = channel;
    this.size = size;
  }

  /// @param first 64 bits of the digest
  /// @param second 24 more, then 40 of the number, which is not 0
  record Entry(long first, long second) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int order = Long.compareUnsigned(first, other.first);
      return order != 0 ? order : Long.compareUnsigned(second, other.second);
    }
  }

  /// @param file that does not exist, and again does not when this returns
  /// @param entries in order
  static DigestRun of(Path file, Entry[] entries) throws IOException {
    return written(
        file,
        out -> {
          for (Entry entry : entries) {
            out.add(entry);
          }
        });
  }

  /// The entries of both, which stay open.
  static DigestRun merged(Path file, DigestRun one, DigestRun two) throws IOException {
    return written(
        file,
        out -> {
          Cursor left = new Cursor(one);
          Cursor right = new Cursor(two);
          while (left.hasNext() || right.hasNext()) {
            boolean takesLeft =
                !right.hasNext() || left.hasNext() && left.peek().compareTo(right.peek()) < 0;
            out.add((takesLeft ? left : right).next());
          }
        });
  }

  private interface Filling {
    void fill(Output out) throws IOException;
  }

  private static DigestRun written(Path file, Filling filling) throws IOException {
    FileChannel channel =
        PrivateFiles.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    boolean whole = false;
    try {
      Output out = new Output(channel);
      filling.fill(out);
      out.flush();
      whole = true;
      return new DigestRun(channel, out.count);
    } finally {
      if (!whole) {
        channel.close();
      }
    }
  }

  /// Writes entries one behind the other.
  private static final class Output {
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(PASSED_ENTRIES * ENTRY);
    private long count;

    Output(FileChannel channel) {
      this.channel = channel;
    }

    void add(Entry entry) throws IOException {
      if (!buffer.hasRemaining()) {
        flush();
      }
      buffer.putLong(entry.first).putLong(entry.second);
      count++;
    }

    void flush() throws IOException {
      buffer.flip();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      buffer.clear();
    }
  }

  /// Reads a run's entries in order.
  private static final class Cursor {
    private final DigestRun run;
    private final ByteBuffer buffer = ByteBuffer.allocate(PASSED_ENTRIES * ENTRY).limit(0);
    private long read;

    Cursor(DigestRun run) {
      this.run = run;
    }

    boolean hasNext() throws IOException {
      if (!buffer.hasRemaining() && read < run.size) {
        int count = (int) Math.min(PASSED_ENTRIES, run.size - read);
        buffer.clear().limit(count * ENTRY);
        readFully(run.channel, buffer, read * ENTRY);
        buffer.flip();
        read += count;
      }
      return buffer.hasRemaining();
    }

    Entry peek() {
      int at = buffer.position();
      return new Entry(buffer.getLong(at), buffer.getLong(at + Long.BYTES));
    }

    Entry next() {
      return new Entry(buffer.getLong(), buffer.getLong());
    }
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new EOFException("digests end at byte " + at);
      }
      at += read;
    }
  }

  /// How many entries there are.
  long size() {
    return size;
  }

  /// The second half of the entry whose digest is this, or 0.
  ///
  /// Digests are spread evenly, so a look at the place where this one should lie (interpolation
  /// search) ends nearly always with the second or third block read.
  long find(long first, long rest) throws IOException {
    Entry wanted = new Entry(first, rest);
    long low = 0;
    long high = size;
    double lowKey = 0;
    double highKey = TWO_TO_64;
    while (low < high) {
      double share = (unsigned(first) - lowKey) / (highKey - lowKey);
      long guess = low + (long) (Math.clamp(share, 0, 1) * (high - low)) - PROBED_ENTRIES / 2;
      long from = Math.max(low, Math.min(guess, high - PROBED_ENTRIES));
      int count = (int) Math.min(PROBED_ENTRIES, high - from);
      probed.clear().limit(count * ENTRY);
      readFully(channel, probed, from * ENTRY);
      if (entry(count - 1).compareTo(wanted) < 0) {
        low = from + count;
        lowKey = unsigned(entry(count - 1).first);
      } else if (entry(0).compareTo(wanted) > 0 && !same(entry(0), wanted)) {
        high = from;
        highKey = unsigned(entry(0).first);
      } else {
        return within(count, wanted);
      }
    }
    return 0;
  }

  private long within(int count, Entry wanted) {
    for (int i = 0; i < count; i++) {
      if (same(entry(i), wanted)) {
        return entry(i).second;
      }
    }
    return 0;
  }

  private static boolean same(Entry entry, Entry wanted) {
    return entry.first == wanted.first && (entry.second & ~DigestTable.MOST_VALUE) == wanted.second;
  }

  private Entry entry(int index) {
    return new Entry(probed.getLong(index * ENTRY), probed.getLong(index * ENTRY + Long.BYTES));
  }

  private static double unsigned(long bits) {
    return (bits >>> 1) * 2.0;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
