package org.dure.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// Attacks a hub until it is ended, as one of two: `HostilePeers HOST PORT` as strangers,
/// `HostilePeers HOST PORT KEY.pem CERTIFICATE.pem` as an admitted region that has said hello.
///
/// Strangers: ten thousand connections from forty addresses of the loopback network, 8,000 that
/// never say anything, 1,000 that begin a TLS greeting and stop, 1,000 behind a whole handshake
/// without a certificate, half of which begin a request and go on with a byte now and then. What
/// the hub closes is opened again, 500 connections a second in all, 50 of them with a handshake.
///
/// The region: 32 uploads of a byte a second, which the hub refuses in time, 32 of 600 bytes a
/// second, which it must bear, and 8 connections that send messages as fast as they are answered.
///
/// A line each second says how many are open, and what was answered.
public final class HostilePeers {
  private static final int SILENT = 8_000;
  private static final int BEGUN = 1_000;
  private static final int GREETED = 1_000;
  private static final int SLOW_UPLOADS = 64;
  private static final int UPLOAD_BYTES = 100_000;
  private static final int SLOW_PIECE = 600;
  private static final int HAMMERS = 8;
  private static final int ADDRESSES = 40;
  private static final int OPENED_AT_ONCE = 45;
  private static final int PAUSE_MILLIS = 100;
  private static final int GREETING_MILLIS = 20;
  private static final byte[] GREETING = {0x16, 0x03, 0x01, 0x01};
  private static final byte[] REQUEST =
      "POST /v1/enrolment HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\nX: "
          .getBytes(StandardCharsets.US_ASCII);

  private static final Pattern REASON = Pattern.compile("\"reason\":\"([A-Z_]+)\"");

  private final InetSocketAddress hub;
  private final SSLContext context;
  private final LongAdder greeted = new LongAdder();
  private final LongAdder slow = new LongAdder();
  private final LongAdder messages = new LongAdder();
  private final LongAdder opened = new LongAdder();
  private final LongAdder handshakes = new LongAdder();
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final Semaphore greetings = new Semaphore(0);

  private HostilePeers(InetSocketAddress hub, SSLContext context) {
    this.hub = hub;
    this.context = context;
  }

  /// @param arguments host, port, and for a region the PEM files of its key and certificate
  public static void main(String[] arguments) throws Exception {
    InetSocketAddress hub = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
    KeyStore store = nobody();
    if (arguments.length == 2) {
      new HostilePeers(hub, context(store)).strangers();
    } else {
      PrivateKey unused = enter(store, Path.of(arguments[2]), Path.of(arguments[3]));
      new HostilePeers(hub, context(store)).region();
    }
  }

