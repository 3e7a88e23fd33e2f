package org.dure.federation;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/// The wire of the hub: HTTPS with TLS 1.3 and client certificates, in the routes that
/// [package-info](package-summary.html) specifies. All thinking is done by [HubDesk].
final class HubRoutes implements AutoCloseable {
  static final String SIGNATURE = "Dure-Signature";
  static final String KIND = "Dure-Kind";

  /// Longest wait for news in one request, well below the patience of proxies.
  static final int MOST_WAIT_SECONDS = 25;

  private static final long MOST_DRAINED = 4L * FragmentList.MOST_BYTES;

  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
  private static final long IDLE_MILLIS = 120_000;
  private static final List<String> UPLOADS = List.of(Crossings.DELTA, Crossings.PREPARATION);

  private final HubDesk desk;
  private final Javalin javalin;
  private @Nullable ServerConnector connector;

  /// Listens at once.
  ///
  /// @throws DureException with [ErrorCode#PORT_TAKEN]
  HubRoutes(HubDesk desk, InetSocketAddress address, TlsIdentity identity) {
    this.desk = desk;
    this.javalin = Javalin.create(config -> configure(config, address, identity));
    try {
      javalin.start();
    } catch (RuntimeException e) {
      javalin.stop();
      throw isBindFailure(e)
          ? new DureException(
              ErrorCode.PORT_TAKEN,
              "port %d of %s is taken".formatted(address.getPort(), address.getHostString()),
              e)
          : e;
    }
  }

