package org.dure.serving;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Server-sent events between a model that writes and a client that reads: a client that is slower
/// holds up nobody, and is dropped when more waits for it than [#MOST] bytes. Thread-safe, for one
/// writer and one reader.
final class EventBuffer {
  /// Bytes that wait for the client.
  static final int MOST = 256 << 10;

  private final Deque<byte[]> events = new ArrayDeque<>();
  private final Runnable drop;
  private int bytes;
  private boolean begun;
  private boolean ended;
  private boolean gone;

  /// @param drop ends the connection of a client that is too slow
  EventBuffer(Runnable drop) {
    this.drop = drop;
  }

  /// Hands over the data of an event, without waiting.
  ///
  /// @throws Departure.ClientGone if nobody reads any more, or too slowly
  void add(String data) {
    byte[] event = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    synchronized (this) {
      if (gone) {
        throw new Departure.ClientGone();
      }
      // One event alone may be larger.
      if (bytes == 0 || bytes + event.length <= MOST) {
        events.add(event);
        bytes += event.length;
        begun = true;
        notifyAll();
        return;
      }
      gone = true;
      notifyAll();
    }
    drop.run();
    throw new Departure.ClientGone();
  }

  /// Whether there was an event.
  synchronized boolean hasBegun() {
    return begun;
  }

  /// Nothing more follows.
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /// Waits for the first event or the end.
  ///
  /// @return whether there is an event
  synchronized boolean begins() throws InterruptedException {
    while (events.isEmpty() && !ended && !gone) {
      wait();
    }
    return !events.isEmpty();
  }

  /// Sends the events as they come, each at once, until the end.
  void sendTo(OutputStream out) throws InterruptedException {
    for (byte[] event = next(); event != null; event = next()) {
      try {
        out.write(event);
        out.flush();
      } catch (IOException e) {
        leave();
        throw new Departure.ClientGone();
      }
      sent(event.length);
    }
  }

  private synchronized byte @Nullable [] next() throws InterruptedException {
    while (events.isEmpty() && !ended && !gone) {
      wait();
    }
    if (gone) {
      throw new Departure.ClientGone();
    }
    return events.poll();
  }

  private synchronized void sent(int length) {
    bytes -= length;
  }

  /// Nobody reads any more.
  synchronized void leave() {
    gone = true;
    notifyAll();
  }
}
