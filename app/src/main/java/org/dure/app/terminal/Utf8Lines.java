package org.dure.app.terminal;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Lines of a stream of UTF-8, ended by LF, CR or both. What is not UTF-8 is an error with the
/// place of its first byte, instead of U+FFFD. For one thread.
public final class Utf8Lines {
  private final InputStream in;
  private final String name;
  private long offset;
  private long number;
  private boolean afterReturn;

  /// @param name of the stream in errors
  public Utf8Lines(InputStream in, String name) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.name = name;
  }

  /// The number of the line that came last, from 1.
  public long number() {
    return number;
  }

  /// The next line without its end, or null after the last.
  ///
  /// @throws DureException [ErrorCode#INPUT_MALFORMED] naming byte and line
  public @Nullable String next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long start = offset;
    int read = in.read();
    if (read == '\n' && afterReturn) {
      start = ++offset;
      read = in.read();
    }
    afterReturn = false;
    if (read < 0) {
      return null;
    }
    number++;
    for (; read >= 0; read = in.read()) {
      offset++;
      if (read == '\n' || read == '\r') {
        afterReturn = read == '\r';
        break;
      }
      line.write(read);
    }
    return decode(line.toByteArray(), start);
  }

  private String decode(byte[] bytes, long start) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer from = ByteBuffer.wrap(bytes);
    CharBuffer to = CharBuffer.allocate(bytes.length);
    if (decoder.decode(from, to, true).isError()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s, byte %d (line %d): 0x%02X is not UTF-8 there: convert the text first, e.g. with iconv"
              .formatted(name, start + from.position(), number, bytes[from.position()] & 0xFF));
    }
    return to.flip().toString();
  }
}
