package org.dure.netem;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.Failures;

/// How long one bare TCP stream takes over the lab's links: what a round is compared with.
///
/// Every region fetches the bytes from the hub, all at the same time, then sends as many; no
/// encryption, no protocol, no disk. Where that would last longer than [#MOST_SECONDS] a way, what
/// crossed by then is taken for the rate of the rest.
public final class PlainTcp {
  /// One way.
  static final int MOST_SECONDS = 20;

  private static final int PORT = 9_000;
  private static final int BLOCK = 1 << 16;

  private PlainTcp() {}

  /// Seconds for `bytes` there and back, of the slowest region each way.
  public static double seconds(WideAreaNetwork network, List<String> regions, long bytes)
      throws InterruptedException {
    return slowest(network, regions, bytes, true) + slowest(network, regions, bytes, false);
  }

  private static double slowest(
      WideAreaNetwork network, List<String> regions, long bytes, boolean toRegion)
      throws InterruptedException {
    List<FutureTask<Double>> tasks = new ArrayList<>();
    List<ServerSocket> servers = new ArrayList<>();
    try {
      for (int i = 0; i < regions.size(); i++) {
        int port = PORT + i;
        ServerSocket server =
            network
                .hub()
                .call(() -> new ServerSocket(port, 1, InetAddress.getByName(WideAreaNetwork.HUB)));
        servers.add(server);
        // The region's side tells what arrived.
        var unused =
            BackgroundTask.once(
                "plain tcp", () -> serve(server, bytes, toRegion), failure -> closeQuietly(server));
        tasks.add(network.region(regions.get(i)).start(() -> measure(port, bytes, toRegion)));
      }
      double slowest = 0;
      for (FutureTask<Double> task : tasks) {
        slowest = Math.max(slowest, task.get());
      }
      return slowest;
    } catch (ExecutionException e) {
      throw Failures.of(e);
    } finally {
      servers.forEach(PlainTcp::closeQuietly);
    }
  }

  private static void closeQuietly(ServerSocket server) {
    try {
      server.close();
    } catch (IOException e) {
      // It goes with its namespace.
      return;
    }
  }

  private static void serve(ServerSocket server, long bytes, boolean toRegion) {
    try (Socket socket = server.accept()) {
      if (toRegion) {
        var unused = send(socket.getOutputStream(), bytes);
        socket.shutdownOutput();
        var end = socket.getInputStream().read();
      } else {
        var unused = receive(socket, bytes);
        socket.getOutputStream().write(1);
      }
    } catch (IOException e) {
      // The region's side tells what arrived.
      return;
    }
  }

  private static double measure(int port, long bytes, boolean toRegion) {
    long started = System.nanoTime();
    try (Socket socket = new Socket(WideAreaNetwork.HUB, port)) {
      long moved;
      if (toRegion) {
        moved = receive(socket, bytes);
      } else {
        moved = send(socket.getOutputStream(), bytes);
        socket.shutdownOutput();
        var arrived = socket.getInputStream().read();
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      if (moved == 0) {
        throw new IOException("nothing crossed in %d seconds".formatted(MOST_SECONDS));
      }
      return seconds * bytes / moved;
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.LAB_UNAVAILABLE, "plain TCP failed over a link of the lab: " + e, e);
    }
  }

  private static long send(OutputStream out, long bytes) throws IOException {
    byte[] block = new byte[BLOCK];
    long end = System.nanoTime() + MOST_SECONDS * 1_000_000_000L;
    long sent = 0;
    while (sent < bytes && System.nanoTime() < end) {
      int count = (int) Math.min(BLOCK, bytes - sent);
      out.write(block, 0, count);
      sent += count;
    }
    out.flush();
    return sent;
  }

  private static long receive(Socket socket, long bytes) throws IOException {
    byte[] block = new byte[BLOCK];
    socket.setSoTimeout(1_000 * MOST_SECONDS);
    InputStream in = socket.getInputStream();
    long received = 0;
    try {
      while (received < bytes) {
        int count = in.read(block);
        if (count < 0) {
          break;
        }
        received += count;
      }
    } catch (SocketTimeoutException e) {
      return received;
    }
    return received;
  }
}
