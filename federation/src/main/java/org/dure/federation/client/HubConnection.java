package org.dure.federation.client;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// One connection to the hub: HTTP/1.1 (RFC 9112) on TLS 1.3, pipelined: a request is written while
/// the answers to those before it are still coming, so that the link never rests between chunks.
///
/// No limit on anything's total time: who watches asks [#isStalled] now and then and closes. The
/// sockets' buffers are left to the operating system, which fits them to the link. Thread-safe.
public final class HubConnection implements AutoCloseable {
  /// A request.
  ///
  /// @param method e.g. `PUT`
  /// @param path with the query
  /// @param headers without Host and those of the body's length
  /// @param quiet how long the hub may rightly say nothing
  record Request(String method, String path, Map<String, String> headers, Duration quiet) {}

  /// Writes a request's body.
  interface Body {
    /// No body.
    Body NONE =
        new Body() {
          @Override
          public long length() {
            return 0;
          }

          @Override
          public void writeTo(OutputStream out) {
            // Nothing.
          }
        };

    static Body of(byte[] content) {
      return new Body() {
        @Override
        public long length() {
          return content.length;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
          out.write(content);
        }
      };
    }

    /// In bytes; -1 if it is not known before, and the body goes in pieces.
    long length();

    /// @param out each write is a piece
    void writeTo(OutputStream out) throws IOException;
  }

  /// Reads an answer's body to its end.
  interface Reader<T> {
    T read(Answer answer) throws IOException;
  }

