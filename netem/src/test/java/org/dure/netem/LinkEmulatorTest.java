package org.dure.netem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The links themselves, seen with nothing but Java's sockets.
class LinkEmulatorTest {
  private static final int PORT = 7_000;

  /// Not before all: Surefire would report nothing of tests that are skipped as a class.
  @BeforeEach
  void whereTheKernelLetsUs() {
    Assumptions.assumeTrue(Namespace.missing().isEmpty(), () -> "needs " + Namespace.missing());
  }

  private static WideAreaNetwork network(LinkShape shape) {
    LinkedHashMap<String, LinkShape> shapes = new LinkedHashMap<>();
    shapes.put("ko", shape);
    return new WideAreaNetwork(shapes, "cubic", 7);
  }

  private static LinkShape shape(double roundTrip, double megabits, double loss) {
    return new LinkShape(roundTrip, 0, megabits, loss, 0, 1_000_000, List.of());
  }

  @Test
  void aPacketTakesTheRoundTripThatTheShapeSays() throws Exception {
    try (WideAreaNetwork network = network(shape(80, 100, 0))) {
      double[] millis = pings(network, 21);
      Arrays.sort(millis);
      assertThat(millis[0]).isGreaterThanOrEqualTo(80);
      assertThat(millis[10]).isCloseTo(80, within(20.0));
    }
  }

  @Test
  void theShareOfLostPacketsIsTheShapesInBothDirections() throws Exception {
    try (WideAreaNetwork network = network(shape(2, 100, 0.1))) {
      int sent = 3_000;
      int back = echoes(network, sent);
      assertThat((double) back / sent).isCloseTo(0.9 * 0.9, within(0.03));
      LinkEmulator.Carried there = network.emulator("ko").there();
      assertThat(there.lost() + there.packets()).isGreaterThanOrEqualTo(sent);
      assertThat((double) there.lost() / sent).isCloseTo(0.1, within(0.03));
    }
  }

  @Test
  void oneStreamNeverGetsMoreThanTheLinkCarries() throws Exception {
    try (WideAreaNetwork network = network(shape(20, 50, 0))) {
      double megabits = throughput(network, 8_000_000);
      System.out.printf("one stream over 50 Mbit/s and 20 ms: %.1f Mbit/s%n", megabits);
      assertThat(megabits).isLessThan(50).isGreaterThan(20);
      WideAreaNetwork.Counted counted = network.counted("ko");
      assertThat(counted.out()).isGreaterThan(8_000_000).isLessThan(9_000_000);
    }
  }

  @Test
  void aLinkCostsASmallPartOfACoreAtFullRate() throws Exception {
    try (WideAreaNetwork network = network(shape(20, 200, 0))) {
      double before = network.emulator("ko").processorSeconds();
      double megabits = throughput(network, 50_000_000);
      double processor = network.emulator("ko").processorSeconds() - before;
      double lineSeconds = 50_000_000 * 8 / 200e6;
      System.out.printf(
          "200 Mbit/s and 20 ms: one stream %.0f Mbit/s, the link costs %.2f of a core at full"
              + " rate%n",
          megabits, processor / lineSeconds);
      assertThat(processor).isLessThan(lineSeconds);
    }
  }

  @Test
  void nothingPassesWhileTheLinkIsCut() throws Exception {
    Duration second = Duration.ofSeconds(1);
    LinkShape always =
        shape(1, 100, 0).with(List.of(new LinkShape.Cut(second, second, Duration.ZERO)));
    try (WideAreaNetwork network = network(always)) {
      network.emulator("ko").startCuts();
      assertThat(echoes(network, 50)).isZero();
      assertThat(network.emulator("ko").there().cut()).isGreaterThanOrEqualTo(50);
    }
  }

  @Test
  void aCutLastsItsShareOfThePeriod() {
    LinkShape.Cut cut =
        new LinkShape.Cut(Duration.ofSeconds(30), Duration.ofSeconds(90), Duration.ZERO);
    long second = 1_000_000_000L;
    assertThat(cut.isDown(59 * second)).isFalse();
    assertThat(cut.isDown(61 * second)).isTrue();
    assertThat(cut.isDown(89 * second)).isTrue();
    assertThat(cut.isDown(91 * second)).isFalse();
  }

  @Test
  void jitterKeepsTheOrderAndReorderingDoesNot() throws Exception {
    LinkShape swinging = new LinkShape(40, 30, 100, 0, 0, 1_000_000, List.of());
    try (WideAreaNetwork network = network(swinging)) {
      assertThat(overtaken(network)).isZero();
    }
    LinkShape mixed = new LinkShape(40, 0, 100, 0, 0.05, 1_000_000, List.of());
    try (WideAreaNetwork network = network(mixed)) {
      assertThat(overtaken(network)).isPositive();
    }
  }

