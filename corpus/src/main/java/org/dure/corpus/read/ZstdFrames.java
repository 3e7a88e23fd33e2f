package org.dure.corpus.read;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// The content of zstd frames (RFC 8878) behind one another.
///
/// The library's own stream takes the end of the first frame for that of every later one, so that a
/// file cut within its second frame would pass as whole. Here every frame has an end of its own.
final class ZstdFrames extends InputStream {
  private static final int BUFFER = 1 << 17;

  private final InputStream file;
  private final ZstdDecompressCtx decoder;
  private final byte[] read = new byte[BUFFER];
  private final ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private final ByteBuffer content = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private boolean withinFrame;
  private boolean anyFrame;
  private boolean closed;

  ZstdFrames(InputStream file) {
    this.file = file;
    ZstdLibrary.require();
    this.decoder = new ZstdDecompressCtx();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    while (!content.hasRemaining()) {
      if (!compressed.hasRemaining() && !fill() && !withinFrame) {
        if (!anyFrame) {
          throw new EOFException("the file is empty");
        }
        return -1;
      }
      decode();
    }
    int taken = Math.min(count, content.remaining());
    content.get(buffer, from, taken);
    return taken;
  }

  private boolean fill() throws IOException {
    int n = file.read(read);
    compressed.clear().put(read, 0, Math.max(0, n)).flip();
    return n > 0;
  }

  private void decode() throws IOException {
    int before = compressed.remaining();
    content.clear();
    try {
      withinFrame = !decoder.decompressDirectByteBufferStream(content, compressed);
    } catch (ZstdException e) {
      content.flip();
      throw new IOException(e.getMessage(), e);
    }
    content.flip();
    anyFrame = true;
    if (withinFrame && before == compressed.remaining() && !content.hasRemaining()) {
      throw new EOFException("the file is cut short");
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      decoder.close();
      file.close();
    }
  }
}
