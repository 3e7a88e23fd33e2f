package org.dure.federation.log;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A line to a database on which answers get lost: the server does what it is asked, then the line
/// breaks.
final class AnswerThief implements AutoCloseable {
  /// Texts of requests whose answers are still to be lost, one after the other.
  final Queue<String> losses = new ConcurrentLinkedQueue<>();

  private final int server;
  private final ServerSocket listener;

  AnswerThief(int server) {
    this.server = server;
    try {
      this.listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread unused = Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Thread unused = Thread.ofVirtual().start(() -> carry(client));
      }
    } catch (IOException e) {
      // Closed.
      return;
    }
  }

  private void carry(Socket client) {
    try (client;
        Socket database = new Socket(InetAddress.getLoopbackAddress(), server)) {
      Thread back = Thread.ofVirtual().start(() -> copy(database, client));
      InputStream in = client.getInputStream();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        String request = new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
        String next = losses.peek();
        if (next != null && request.contains(next)) {
          losses.remove();
          client.shutdownOutput();
          database.getOutputStream().write(buffer, 0, n);
          back.join();
          return;
        }
        database.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The line has broken.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends when the answer could not be handed on.
  private static void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        to.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The line has broken.
      return;
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