  private static boolean isBindFailure(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException
          || String.valueOf(cause.getMessage()).contains("Failed to bind")) {
        return true;
      }
    }
    return false;
  }

  private void configure(JavalinConfig config, InetSocketAddress address, TlsIdentity identity) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    QueuedThreadPool threads = new QueuedThreadPool(16, 2);
    threads.setName("hub");
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    config.jetty.threadPool = threads;
    config.jetty.addConnector((server, http) -> connector(server, http, address, identity));
    config.routes.post("/v1/messages", this::message);
    config.routes.get("/v1/state", this::state);
    config.routes.head("/v1/chunks/{digest}", this::holds);
    config.routes.put("/v1/chunks/{digest}", this::put);
    config.routes.get("/v1/chunks/{digest}", this::get);
    config.routes.exception(
        MessageRefused.class,
        (e, context) -> fail(context, e.refusal().code(), e.refusal(), e.reason()));
    config.routes.exception(
        DureException.class,
        (e, context) -> fail(context, e.code(), null, String.valueOf(e.getMessage())));
    config.routes.error(
        404,
        context -> {
          if (context.attribute("answered") == null) {
            fail(context, ErrorCode.USAGE, null, "no such path or chunk: " + context.path());
            context.status(404);
          }
        });
  }

  private ServerConnector connector(
      Server server, HttpConfiguration http, InetSocketAddress address, TlsIdentity identity) {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(identity.context());
    tls.setIncludeProtocols("TLSv1.3");
    tls.setNeedClientAuth(true);
    http.setSendServerVersion(false);
    http.addCustomizer(new SecureRequestCustomizer(false));
    ServerConnector made =
        new ServerConnector(
            server,
            1,
            1,
            new SslConnectionFactory(tls, "http/1.1"),
            new HttpConnectionFactory(http));
    made.setHost(address.getHostString());
    made.setPort(address.getPort());
    made.setIdleTimeout(IDLE_MILLIS);
    connector = made;
    return made;
  }

  /// The port that it listens on.
  int port() {
    return connector == null ? -1 : connector.getLocalPort();
  }

  private static X509Certificate certificate(Context context) {
    Object chain = context.req().getAttribute(CERTIFICATES);
    if (chain instanceof X509Certificate[] certificates && certificates.length > 0) {
      return certificates[0];
    }
    throw new DureException(
        ErrorCode.CERTIFICATE_INVALID, "no client certificate: expected the region's");
  }

  private String region(Context context) {
    return desk.admitted(peer(context));
  }

  private static Hub.Peer peer(Context context) {
    X509Certificate certificate = certificate(context);
    try {
      return new Hub.Peer(
          TlsIdentity.commonName(certificate),
          certificate.getPublicKey(),
          Base64.getEncoder().encodeToString(certificate.getEncoded()));
    } catch (CertificateEncodingException e) {
      throw new DureException(ErrorCode.CERTIFICATE_INVALID, "unreadable certificate", e);
    }
  }

  private void message(Context context) throws IOException {
    Hub.Peer peer = peer(context);
    byte[] message = context.bodyInputStream().readNBytes(Message.MOST_BYTES + 1);
    if (message.length > Message.MOST_BYTES) {
      drain(context);
    }
    byte[] signature = signature(context);
    answer(context, peer.region(), desk.receive(peer, message, signature));
  }

  private static byte[] signature(Context context) {
    String header = context.header(SIGNATURE);
    try {
      return Base64.getDecoder().decode(header == null ? "" : header);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private void state(Context context) throws InterruptedException {
    String region = region(context);
    long after = number(context, "after", -1, Long.MAX_VALUE);
    long wait = number(context, "wait", 0, MOST_WAIT_SECONDS);
    answer(context, region, desk.await(region, after, Duration.ofSeconds(wait)));
  }

  private static long number(Context context, String name, long otherwise, long most) {
    String text = context.queryParam(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return Math.min(most, Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new MessageRefused(
          Refusal.MALFORMED, "%s is \"%s\": expected a number".formatted(name, text));
    }
  }

  private void holds(Context context) {
    boolean held = desk.hasReceived(region(context), digest(context));
    context.attribute("answered", true);
    context.status(held ? 200 : 404);
  }

  private void put(Context context) throws IOException {
    try {
      receive(context);
    } catch (RuntimeException e) {
      drain(context);
      throw e;
    }
  }

  /// Reads what a refused sender is still sending, so that it hears why instead of a broken
  /// connection; one that sends much more is cut off.
  private static void drain(Context context) throws IOException {
    InputStream body = context.bodyInputStream();
    byte[] buffer = new byte[1 << 16];
    for (long left = MOST_DRAINED; left > 0; ) {
      int read = body.read(buffer);
      if (read < 0) {
        return;
      }
      left -= read;
    }
  }

  private void receive(Context context) throws IOException {
    String region = region(context);
    String kind = context.header(KIND);
    if (kind == null || !UPLOADS.contains(kind)) {
      throw new MessageRefused(
          Refusal.MALFORMED, "%s is %s: expected one of %s".formatted(KIND, kind, UPLOADS));
    }
    long length = context.req().getContentLengthLong();
    if (length < 0) {
      throw new MessageRefused(Refusal.MALFORMED, "no Content-Length");
    }
    desk.put(region, digest(context), kind, length, context.bodyInputStream());
    context.status(204);
  }

  private static String digest(Context context) {
    String digest = context.pathParam("digest");
    if (!Sha256.isDigest(digest)) {
      throw new MessageRefused(
          Refusal.MALFORMED, "a chunk is named by 64 lower-case hexadecimal digits");
    }
    return digest;
  }

  private void get(Context context) throws IOException {
    String region = region(context);
    String digest = digest(context);
    long size = desk.publishedSize(digest);
    long from = from(context, size);
    try (InputStream chunk = desk.open(region, digest)) {
      chunk.skipNBytes(from);
      if (from > 0) {
        context.status(206);
        context.header("Content-Range", "bytes %d-%d/%d".formatted(from, size - 1, size));
      }
      context.contentType("application/octet-stream");
      context.res().setContentLengthLong(size - from);
      long sent = chunk.transferTo(context.outputStream());
      desk.gaveChunk(region, digest, sent);
    }
  }

  /// Where the asked range begins: only `bytes=N-` is understood, all else means the whole.
  private static long from(Context context, long size) {
    String range = context.header("Range");
    if (range == null || !range.matches("bytes=[0-9]{1,15}-")) {
      return 0;
    }
    long from = Long.parseLong(range.substring(6, range.length() - 1));
    return from < size ? from : 0;
  }

  private void answer(Context context, String region, Object body) {
    byte[] json = Json.bytes(body);
    desk.gave(region, json.length);
    context.contentType("application/json");
    context.result(json);
  }

  private static void fail(
      Context context, ErrorCode code, @Nullable Refusal refusal, String message) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", code.name());
    body.put("number", code.number());
    body.put("reason", refusal == null ? "" : refusal.name());
    body.put("message", message);
    context.attribute("answered", true);
    context.status(status(code, refusal));
    context.contentType("application/json");
    context.result(Json.bytes(body));
  }

  private static int status(ErrorCode code, @Nullable Refusal refusal) {
    return switch (refusal) {
      case null -> code.type().httpStatus();
      case TOO_LARGE, QUOTA_USED -> 413;
      case MALFORMED -> 400;
      case CHUNK_MISSING -> 404;
      case WRONG_ROUND, WRONG_SEQUENCE, WRONG_BASE, NO_HELLO -> 409;
      default -> code.type().httpStatus();
    };
  }

  @Override
  public void close() {
    javalin.stop();
  }
}