  @Test
  void whatADeadLabLeftBehindIsSweptAway() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    String name = "dure-%d-hub".formatted(dead.pid());
    new ProcessBuilder("ip", "netns", "add", name).start().waitFor();
    try (WideAreaNetwork network = network(shape(1, 100, 0))) {
      assertThat(Path.of("/run/netns", name)).doesNotExist();
      assertThat(Path.of(network.hub().path())).exists();
    }
  }

  /// Round trips of single packets, in milliseconds.
  private static double[] pings(WideAreaNetwork network, int count) throws Exception {
    DatagramSocket echo = echo(network);
    try (echo) {
      return network
          .region("ko")
          .call(
              () -> {
                double[] millis = new double[count];
                try (DatagramSocket socket = new DatagramSocket()) {
                  for (int i = 0; i < count; i++) {
                    long sent = System.nanoTime();
                    socket.send(packet(i));
                    socket.receive(new DatagramPacket(new byte[64], 64));
                    millis[i] = (System.nanoTime() - sent) / 1e6;
                  }
                }
                return millis;
              });
    }
  }

  /// How many of `count` packets come back.
  private static int echoes(WideAreaNetwork network, int count) throws Exception {
    try (DatagramSocket echo = echo(network)) {
      return network
          .region("ko")
          .call(
              () -> {
                int back = 0;
                try (DatagramSocket socket = new DatagramSocket()) {
                  socket.setSoTimeout(500);
                  socket.setReceiveBufferSize(4 << 20);
                  for (int i = 0; i < count; i++) {
                    socket.send(packet(i));
                    if (i % 20 == 19) {
                      Thread.sleep(2);
                    }
                  }
                  while (true) {
                    socket.receive(new DatagramPacket(new byte[64], 64));
                    back++;
                  }
                } catch (SocketTimeoutException e) {
                  return back;
                }
              });
    }
  }

  /// How many of 1,000 packets arrive after one that was sent later.
  private static int overtaken(WideAreaNetwork network) throws Exception {
    DatagramSocket sink =
        network
            .hub()
            .call(() -> new DatagramSocket(new InetSocketAddress(WideAreaNetwork.HUB, PORT)));
    try (sink) {
      sink.setSoTimeout(500);
      FutureTask<Integer> counting = new FutureTask<>(() -> countOvertaken(sink));
      Thread.ofPlatform().start(counting);
      var unused =
          network
              .region("ko")
              .call(
                  () -> {
                    try (DatagramSocket socket = new DatagramSocket()) {
                      for (int i = 0; i < 1_000; i++) {
                        socket.send(packet(i));
                        if (i % 5 == 0) {
                          Thread.sleep(1);
                        }
                      }
                    }
                    return 0;
                  });
      return counting.get();
    }
  }

  private static int countOvertaken(DatagramSocket sink) throws Exception {
    int overtaken = 0;
    int highest = -1;
    DatagramPacket packet = new DatagramPacket(new byte[64], 64);
    try {
      while (true) {
        sink.receive(packet);
        int number = ByteBuffer.wrap(packet.getData()).getInt();
        overtaken += number < highest ? 1 : 0;
        highest = Math.max(highest, number);
      }
    } catch (SocketTimeoutException e) {
      return overtaken;
    }
  }

  private static DatagramPacket packet(int number) {
    byte[] bytes = ByteBuffer.allocate(64).putInt(number).array();
    return new DatagramPacket(bytes, 64, new InetSocketAddress(WideAreaNetwork.HUB, PORT));
  }

  private static DatagramSocket echo(WideAreaNetwork network) throws Exception {
    DatagramSocket socket =
        network
            .hub()
            .call(() -> new DatagramSocket(new InetSocketAddress(WideAreaNetwork.HUB, PORT)));
    socket.setReceiveBufferSize(4 << 20);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              DatagramPacket packet = new DatagramPacket(new byte[64], 64);
              try {
                while (true) {
                  socket.receive(packet);
                  socket.send(packet);
                }
              } catch (IOException e) {
                // Closed: the test is over.
                return;
              }
            });
    return socket;
  }

  /// Mbit/s of one TCP stream from the region to the hub.
  private static double throughput(WideAreaNetwork network, int bytes) throws Exception {
    ServerSocket server =
        network
            .hub()
            .call(
                () ->
                    new ServerSocket(
                        PORT, 5, new InetSocketAddress(WideAreaNetwork.HUB, PORT).getAddress()));
    try (server) {
      FutureTask<Long> arrival =
          new FutureTask<>(
              () -> {
                try (Socket socket = server.accept();
                    InputStream in = socket.getInputStream()) {
                  in.readNBytes(1);
                  long started = System.nanoTime();
                  byte[] buffer = new byte[1 << 16];
                  while (in.read(buffer) >= 0) {
                    continue;
                  }
                  return System.nanoTime() - started;
                }
              });
      Thread.ofPlatform().start(arrival);
      var unused =
          network
              .region("ko")
              .call(
                  () -> {
                    try (Socket socket = new Socket(WideAreaNetwork.HUB, PORT);
                        OutputStream out = socket.getOutputStream()) {
                      byte[] block = new byte[100_000];
                      for (int i = 0; i < bytes / block.length; i++) {
                        out.write(block);
                      }
                    }
                    return 0;
                  });
      return bytes * 8e3 / arrival.get();
    }
  }
}
