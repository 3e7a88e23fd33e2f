package org.dure.federation.client;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.DataFormatException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.protocol.Wire;
import org.dure.federation.wire.BytePlanes;
import org.dure.federation.wire.Landing;
import org.dure.federation.wire.TlsIdentity;

/// A [HubLink] over HTTPS: as many connections as the link's length asks for, each with the next
/// request on it before the last answer is in.
///
/// There is no limit on a request's total time. A connection on which nothing moves for
/// [Connections#PATIENCE] is dropped, and what it carried goes on at the byte where it was, on
/// another.
public final class HttpHubLink implements HubLink {
  private static final int MOST_ANSWER = 1 << 20;

  /// How long the hub may say nothing while it counts and merges.
  private static final Duration COUNTING = Duration.ofSeconds(50);

  /// What the socket's buffer still holds may take so long after the last byte went into it.
  private static final Duration DRAINING = Duration.ofSeconds(5);

  /// Attempts without a byte of progress.
  private static final int ATTEMPTS = 3;

  private static final Duration PAUSE = Duration.ofMillis(300);

  /// How a link behaves.
  ///
  /// @param timeout longest time without a byte
  /// @param near below this round trip the link is faster than coding is worth
  public record Manner(Duration timeout, Duration near) {
    static final Manner USUAL = new Manner(Connections.PATIENCE, Duration.ofMillis(3));
  }

  /// A list that came with a view.
  private record Given(String digest, byte[] bytes) {}

  private final Connections connections;
  private final Duration near;
  private volatile Given list = new Given("", new byte[0]);

  public HttpHubLink(URI hub, TlsIdentity identity) {
    this(hub, identity, Optional.empty());
  }

  /// @param proxy on the way, if any
  public HttpHubLink(URI hub, TlsIdentity identity, Optional<HttpProxy> proxy) {
    this(hub, identity, proxy, Manner.USUAL);
  }

  /// @param hub e.g. `https://hub.example:7443`
  /// @param proxy on the way, if any
  public HttpHubLink(URI hub, TlsIdentity identity, Optional<HttpProxy> proxy, Manner manner) {
    this.near = manner.near();
    this.connections =
        new Connections(HubTarget.of(hub, identity.context(), proxy, manner.timeout()));
  }

  @Override
  public int atOnce() {
    return Connections.DEPTH * connections.count();
  }

  @Override
  public Receipt send(byte[] message, byte[] signature) throws IOException, InterruptedException {
    HubConnection.Request request =
        new HubConnection.Request(
            "POST",
            "/v1/messages",
            Map.of(
                "Content-Type",
                "application/json",
                Wire.SIGNATURE,
                Base64.getEncoder().encodeToString(signature)),
            COUNTING);
    return control(request, message, Receipt.class);
  }

  @Override
  public StudyView view(long after, Duration wait) throws IOException, InterruptedException {
    HubConnection.Request request =
        new HubConnection.Request(
            "GET",
            "/v1/state?after=%d&wait=%d&list=%s".formatted(after, wait.toSeconds(), list.digest),
            Map.of(),
            wait.plus(DRAINING));
    return control(
        request,
        HubConnection.Body.NONE,
        answer -> {
          check(answer);
          byte[] given =
              answer
                  .header(Wire.LIST.toLowerCase(Locale.ROOT))
                  .getBytes(StandardCharsets.ISO_8859_1);
          if (given.length > 0) {
            list = new Given(Sha256.of(given), given);
          }
          return said(whole(answer.body(), MOST_ANSWER), StudyView::parse);
        });
  }

  @Override
  public SecretView secretRound() throws IOException, InterruptedException {
    HubConnection.Request request =
        new HubConnection.Request("GET", "/v1/secret-round", Map.of(), COUNTING);
    return control(
        request,
        HubConnection.Body.NONE,
        answer -> {
          check(answer);
          return said(whole(answer.body(), MOST_ANSWER), json -> Json.read(json, SecretView.class));
        });
  }

  @Override
  public MissingFragments offer(byte[] list, UploadKind kind)
      throws IOException, InterruptedException {
    HubConnection.Request request =
        new HubConnection.Request(
            "POST",
            "/v1/lists",
            Map.of("Content-Type", "application/json", Wire.KIND, kind.word()),
            COUNTING);
    return control(request, list, MissingFragments.class);
  }