  static KeyStore nobody() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  static PrivateKey enter(KeyStore store, Path key, Path certificate)
      throws GeneralSecurityException, IOException {
    byte[] der =
        Base64.getMimeDecoder().decode(Files.readString(key).replaceAll("-----[A-Z ]+-----", ""));
    PrivateKey secret =
        KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der));
    try (InputStream in = Files.newInputStream(certificate)) {
      Certificate own = CertificateFactory.getInstance("X.509").generateCertificate(in);
      store.setKeyEntry("region", secret, new char[0], new Certificate[] {own});
    }
    return secret;
  }

  static SSLContext context(KeyStore store) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), new TrustManager[] {new Trusting()}, new SecureRandom());
    return context;
  }

  /// Who attacks does not care whom.
  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private void region() throws InterruptedException {
    for (int i = 0; i < SLOW_UPLOADS; i++) {
      int index = i;
      again(() -> upload(index));
    }
    for (int i = 0; i < HAMMERS; i++) {
      again(this::hammer);
    }
    while (true) {
      Thread.sleep(1_000);
      System.out.printf(
          "region: %d slow uploads; %d messages answered in a second; answers so far: %s%n",
          slow.sum(), messages.sumThenReset(), answers);
    }
  }

  private void strangers() throws InterruptedException {
    Thread unused =
        Thread.startVirtualThread(
            () -> {
              while (true) {
                greetings.release(greetings.availablePermits() == 0 ? 1 : 0);
                pause(GREETING_MILLIS);
              }
            });
    for (int i = 0; i < GREETED; i++) {
      int index = i;
      again(() -> greet(index));
    }
    List<SocketChannel> silent = new ArrayList<>();
    long told = System.nanoTime();
    while (true) {
      silent.removeIf(HostilePeers::isOver);
      for (int i = 0; i < OPENED_AT_ONCE && silent.size() < SILENT + BEGUN; i++) {
        Optional<SocketChannel> channel = silent(silent.size() % 9 == 8);
        if (channel.isEmpty()) {
          break;
        }
        silent.add(channel.get());
      }
      if (System.nanoTime() - told > 1_000_000_000L) {
        told = System.nanoTime();
        System.out.printf(
            "strangers: opened %d so far, %d of them with a handshake; open now: %d, %d of them"
                + " greeted%n",
            opened.sum(), handshakes.sum(), silent.size() + greeted.sum(), greeted.sum());
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private interface Attempt {
    void run() throws Exception;
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
                  pause(PAUSE_MILLIS);
                }
              }
            });
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<SocketChannel> silent(boolean begins) {
    try {
      SocketChannel channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(new InetSocketAddress(address((int) opened.sum()), 0));
      channel.connect(hub);
      channel.configureBlocking(false);
      opened.increment();
      if (begins) {
        int unused = channel.write(ByteBuffer.wrap(GREETING));
      }
      return Optional.of(channel);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static InetAddress address(int index) throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 1, (byte) (1 + index % ADDRESSES)});
  }

  private static boolean isOver(SocketChannel channel) {
    try {
      if (channel.read(ByteBuffer.allocate(16)) >= 0) {
        return false;
      }
      channel.close();
      return true;
    } catch (IOException e) {
      return true;
    }
  }

  private SSLSocket connect(int index) throws IOException {
    Socket socket = new Socket();
    try {
      socket.bind(new InetSocketAddress(address(index), 0));
      socket.connect(hub, 5_000);
      opened.increment();
      SSLSocket tls =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(socket, hub.getHostString(), hub.getPort(), true);
      tls.startHandshake();
      return tls;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void greet(int index) throws Exception {
    greetings.acquire();
    try (SSLSocket socket = connect(index)) {
      handshakes.increment();
      greeted.increment();
      try {
        if (index % 2 == 0) {
          int unused = socket.getInputStream().read();
          return;
        }
        OutputStream out = socket.getOutputStream();
        out.write(REQUEST);
        while (true) {
          out.write('x');
          out.flush();
          pause(2_000);
        }
      } finally {
        greeted.decrement();
      }
    }
  }

  private void upload(int index) throws IOException {
    byte[] piece = new byte[index % 2 == 0 ? 1 : SLOW_PIECE];
    try (SSLSocket socket = connect(index)) {
      AtomicBoolean over = new AtomicBoolean();
      Thread unused = Thread.startVirtualThread(() -> hear(socket, over));
      OutputStream out = socket.getOutputStream();
      out.write(
          ("PUT /v1/chunks/%064x HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\n"
                  + "Content-Length: %d\r\n\r\n")
              .formatted(index, UPLOAD_BYTES)
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      pause(1_000);
      boolean up = !over.get();
      slow.add(up ? 1 : 0);
      try {
        for (int sent = 0; !over.get() && sent + piece.length < UPLOAD_BYTES; ) {
          out.write(piece);
          out.flush();
          sent += piece.length;
          pause(1_000);
        }
      } finally {
        slow.add(up ? -1 : 0);
      }
    }
  }

  /// Waits for the answer to an upload, which is its end.
  private void hear(SSLSocket socket, AtomicBoolean over) {
    byte[] answer = new byte[4096];
    try {
      int count = socket.getInputStream().read(answer);
      answered(answer, count);
    } catch (IOException e) {
      answers.computeIfAbsent("broken off", key -> new LongAdder()).increment();
    } finally {
      over.set(true);
    }
  }

  private void answered(byte[] answer, int count) {
    String text = new String(answer, 0, Math.max(0, count), StandardCharsets.US_ASCII);
    Matcher reason = REASON.matcher(text);
    String key = count < 0 ? "closed" : reason.find() ? reason.group(1) : text.substring(0, 12);
    answers.computeIfAbsent(key, name -> new LongAdder()).increment();
  }

  private void hammer() throws IOException {
    byte[] request =
        ("POST /v1/messages HTTP/1.1\r\nHost: hub\r\nDure-Signature: AAAA\r\n"
                + "Content-Length: 2\r\n\r\n{}")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] answer = new byte[4096];
    try (SSLSocket socket = connect(1)) {
      while (true) {
        socket.getOutputStream().write(request);
        socket.getOutputStream().flush();
        int count = socket.getInputStream().read(answer);
        answered(answer, count);
        if (count < 0) {
          return;
        }
        messages.increment();
      }
    }
  }
}
