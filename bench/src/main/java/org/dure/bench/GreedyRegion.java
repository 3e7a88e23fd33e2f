package org.dure.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// An admitted region that takes all it gets of a hub, until it is ended: `GreedyRegion HOST PORT
/// KEY.pem CERTIFICATE.pem NAME`.
///
/// 32 lists that are sent but for their last byte, 16 chunks the same, 16 connections that ask for
/// weights and do not read them, 4 that say hello with another export log each time, 4 that offer
/// lists of fragments that the hub lacks. A line each second says what was answered.
public final class GreedyRegion {
  private static final int HALF_LISTS = 32;
  private static final int HALF_CHUNKS = 16;
  private static final int SLOW_READERS = 16;
  private static final int HELLOS = 4;
  private static final int LISTS = 4;
  private static final int ASKED_AHEAD = 40;
  private static final int FRAGMENTS = 16;
  private static final int PAUSE_MILLIS = 200;
  private static final String HOST = " HTTP/1.1\r\nHost: hub\r\n";

  private interface Attempt {
    void run() throws Exception;
  }

  private final InetSocketAddress hub;
  private final SSLContext context;
  private final PrivateKey key;
  private final String region;
  private final AtomicLong number = new AtomicLong();
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();

  private GreedyRegion(InetSocketAddress hub, SSLContext context, PrivateKey key, String region) {
    this.hub = hub;
    this.context = context;
    this.key = key;
    this.region = region;
  }

  /// @param arguments host, port, PEM files of key and certificate, name of the region
  public static void main(String[] arguments) throws Exception {
    KeyStore store = HostilePeers.nobody();
    PrivateKey key = HostilePeers.enter(store, Path.of(arguments[2]), Path.of(arguments[3]));
    new GreedyRegion(
            new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])),
            HostilePeers.context(store),
            key,
            arguments[4])
        .run();
  }

  private void run() throws Exception {
    String state = patiently(request("GET /v1/state", "", ""));
    String weights = field(state, "weights");
    String study = field(state, "study");
    String layout = field(state, "layout");
    for (int i = 0; i < HALF_LISTS; i++) {
      int length = i % 2 == 0 ? 5_000 : 1 << 20;
      again(() -> half("POST /v1/lists", length));
    }
    for (int i = 0; i < HALF_CHUNKS; i++) {
      again(() -> half("PUT /v1/chunks/%064x".formatted(number.incrementAndGet()), 200_000));
    }
    for (int i = 0; i < SLOW_READERS; i++) {
      again(() -> slow(weights));
    }
    for (int i = 0; i < HELLOS; i++) {
      again(() -> hello(study, layout));
    }
    for (int i = 0; i < LISTS; i++) {
      again(this::list);
    }
    while (true) {
      Thread.sleep(1_000);
      System.out.printf("greedy: answers so far: %s%n", answers);
    }
  }

  private static String field(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\":\"([0-9a-f]{64})\"").matcher(json);
    if (!found.find()) {
      throw new IllegalStateException("no " + name + " in " + json);
    }
    return found.group(1);
  }

  private static void again(Attempt attempt) {
    Thread unused =
        Thread.startVirtualThread(
            () -> {
              while (true) {
                try {
                  attempt.run();
                } catch (Exception e) {
                  // The hub defends itself: on with the next.
                }
                pause();
              }
            });
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SSLSocket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(8 << 10);
    socket.connect(hub, 5_000);
    return (SSLSocket)
        context.getSocketFactory().createSocket(socket, hub.getHostString(), hub.getPort(), true);
  }

  private static byte[] request(String line, String headers, String body) {
    return (line + HOST + headers + "Content-Length: " + body.length() + "\r\n\r\n" + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void count(String answer) {
    Matcher reason = Pattern.compile("\"reason\":\"([A-Z_]+)\"").matcher(answer);
    String what =
        reason.find() ? reason.group(1) : answer.length() < 12 ? "closed" : answer.substring(9, 12);
    answers.computeIfAbsent(what, name -> new LongAdder()).increment();
  }

  private static String answer(InputStream in) throws IOException {
    byte[] bytes = new byte[1 << 16];
    int length = Math.max(0, in.read(bytes));
    return new String(bytes, 0, length, StandardCharsets.US_ASCII);
  }

  /// As often as it takes: the crowd is there first, and what is not greeted yet may be closed.
  private String patiently(byte[] request) {
    while (true) {
      try {
        return exchange(request);
      } catch (IOException e) {
        pause();
      }
    }
  }

  private String exchange(byte[] request) throws IOException {
    try (SSLSocket socket = connect()) {
      socket.getOutputStream().write(request);
      return answer(socket.getInputStream()) + answer(socket.getInputStream());
    }
  }

  private void half(String line, int length) throws IOException {
    try (SSLSocket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          (line + HOST + "Dure-Kind: delta\r\nContent-Length: " + length + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(new byte[length - 1]);
      out.flush();
      count(answer(socket.getInputStream()));
    }
  }

  private void slow(String chunk) throws IOException, InterruptedException {
    try (SSLSocket socket = connect()) {
      byte[] one = request("GET /v1/chunks/" + chunk, "", "");
      for (int i = 0; i < ASKED_AHEAD; i++) {
        socket.getOutputStream().write(one);
      }
      socket.getOutputStream().flush();
      Thread.sleep(30_000);
    }
  }

  private void hello(String study, String layout) throws Exception {
    try (SSLSocket socket = connect()) {
      while (true) {
        String head = "%064x".formatted(number.incrementAndGet());
        String hello =
            ("{\"kind\":\"hello\",\"protocol\":3,\"study\":\"%s\",\"region\":\"%s\","
                    + "\"sequence\":0,\"round\":0,\"layout\":\"%s\",\"last\":0,\"number\":0,"
                    + "\"head\":\"%s\",\"proof\":\"\",\"newest\":0,\"delta\":\"\",\"exports\":1,"
                    + "\"exportsHead\":\"%s\",\"common\":\"\"}")
                .formatted(study, region, layout, "0".repeat(64), head);
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(hello.getBytes(StandardCharsets.US_ASCII));
        String signed = Base64.getEncoder().encodeToString(signature.sign());
        socket
            .getOutputStream()
            .write(request("POST /v1/messages", "Dure-Signature: " + signed + "\r\n", hello));
        socket.getOutputStream().flush();
        String said = answer(socket.getInputStream());
        count(said);
        if (said.isEmpty()) {
          return;
        }
      }
    }
  }

  private void list() throws IOException {
    try (SSLSocket socket = connect()) {
      while (true) {
        long from = number.addAndGet(FRAGMENTS);
        String names =
            IntStream.range(0, FRAGMENTS)
                .mapToObj(i -> "\"%064x\"".formatted(from + i))
                .collect(Collectors.joining(","));
        String list =
            "{\"encoding\":\"bytes\",\"layout\":\"\",\"bytes\":%d,\"fragmentBytes\":4,\"fragments\":[%s]}"
                .formatted(4 * FRAGMENTS, names);
        socket.getOutputStream().write(request("POST /v1/lists", "Dure-Kind: delta\r\n", list));
        socket.getOutputStream().flush();
        String said = answer(socket.getInputStream());
        count(said);
        if (said.isEmpty()) {
          return;
        }
      }
    }
  }
}
