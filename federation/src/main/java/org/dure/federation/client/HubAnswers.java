package org.dure.federation.client;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.Printable;

/// The answers on one connection, one after the other: what of HTTP/1.1 (RFC 9112) a hub speaks,
/// and nothing else. Whoever answers, a line, the number of headers and the body keep to their
/// bounds, and a body ends where it was said to. Not thread-safe.
public final class HubAnswers {
  private static final int MOST_LINE = 24 << 10;
  private static final int MOST_HEADERS = 64;
  private static final int MOST_SHOWN = 80;

  private final InputStream in;

  /// @param in best buffered: heads are read byte by byte
  public HubAnswers(InputStream in) {
    this.in = in;
  }

  /// The head of the next answer; its body must be read to its end before the one after it.
  ///
  /// @param method of the request that it answers
  /// @throws IOException if it is not an answer of a hub
  public HubConnection.Answer next(String method) throws IOException {
    String status = line();
    if (!status.matches("HTTP/1\\.1 [1-5][0-9][0-9]( .*)?")) {
      throw new IOException(
          "not an answer of a hub: \"%s\"".formatted(Printable.line(status, MOST_SHOWN)));
    }
    int code = Integer.parseInt(status.substring(9, 12));
    Map<String, String> headers = new TreeMap<>();
    int lines = 0;
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon < 1 || ++lines > MOST_HEADERS) {
        throw new IOException(
            "not a header of a hub: \"%s\"".formatted(Printable.line(line, MOST_SHOWN)));
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    if (code / 100 == 1) {
      throw new IOException("a hub says nothing before its answer: status " + code);
    }
    return new HubConnection.Answer(code, headers, body(method, code, headers));
  }

  private InputStream body(String method, int code, Map<String, String> headers)
      throws IOException {
    if (method.equals("HEAD") || code == 204 || code == 304) {
      return InputStream.nullInputStream();
    }
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      return new Rest(0, true);
    }
    String length = headers.getOrDefault("content-length", "");
    if (!length.matches("[0-9]{1,15}")) {
      throw new IOException("an answer without a length");
    }
    return new Rest(Long.parseLong(length), false);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int value = in.read(); value != '\n'; value = in.read()) {
      if (value < 0) {
        throw new EOFException("the hub closed the connection");
      }
      if (line.length() >= MOST_LINE) {
        throw new IOException("a line of more than %d bytes".formatted(MOST_LINE));
      }
      line.append((char) value);
    }
    int end = line.length();
    return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
  }

  /// The body of an answer, and not a byte more.
  private final class Rest extends InputStream {
    private final boolean chunked;
    private long left;
    private boolean begun;
    private boolean ended;

    Rest(long length, boolean chunked) {
      this.left = length;
      this.chunked = chunked;
      this.ended = !chunked && length == 0;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (chunked && left == 0 && !ended) {
        nextPiece();
      }
      if (ended) {
        return -1;
      }
      int count = in.read(into, from, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException("the hub's answer breaks off");
      }
      left -= count;
      ended = !chunked && left == 0;
      return count;
    }

    private void nextPiece() throws IOException {
      if (begun && !line().isEmpty()) {
        throw new IOException("a piece of an answer is longer than announced");
      }
      begun = true;
      String size = line();
      if (!size.matches("[0-9a-fA-F]{1,8}")) {
        throw new IOException(
            "not the length of a piece: \"%s\"".formatted(Printable.line(size, MOST_SHOWN)));
      }
      left = Long.parseLong(size, 16);
      if (left == 0) {
        if (!line().isEmpty()) {
          throw new IOException("an answer with trailers");
        }
        ended = true;
      }
    }
  }
}