  /// An answer.
  ///
  /// @param headers by their names in lower case
  public record Answer(int status, Map<String, String> headers, InputStream body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private static final int BUFFER = 1 << 15;

  private final HubTarget target;
  private final Socket raw;
  private final SSLSocket tls;
  private final HubAnswers answers;
  private final OutputStream out;
  private final LongConsumer moved;
  private final Duration roundTrip;
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock turns = new ReentrantLock();
  private final Condition next = turns.newCondition();
  private long written;
  private long answered;
  private volatile int pending;
  private volatile long deadline;
  private volatile long idleSince = System.nanoTime();
  private volatile @Nullable IOException broken;

  /// Connects.
  ///
  /// @param moved told how many bytes have moved, again and again
  HubConnection(HubTarget target, LongConsumer moved) throws IOException {
    this.target = target;
    this.moved = moved;
    long begun = System.nanoTime();
    raw = target.connect();
    roundTrip = Duration.ofNanos(System.nanoTime() - begun);
    try {
      raw.setTcpNoDelay(true);
      raw.setKeepAlive(true);
      raw.setOption(StandardSocketOptions.SO_LINGER, 0);
      tls = (SSLSocket) target.tls().createSocket(raw, target.host(), target.port(), true);
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setProtocols(new String[] {"TLSv1.3"});
      tls.setSSLParameters(parameters);
      raw.setSoTimeout((int) target.timeout().toMillis());
      tls.startHandshake();
      raw.setSoTimeout(0);
      answers = new HubAnswers(new BufferedInputStream(new Watched(tls.getInputStream()), BUFFER));
      out = tls.getOutputStream();
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /// What connecting took: one round trip.
  Duration roundTrip() {
    return roundTrip;
  }

  /// How many requests are under way.
  int pending() {
    return pending;
  }

  boolean isBroken() {
    return broken != null;
  }

  /// Whether it has been of no use for so long.
  boolean isIdleFor(Duration time) {
    return pending == 0 && System.nanoTime() - idleSince > time.toNanos();
  }

  /// Whether something is under way and nothing has moved for longer than it may.
  boolean isStalled() {
    return pending > 0 && System.nanoTime() - deadline > 0;
  }

  /// Announces a request, so that the connection counts as used; [#exchange] must follow.
  void reserve() {
    turns.lock();
    try {
      if (pending++ == 0) {
        deadline = System.nanoTime() + target.timeout().toNanos();
      }
    } finally {
      turns.unlock();
    }
  }

  /// Sends a reserved request and reads its answer.
  ///
  /// @throws IOException if no answer came; the connection is of no more use then
  <T> T exchange(Request request, Body body, Reader<T> reader) throws IOException {
    try {
      long ticket;
      IOException unwritten = null;
      writing.lock();
      try {
        check();
        ticket = written++;
        try {
          write(request, body);
        } catch (IOException e) {
          unwritten = e;
        } catch (RuntimeException e) {
          breakOff(new IOException("a request that was not written to its end", e));
          throw e;
        }
      } finally {
        writing.unlock();
      }
      return answer(ticket, request, reader, unwritten);
    } finally {
      turns.lock();
      try {
        pending--;
        idleSince = System.nanoTime();
      } finally {
        turns.unlock();
      }
    }
  }

  private void check() throws IOException {
    IOException problem = broken;
    if (problem != null) {
      throw new IOException(problem.getMessage(), problem);
    }
  }

  private void write(Request request, Body body) throws IOException {
    deadline = System.nanoTime() + target.timeout().toNanos();
    StringBuilder head = new StringBuilder(512);
    head.append(request.method).append(' ').append(request.path).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(authority()).append("\r\n");
    request.headers.forEach(
        (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (body.length() > 0) {
      head.append("Content-Length: ").append(body.length()).append("\r\n");
    } else if (body.length() < 0) {
      head.append("Transfer-Encoding: chunked\r\n");
    }
    head.append("\r\n");
    byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    if (body.length() == 0) {
      send(bytes, 0, bytes.length);
    } else {
      Pieces pieces = new Pieces(bytes, body.length() < 0);
      body.writeTo(pieces);
      pieces.finish();
    }
    deadline = System.nanoTime() + target.timeout().plus(request.quiet).toNanos();
  }

  private String authority() {
    String host = target.host().contains(":") ? "[" + target.host() + "]" : target.host();
    return host + ":" + target.port();
  }

  private void send(byte[] bytes, int from, int length) throws IOException {
    out.write(bytes, from, length);
    moves(length);
  }

  private void moves(int bytes) {
    long timeout = System.nanoTime() + target.timeout().toNanos();
    if (timeout - deadline > 0) {
      deadline = timeout;
    }
    moved.accept(bytes);
  }

  private <T> T answer(
      long ticket, Request request, Reader<T> reader, @Nullable IOException unwritten)
      throws IOException {
    turns.lock();
    try {
      while (answered != ticket && broken == null) {
        next.awaitUninterruptibly();
      }
      check();
    } finally {
      turns.unlock();
    }
    try {
      Answer answer = answers.next(request.method);
      if (unwritten != null && answer.status / 100 == 2) {
        throw unwritten;
      }
      T result = reader.read(answer);
      if (answer.body.read() >= 0) {
        throw new IOException("the hub's answer is longer than expected");
      }
      if (unwritten != null || answer.header("connection").equalsIgnoreCase("close")) {
        breakOff(new IOException("the hub closed the connection"));
      }
      return result;
    } catch (IOException e) {
      IOException cause = unwritten == null ? e : unwritten;
      breakOff(cause);
      throw cause;
    } catch (RuntimeException e) {
      breakOff(new IOException("an answer that was not read to its end", e));
      throw e;
    } finally {
      turns.lock();
      try {
        answered++;
        next.signalAll();
      } finally {
        turns.unlock();
      }
    }
  }

  private void breakOff(IOException problem) {
    turns.lock();
    try {
      if (broken == null) {
        broken = problem;
      }
      next.signalAll();
    } finally {
      turns.unlock();
    }
    try {
      raw.close();
    } catch (IOException e) {
      problem.addSuppressed(e);
    }
  }

  /// Breaks the connection off because nothing moves on it.
  void dropStalled() {
    breakOff(
        new IOException("nothing moved for %d seconds".formatted(target.timeout().toSeconds())));
  }

  @Override
  public void close() {
    breakOff(new IOException("the connection was closed"));
  }

  /// A request's body behind its head: joined to whole TLS records, in pieces where its length is
  /// not known.
  private final class Pieces extends OutputStream {
    private final boolean framed;
    private final byte[] buffer = new byte[BUFFER];
    private int filled;

    Pieces(byte[] head, boolean framed) {
      this.framed = framed;
      System.arraycopy(head, 0, buffer, 0, head.length);
      filled = head.length;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      if (framed) {
        put((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      }
      put(bytes, from, length);
      if (framed) {
        put(new byte[] {'\r', '\n'});
      }
    }

    private void put(byte[] bytes) throws IOException {
      put(bytes, 0, bytes.length);
    }

    private void put(byte[] bytes, int from, int length) throws IOException {
      int at = from;
      int left = length;
      while (left > 0) {
        int count = Math.min(left, buffer.length - filled);
        System.arraycopy(bytes, at, buffer, filled, count);
        filled += count;
        at += count;
        left -= count;
        if (filled == buffer.length) {
          flush();
        }
      }
    }

    @Override
    public void flush() throws IOException {
      send(buffer, 0, filled);
      filled = 0;
    }

    void finish() throws IOException {
      if (framed) {
        put("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      }
      flush();
    }
  }

  /// Notes that bytes come.
  private final class Watched extends FilterInputStream {
    Watched(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int count = super.read(into, from, length);
      if (count > 0) {
        moves(count);
      }
      return count;
    }
  }
}
