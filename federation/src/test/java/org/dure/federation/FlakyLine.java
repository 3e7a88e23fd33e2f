package org.dure.federation;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// A bad line to a hub on loopback: connections are cut, fall silent or crawl, after numbers of
/// bytes that a seed decides.
public final class FlakyLine implements AutoCloseable {
  private enum Fate {
    CUT,
    SILENCE,
    CRAWL,
    GOOD
  }

  private final ServerSocket server;
  private final int hub;
  private final SplittableRandom random;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  public final AtomicLong up = new AtomicLong();
  public final AtomicLong down = new AtomicLong();
  public final AtomicLong troubles = new AtomicLong();

  /// Troubles that are still to come; then the line is good.
  private final AtomicLong left;

  public FlakyLine(int hub, SplittableRandom random, int troubles) throws IOException {
    this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    this.hub = hub;
    this.random = random;
    this.left = new AtomicLong(troubles);
    Thread.ofVirtual().name("line").start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket region = server.accept();
        Socket onward = new Socket(InetAddress.getLoopbackAddress(), hub);
        sockets.add(region);
        sockets.add(onward);
        Fate fate = left.getAndDecrement() > 0 ? fate() : Fate.GOOD;
        long until = 4_000 + Math.abs(next() % 900_000);
        AtomicLong passed = new AtomicLong();
        Thread.ofVirtual().start(() -> pass(region, onward, up, passed, fate, until));
        Thread.ofVirtual().start(() -> pass(onward, region, down, passed, fate, until));
      }
    } catch (IOException e) {
      // The line was closed, or the hub is gone: whoever connects next hears it.
      if (!server.isClosed()) {
        accept();
      }
    }
  }

  private synchronized long next() {
    return random.nextLong() >> 1;
  }

  private Fate fate() {
    return Fate.values()[(int) Math.floorMod(next(), 4)];
  }

  private void pass(
      Socket from, Socket to, AtomicLong count, AtomicLong passed, Fate fate, long until) {
    byte[] buffer = new byte[8_192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        count.addAndGet(n);
        if (passed.addAndGet(n) > until && fate != Fate.GOOD) {
          troubles.incrementAndGet();
          switch (fate) {
            case CUT -> {
              return;
            }
            case SILENCE -> Thread.sleep(20_000);
            case CRAWL -> Thread.sleep(8);
            case GOOD -> throw new AssertionError();
          }
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException | InterruptedException e) {
      return;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