  private <T> T control(
      HubConnection.Request request, HubConnection.Body body, HubConnection.Reader<T> reader)
      throws IOException, InterruptedException {
    try {
      return connections.control(request, body, reader);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private <T> T bulk(
      HubConnection.Request request, HubConnection.Body body, HubConnection.Reader<T> reader)
      throws IOException, InterruptedException {
    try {
      return connections.bulk(request, body, reader);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private <T> T control(HubConnection.Request request, byte[] body, Class<T> type)
      throws IOException, InterruptedException {
    return control(
        request,
        HubConnection.Body.of(body),
        answer -> {
          check(answer);
          return said(whole(answer.body(), MOST_ANSWER), json -> Json.read(json, type));
        });
  }

  private static byte[] whole(InputStream body, int most) throws IOException {
    byte[] bytes = body.readNBytes(most + 1);
    if (bytes.length > most) {
      throw new IOException("an answer of more than %d bytes".formatted(most));
    }
    return bytes;
  }

  private static <T> T said(byte[] body, Function<byte[], T> reading) {
    try {
      return reading.apply(body);
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED, "the hub's answer is " + e.getMessage(), e);
    }
  }

  @Override
  public void put(String digest, UploadKind kind, byte[] chunk, long begun)
      throws IOException, InterruptedException {
    long from = begun;
    for (int failed = 0; ; failed++) {
      try {
        // A chunk that the hub has to its last byte and has not kept yet ends with that byte again.
        upload(digest, kind, chunk, (int) Math.clamp(from, 0, Math.max(0, chunk.length - 1)));
        return;
      } catch (IOException e) {
        retry(e, failed);
      } catch (MessageRejected e) {
        if (e.refusal() != RejectReason.WRONG_RANGE || failed >= ATTEMPTS) {
          throw e;
        }
      }
      long held = held(digest);
      if (held < 0) {
        return;
      }
      failed = held > from ? -1 : failed;
      from = held;
    }
  }

  private void upload(String digest, UploadKind kind, byte[] chunk, int from)
      throws IOException, InterruptedException {
    Map<String, String> headers = new TreeMap<>();
    headers.put(Wire.KIND, kind.word());
    headers.put("Content-Type", "application/octet-stream");
    if (from > 0 || codes(kind)) {
      headers.put(
          "Content-Range", "bytes %d-%d/%d".formatted(from, chunk.length - 1, chunk.length));
    }
    if (codes(kind)) {
      headers.put("Content-Encoding", BytePlanes.NAME);
    }
    bulk(
        new HubConnection.Request("PUT", "/v1/chunks/" + digest, headers, DRAINING),
        codes(kind)
            ? coded(chunk, from)
            : HubConnection.Body.of(Arrays.copyOfRange(chunk, from, chunk.length)),
        answer -> {
          check(answer);
          return whole(answer.body(), MOST_ANSWER);
        });
  }

  private boolean codes(UploadKind kind) {
    return kind == UploadKind.DELTA && isFar();
  }

  private boolean isFar() {
    return connections.roundTrip().compareTo(near) > 0;
  }

  private static HubConnection.Body coded(byte[] chunk, int begun) {
    return new HubConnection.Body() {
      @Override
      public long length() {
        return -1;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        byte[] raw = new byte[BytePlanes.BLOCK];
        byte[] block = new byte[BytePlanes.MOST_ENCODED];
        for (int from = begun; from < chunk.length; from += raw.length) {
          int length = Math.min(raw.length, chunk.length - from);
          System.arraycopy(chunk, from, raw, 0, length);
          int size;
          try (BytePlanes bytePlanes = BytePlanes.borrow()) {
            size = bytePlanes.encode(raw, length, block);
          }
          out.write(block, 0, size);
        }
      }
    };
  }

  /// @return how many bytes of it the hub has; -1 for all
  private long held(String digest) throws IOException, InterruptedException {
    return bulk(
        new HubConnection.Request("HEAD", "/v1/chunks/" + digest, Map.of(), DRAINING),
        HubConnection.Body.NONE,
        answer -> {
          if (answer.status() == 200) {
            return -1L;
          }
          String bytes = answer.header(Wire.BYTES.toLowerCase(Locale.ROOT));
          if (answer.status() != 404 || !bytes.matches("[0-9]{1,15}")) {
            check(answer);
            throw new IOException("the hub does not say what it has of a chunk");
          }
          return Long.parseLong(bytes);
        });
  }

  private void retry(IOException problem, int failed) throws IOException, InterruptedException {
    if (failed >= ATTEMPTS - 1 || connections.isClosed()) {
      throw problem;
    }
    Thread.sleep(PAUSE.multipliedBy(failed));
  }

  @Override
  public void get(String digest, int most, Landing landing)
      throws IOException, InterruptedException {
    Given given = list;
    if (given.digest.equals(digest) && given.bytes.length <= most && landing.begun() == 0) {
      landing.write(given.bytes, 0, given.bytes.length);
      return;
    }
    for (int failed = 0; ; failed++) {
      long before = landing.begun();
      try {
        download(digest, most, landing);
        return;
      } catch (IOException e) {
        failed = landing.begun() > before ? 0 : failed;
        retry(e, failed);
      }
    }
  }

  private void download(String digest, int most, Landing landing)
      throws IOException, InterruptedException {
    long from = landing.begun();
    Map<String, String> headers = new TreeMap<>();
    if (from > 0) {
      headers.put("Range", "bytes=%d-".formatted(from));
    }
    if (isFar()) {
      headers.put("Accept-Encoding", BytePlanes.NAME);
    }
    bulk(
        new HubConnection.Request("GET", "/v1/chunks/" + digest, headers, DRAINING),
        HubConnection.Body.NONE,
        answer -> {
          check(answer);
          InputStream body = answer.body();
          if (answer.header("content-encoding").equals(BytePlanes.NAME)) {
            body = new Decoded(body);
          }
          if (from > 0 && answer.status() != 206) {
            body.skipNBytes(from);
          }
          land(body, most, landing);
          return digest;
        });
  }

  private static void land(InputStream body, int most, Landing landing) throws IOException {
    byte[] buffer = new byte[BytePlanes.BLOCK];
    for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
      if (landing.begun() + n > most) {
        throw new IOException("a chunk of more than %d bytes".formatted(most));
      }
      landing.write(buffer, 0, n);
    }
  }

  /// Decodes [BytePlanes], block by block.
  private static final class Decoded extends InputStream {
    private final InputStream in;
    private final byte[] block = new byte[BytePlanes.MOST_ENCODED];
    private final byte[] raw = new byte[BytePlanes.BLOCK];
    private ByteArrayInputStream decoded = new ByteArrayInputStream(raw, 0, 0);

    Decoded(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (decoded.available() == 0) {
        try {
          if (BytePlanes.read(in, block) < 0) {
            return -1;
          }
          try (BytePlanes bytePlanes = BytePlanes.borrow()) {
            decoded = new ByteArrayInputStream(raw, 0, bytePlanes.decode(block, raw));
          }
        } catch (DataFormatException e) {
          throw new DureException(
              ErrorCode.PEER_MISBEHAVED,
              "the hub sends %s that are not: %s".formatted(BytePlanes.NAME, e.getMessage()),
              e);
        }
      }
      return decoded.read(into, from, length);
    }
  }

  /// Turns what was thrown while connecting into what it means: a connection that fails is tried
  /// again, unless it failed over who the two sides are.
  private static IOException failure(IOException e) {
    if (CertificateFailure.isOfTime(e)) {
      return new IOException(CertificateFailure.OF_TIME, e);
    }
    Optional<Throwable> about = CertificateFailure.in(e);
    if (about.isPresent()) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "hub and region do not accept each other's certificates: " + about.get().getMessage(),
          about.get());
    }
    return e;
  }

  /// @throws MessageRejected or DureException if the hub refuses
  /// @throws IOException where the hub may yet change its mind
  private static void check(HubConnection.Answer answer) throws IOException {
    if (answer.status() / 100 == 2) {
      return;
    }
    HubProblem problem = HubProblem.of(answer.status(), problem(answer));
    for (RejectReason refusal : RejectReason.values()) {
      if (refusal.name().equals(problem.reason())) {
        throw new MessageRejected(refusal, problem.advised());
      }
    }
    ErrorCode code = problem.refusal();
    if (code != null) {
      throw new DureException(code, problem.message());
    }
    throw new IOException("the hub says: " + problem.message());
  }

  private static byte[] problem(HubConnection.Answer answer) throws IOException {
    try {
      return whole(answer.body(), MOST_ANSWER);
    } catch (EOFException e) {
      return new byte[0];
    }
  }

  @Override
  public void close() {
    connections.close();
  }
}
