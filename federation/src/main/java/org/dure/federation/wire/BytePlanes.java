package org.dure.federation.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/// The content encoding `dure-planes`: 32-bit floats with fewer bytes, every bit kept.
///
/// Of trained weights and deltas the exponents are few and the rest is noise; so each value is
/// rotated until its exponent is one byte, the bytes are sorted into four planes, and a plane that
/// repeats itself is coded by how often each byte occurs (Huffman, RFC 1951). The same split is in
/// Heilper and Singer 2025, "Lossless Compression for LLM Tensor Snapshots" (arXiv 2502.00922). The
/// format is in [package-info](package-summary.html).
///
/// A block stands for at most [#BLOCK] bytes and is decoded by itself; no block can make more than
/// that, so nothing hostile grows. Instances are scratch memory: [#borrow] one for each block, and
/// never wait for a network while holding it. Not thread-safe.
public final class BytePlanes implements AutoCloseable {
  public static final String NAME = "dure-planes";

  /// Most bytes that a block stands for.
  public static final int BLOCK = 1 << 15;

  /// Bytes before the content of each block.
  static final int HEADER = 8;

  /// Most bytes of a block with its header: planes that do not get smaller are kept as they are.
  public static final int MOST_ENCODED = BLOCK + HEADER + 4;

  private static final int PLANES = 4;
  private static final int RAW = 0;
  private static final int SAME = 1;
  private static final int CODED = 2;

  /// What a code table costs at most, in bytes; below this nothing is gained.
  private static final int TABLE = 96;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final ConcurrentLinkedDeque<BytePlanes> FREE = new ConcurrentLinkedDeque<>();

  private final byte[][] planes = new byte[PLANES][BLOCK / PLANES];
  private final byte[] coded = new byte[BLOCK / PLANES];
  private final int[] counts = new int[256];
  private final Deflater deflater = new Deflater(1, true);
  private final Inflater inflater = new Inflater(true);

  private BytePlanes() {
    deflater.setStrategy(Deflater.HUFFMAN_ONLY);
  }

  /// Scratch memory; give it back with [#close].
  public static BytePlanes borrow() {
    BytePlanes free = FREE.pollFirst();
    return free == null ? new BytePlanes() : free;
  }

  @Override
  public void close() {
    FREE.addFirst(this);
  }

  /// Encodes the first `length` bytes of `raw` as one block.
  ///
  /// @param length 1 to [#BLOCK]
  /// @param into at least [#MOST_ENCODED] long
  /// @return length of the block with its header
  public int encode(byte[] raw, int length, byte[] into) {
    int values = length / PLANES;
    for (int i = 0; i < values; i++) {
      int turned = Integer.rotateLeft((int) INT.get(raw, PLANES * i), 1);
      planes[0][i] = (byte) (turned >>> 24);
      planes[1][i] = (byte) (turned >>> 16);
      planes[2][i] = (byte) (turned >>> 8);
      planes[3][i] = (byte) turned;
    }
    int at = HEADER;
    for (byte[] plane : planes) {
      at = plane(plane, values, into, at);
    }
    int rest = length - PLANES * values;
    System.arraycopy(raw, PLANES * values, into, at, rest);
    at += rest;
    INT.set(into, 0, length);
    INT.set(into, 4, at - HEADER);
    return at;
  }

  private int plane(byte[] plane, int values, byte[] into, int from) {
    int at = from;
    int code = code(plane, values);
    int size = code == CODED ? deflate(plane, values) : 0;
    if (code == SAME) {
      into[at++] = SAME;
      into[at++] = plane[0];
    } else if (size > 0) {
      into[at++] = CODED;
      into[at++] = (byte) size;
      into[at++] = (byte) (size >>> 8);
      System.arraycopy(coded, 0, into, at, size);
      at += size;
    } else {
      into[at++] = RAW;
      System.arraycopy(plane, 0, into, at, values);
      at += values;
    }
    return at;
  }

