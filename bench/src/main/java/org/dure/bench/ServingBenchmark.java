package org.dure.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.dure.core.LanguageModel;
import org.dure.serving.ModelServer;
import org.dure.serving.ServedModel;
import org.dure.serving.ServingLimits;

/// What a crowd costs an honest client of `dure serve`: `ServingBenchmark [SECONDS]`. A model whose
/// step takes 2 ms of sleep, so that the server's fairness is measured and not this machine's
/// processors; one client at 127.0.0.1 that asks for 20 tokens again and again; a crowd at
/// 127.0.0.2. Prints answers a second alone, beside 200 half-sent bodies, beside 100 clients that
/// do not read, and beside 82 long requests at a time, of which the fair share is half of the
/// turns.
public final class ServingBenchmark {
  private static final int STEP_MILLIS = 2;
  private static final int TOKENS = 20;
  private static final int HALF = 200;
  private static final int UNREAD = 100;
  private static final int LONG = 82;
  private static final int SECONDS = 10;

  /// Who is turned away comes again so soon.
  private static final int AGAIN_MILLIS = 1_000;

  private static final byte[] BODY = new byte[64 << 10];

  private ServingBenchmark() {}

  /// Says `a` for ever.
  private record Slow() implements LanguageModel {
    @Override
    public String name() {
      return "slow";
    }

    @Override
    public String language() {
      return "en";
    }

    @Override
    public int contextLength() {
      return 1_024;
    }

    @Override
    public int vocabularySize() {
      return 258;
    }

    @Override
    public int[] encode(String text) {
      return text.chars().map(letter -> letter & 0xff).limit(contextLength()).toArray();
    }

    @Override
    public byte[] bytes(int token) {
      return token < 256 ? new byte[] {(byte) token} : new byte[0];
    }

    @Override
    public int beginToken() {
      return 256;
    }

    @Override
    public int endToken() {
      return 257;
    }

    @Override
    public float[][] logits(int[] tokens) {
      throw new UnsupportedOperationException();
    }

    @Override
    public float[][] logProbabilities(int[][] sequences) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Decoder decoder() {
      return new Decoder() {
        private int length;

        @Override
        public float[] next(int... tokens) {
          pause(STEP_MILLIS);
          length += tokens.length;
          float[] logits = new float[vocabularySize()];
          logits['a'] = 30;
          return logits;
        }

        @Override
        public int length() {
          return length;
        }

        @Override
        public void close() {
          // Nothing to give back.
        }
      };
    }

    @Override
    public void close() {
      // Nothing to give back.
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @param arguments seconds that each part is measured
  public static void main(String[] arguments) throws Exception {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : SECONDS;
    try (ModelServer server =
        ModelServer.start(
            List.of(ServedModel.of(new Slow())), ModelServer.LOOPBACK, 0, ServingLimits.DEFAULT)) {
      int port = server.port();
      double warm = answers(port, seconds);
      double alone = answers(port, seconds);
      System.out.printf("serve, alone: %.1f answers a second (%.1f at first)%n", alone, warm);
      say("200 half-sent bodies", beside(port, seconds, HALF, ServingBenchmark::half), alone);
      say(
          "100 that do not read, fair share 0.50",
          beside(port, seconds, UNREAD, ServingBenchmark::unread),
          alone);
      say(
          "82 long requests, fair share 0.50",
          beside(port, seconds, LONG, ServingBenchmark::longOne),
          alone);
    }
    System.exit(0);
  }

  private static void say(String crowd, double found, double alone) {
    System.out.printf("serve, beside %s: %.1f, %.2f of alone%n", crowd, found, found / alone);
  }

  private interface Attack {
    void run(Socket socket) throws IOException;
  }

  private static double beside(int port, int seconds, int crowd, Attack attack) {
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < crowd; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                while (!over.get()) {
                  try (Socket socket = connect(port, 2)) {
                    attack.run(socket);
                  } catch (IOException e) {
                    // It was turned away: again.
                  }
                  pause(AGAIN_MILLIS);
                }
              }));
    }
    pause(3_000);
    double found = answers(port, seconds);
    over.set(true);
    threads.forEach(Thread::interrupt);
    pause(2_000);
    return found;
  }

  private static Socket connect(int port, int last) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(8 << 10);
    socket.bind(
        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 0));
    socket.connect(new InetSocketAddress(ModelServer.LOOPBACK, port));
    return socket;
  }

  private static byte[] request(String body, int announced) {
    return ("POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(announced, body))
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static String body(int tokens, String more) {
    return "{\"model\":\"slow\",\"prompt\":\"a\",\"max_tokens\":%d%s}".formatted(tokens, more);
  }

  private static void half(Socket socket) throws IOException {
    socket.getOutputStream().write(request("", 2 << 20));
    socket.getOutputStream().write(BODY);
    int unused = socket.getInputStream().read();
  }

  private static void unread(Socket socket) throws IOException {
    String body = body(1_000, ",\"n\":20,\"logprobs\":5,\"stream\":true");
    socket.getOutputStream().write(request(body, body.length()));
    pause(60_000);
  }

  private static void longOne(Socket socket) throws IOException {
    String body = body(1_000, "");
    socket.getOutputStream().write(request(body, body.length()));
    socket.getInputStream().transferTo(OutputStream.nullOutputStream());
  }

  /// Whole answers a second of the honest client.
  private static double answers(int port, int seconds) {
    LongAdder answers = new LongAdder();
    long begun = System.nanoTime();
    long end = begun + Duration.ofSeconds(seconds).toNanos();
    String body = body(TOKENS, "");
    while (System.nanoTime() < end) {
      try (Socket socket = connect(port, 1)) {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(request(body, body.length()));
        if (hasAnswer(socket.getInputStream())) {
          answers.increment();
        }
      } catch (IOException e) {
        // It does not count.
      }
    }
    return answers.sum() / ((System.nanoTime() - begun) / 1e9);
  }

  private static boolean hasAnswer(InputStream in) throws IOException {
    StringBuilder read = new StringBuilder();
    byte[] piece = new byte[4_096];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      read.append(new String(piece, 0, n, StandardCharsets.US_ASCII));
      if (read.indexOf("total_tokens") >= 0) {
        return true;
      }
    }
    return false;
  }
}