  /// How a plane is best kept, by the entropy of its bytes.
  private int code(byte[] plane, int values) {
    if (values <= 2) {
      return RAW;
    }
    Arrays.fill(counts, 0);
    for (int i = 0; i < values; i++) {
      counts[plane[i] & 0xff]++;
    }
    if (counts[plane[0] & 0xff] == values) {
      return SAME;
    }
    double bits = 0;
    for (int count : counts) {
      if (count > 0) {
        bits += count * Math.log((double) values / count);
      }
    }
    return bits / Math.log(2) / 8 + TABLE < 0.98 * values ? CODED : RAW;
  }

  /// @return bytes in [#coded]; 0 if that did not make the plane smaller
  private int deflate(byte[] plane, int values) {
    deflater.reset();
    deflater.setInput(plane, 0, values);
    deflater.finish();
    int size = deflater.deflate(coded, 0, values - 2);
    return deflater.finished() ? size : 0;
  }

  /// Reads a block, header and all, as it is.
  ///
  /// @param into at least [#MOST_ENCODED] long
  /// @return its length with its header; -1 at the end of the stream
  /// @throws EOFException if the stream ends within the block
  /// @throws DataFormatException if there is no such block
  public static int read(InputStream in, byte[] into) throws IOException, DataFormatException {
    int begun = in.readNBytes(into, 0, HEADER);
    if (begun == 0) {
      return -1;
    }
    if (begun < HEADER) {
      throw new EOFException("the body ends within the header of a block");
    }
    int length = (int) INT.get(into, 0);
    int size = (int) INT.get(into, 4);
    if (length < 1 || length > BLOCK || size < 1 || size > length + PLANES) {
      throw new DataFormatException(
          "a block of %d bytes for %d: expected 1 to %d".formatted(size, length, BLOCK));
    }
    if (in.readNBytes(into, HEADER, size) < size) {
      throw new EOFException("the body ends within a block");
    }
    return HEADER + size;
  }

  /// Decodes a block that [#read] has read.
  ///
  /// @param raw gets the bytes; at least [#BLOCK] long
  /// @return how many bytes
  /// @throws DataFormatException if it is not exactly a block
  public int decode(byte[] block, byte[] raw) throws DataFormatException {
    int length = (int) INT.get(block, 0);
    int end = HEADER + (int) INT.get(block, 4);
    int values = length / PLANES;
    int at = HEADER;
    for (byte[] plane : planes) {
      at = plane(block, at, end, plane, values);
    }
    int rest = length - PLANES * values;
    if (end - at != rest) {
      throw new DataFormatException("a block with %d bytes at its end".formatted(end - at));
    }
    System.arraycopy(block, at, raw, PLANES * values, rest);
    for (int i = 0; i < values; i++) {
      int turned =
          planes[0][i] << 24
              | (planes[1][i] & 0xff) << 16
              | (planes[2][i] & 0xff) << 8
              | (planes[3][i] & 0xff);
      INT.set(raw, PLANES * i, Integer.rotateRight(turned, 1));
    }
    return length;
  }

  private int plane(byte[] block, int from, int end, byte[] plane, int values)
      throws DataFormatException {
    int at = from;
    demand(end - at >= 1, "no plane");
    int code = block[at++];
    switch (code) {
      case RAW -> {
        demand(end - at >= values, "a plane that is cut off");
        System.arraycopy(block, at, plane, 0, values);
        return at + values;
      }
      case SAME -> {
        demand(end - at >= 1, "a plane that is cut off");
        Arrays.fill(plane, 0, values, block[at]);
        return at + 1;
      }
      case CODED -> {
        demand(end - at >= 2, "a plane that is cut off");
        int size = (block[at] & 0xff) | (block[at + 1] & 0xff) << 8;
        at += 2;
        demand(size < values && size <= end - at, "a coded plane that is too long");
        inflater.reset();
        inflater.setInput(block, at, size);
        int made = inflater.inflate(plane, 0, values);
        demand(
            made == values && inflater.inflate(coded, 0, 1) == 0 && inflater.finished(),
            "a coded plane of another length");
        demand(inflater.getRemaining() == 0, "bytes after a coded plane");
        return at + size;
      }
      default -> throw new DataFormatException("a plane coded as %d".formatted(code));
    }
  }

  private static void demand(boolean held, String found) throws DataFormatException {
    if (!held) {
      throw new DataFormatException(found);
    }
  }
}
