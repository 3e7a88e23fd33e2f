package org.dure.federation.server;

import static java.util.Objects.requireNonNull;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.runtime.Failures;
import org.dure.core.runtime.ReceiveBudget;
import org.dure.core.runtime.SenderAddress;
import org.dure.federation.hub.Hub;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.Wire;
import org.dure.federation.wire.TlsIdentity;
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
/// [package-info](package-summary.html) specifies. All thinking is done by [HubService].
final class HubRoutes implements AutoCloseable {
  private static final int MOST_HEADERS = 24 << 10;

  /// Memory of a message and what is made of it, for each byte of it.
  private static final int TIMES_MESSAGE = 8;

  /// Attribute of a request whose answer has been made.
  static final String ANSWERED = "answered";

  /// Longest wait for news in one request, well below the patience of proxies.
  static final int MOST_WAIT_SECONDS = 25;

  private static final String MUCH = "too many requests: come again in a minute";
  private static final String ADMITTED = "dure.certificate";
  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";
  private static final long IDLE_MILLIS = 60_000;
  private static final int BACKLOG = 1024;

  private final HubService service;
  private final Registrar registrar;
  private final PeerAuthenticator authenticator;
  private final HubKeys keys;
  private final RateLimiter each = new RateLimiter(RateLimiter.ADDRESS);
  private final RateLimiter all = new RateLimiter(RateLimiter.ADDRESSES);
  private final RequestBodies bodies;
  private final ConnectionLimiter connectionLimiter;
  private final SslContextFactory.Server tls = new SslContextFactory.Server();
  private final Javalin javalin;
  private @Nullable ServerConnector connector;

  /// Listens at once.
  ///
  /// @throws DureException with [ErrorCode#PORT_TAKEN]
  HubRoutes(
      HubService service,
      HubChunks chunks,
      InetSocketAddress address,
      TlsIdentity identity,
      Registrar registrar,
      InstantSource clock) {
    this.service = service;
    this.registrar = registrar;
    this.authenticator = new PeerAuthenticator(identity.authority(), registrar, clock);
    this.keys = new HubKeys(identity);
    this.bodies = new RequestBodies(service::refused);
    this.connectionLimiter = new ConnectionLimiter(service::crowd);
    HubTrust trust = new HubTrust(identity.authority(), refusal -> service.refuse("", refusal));
    tls.setSslContext(context(keys, trust));
    tls.setIncludeProtocols("TLSv1.3");
    tls.setWantClientAuth(true);
    this.javalin =
        Javalin.create(
            config -> {
              configure(config, address);
              new ChunkRoutes(chunks, service, bodies).register(config.routes);
            });
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

  private void configure(JavalinConfig config, InetSocketAddress address) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    QueuedThreadPool threads = new QueuedThreadPool(16, 2);
    threads.setName("hub");
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    config.jetty.threadPool = threads;
    config.jetty.addConnector((server, http) -> connector(server, http, address));
    // It would be forgotten, with a 500.
    config.router.javaLangErrorHandler(
        (response, error) -> response.setStatus(Failures.of(error).code().type().httpStatus()));
    config.routes.before(this::admit);
    config.routes.post("/v1/messages", this::message);
    config.routes.get("/v1/state", this::state);
    config.routes.get("/v1/secret-round", this::secretRound);
    config.routes.post(Wire.ENROLMENT, this::enrol);
    config.routes.post(Wire.RENEWAL, this::renew);
    config.routes.exception(
        MessageRejected.class,
        (e, context) -> fail(context, e.refusal().code(), e.refusal(), e.reason()));
    config.routes.exception(
        DureException.class,
        (e, context) -> fail(context, own(e.code()), null, String.valueOf(e.getMessage())));
    config.routes.error(
        404,
        context -> {
          if (context.attribute(ANSWERED) == null) {
            fail(context, ErrorCode.USAGE, null, "no such path or chunk: " + context.path());
            context.status(404);
          }
        });
  }

  private ServerConnector connector(
      Server server, HttpConfiguration http, InetSocketAddress address) {
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    http.setResponseHeaderSize(MOST_HEADERS);
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
    made.setAcceptQueueSize(BACKLOG);
    made.addBean(connectionLimiter);
    connector = made;
    return made;
  }

  /// From the next connection on the hub shows this identity; those that are open stay.
  void renew(TlsIdentity identity) {
    keys.identity(identity);
  }

  /// Closes connections that hold a place for too long; to be called about every second.
  void sweep() {
    connectionLimiter.sweep();
  }

  ReceiveBudget budget() {
    return bodies.budget();
  }

  /// The port that it listens on.
  int port() {
    return connector == null ? -1 : connector.getLocalPort();
  }

  /// Before every request: nothing but the enrolment is reached without a certificate that holds
  /// now.
  private void admit(Context context) throws IOException {
    if (!context.path().equals(Wire.ENROLMENT)) {
      try {
        context.attribute(ADMITTED, holding(context));
      } catch (MessageRejected e) {
        ChunkRoutes.drain(context);
        throw e;
      }
    }
  }

  /// The certificate that this request was let in with.
  private static X509Certificate certificate(Context context) {
    return requireNonNull(context.<X509Certificate>attribute(ADMITTED));
  }

  /// The certificate of the connection, which holds at this moment: to be asked again after
  /// whatever the peer can make last, such as its body.
  private X509Certificate holding(Context context) {
    X509Certificate[] shown =
        context.req().getAttribute(CERTIFICATES) instanceof X509Certificate[] chain ? chain : null;
    try {
      return authenticator.admit(shown);
    } catch (MessageRejected e) {
      service.refuse(shown == null ? "" : TlsIdentity.commonName(shown[0]), e.refusal());
      throw e;
    }
  }

  /// The name of the region that asks.
  ///
  /// @throws MessageRefused if the hub does not deal with it
  static String region(Context context, HubService service) {
    return service.admitted(peer(context));
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
    service.limits().awaitMessageTurn(service.admitted(peer));
    try (RequestBodies.Body message =
        bodies.whole(context, peer.region(), Message.MOST_BYTES, TIMES_MESSAGE)) {
      X509Certificate stillHolds = holding(context);
      SignedMessage signed = parse(peer.region(), message.bytes(), signature(context));
      Receipt receipt = service.receive(peer, signed);
      if (signed.message() instanceof Message.Hello) {
        registrar.spoke(certificate(context));
      }
      answer(context, peer.region(), receipt);
    }
  }

  /// The one place where a message that came over the wire is read.
  private SignedMessage parse(String region, byte[] message, byte[] signature) {
    try {
      return SignedMessage.parse(message, signature);
    } catch (MessageRejected e) {
      service.refuse(region, e.refusal());
      throw e;
    }
  }

  private static byte[] signature(Context context) {
    String header = context.header(Wire.SIGNATURE);
    try {
      return Base64.getDecoder().decode(header == null ? "" : header);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private void state(Context context) throws IOException, InterruptedException {
    String region = region(context, service);
    service.limits().awaitTurn(region);
    long after = number(context, "after", -1, Long.MAX_VALUE);
    long wait = number(context, "wait", 0, MOST_WAIT_SECONDS);
    StudyView view = service.await(region, after, Duration.ofSeconds(wait));
    X509Certificate stillHolds = holding(context);
    byte[] list = service.snapshot().list(view, context.queryParam("list"));
    if (list.length > 0) {
      context.header(Wire.LIST, new String(list, StandardCharsets.US_ASCII));
    }
    answer(context, region, view);
  }

  private void secretRound(Context context) throws IOException {
    String region = region(context, service);
    service.limits().awaitTurn(region);
    answer(context, region, service.secretRound(region));
  }

  private static long number(Context context, String name, long otherwise, long most) {
    String text = context.queryParam(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return Math.min(most, Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new MessageRejected(
          RejectReason.MALFORMED, "%s is \"%s\": expected a number".formatted(name, text));
    }
  }

  private void pace(String who) {
    if (each.take(who).isEmpty() || all.take("").isEmpty()) {
      throw service.refused("", RejectReason.TOO_OFTEN, MUCH);
    }
  }

  private void enrol(Context context) throws IOException {
    String address = context.req().getRemoteAddr();
    try {
      pace(SenderAddress.network(address));
    } catch (MessageRejected e) {
      service.crowd("", address);
      throw e;
    }
    try (RequestBodies.Body body = enrolment(context, RequestBodies.STRANGERS)) {
      reply(context, registrar.enrol(body.bytes()));
    }
  }

  private void renew(Context context) throws IOException {
    X509Certificate present = certificate(context);
    String region = TlsIdentity.commonName(present);
    if (each.take(region).isEmpty()) {
      throw service.refused(region, RejectReason.TOO_OFTEN, MUCH);
    }
    try (RequestBodies.Body body = enrolment(context, region)) {
      X509Certificate stillHolds = holding(context);
      reply(context, registrar.renew(present, body.bytes()));
    }
  }

  private static void reply(Context context, byte[] json) {
    context.contentType("application/json");
    context.result(json);
  }

  private RequestBodies.Body enrolment(Context context, String sender) throws IOException {
    return bodies.whole(context, sender, Registrar.MOST_REQUEST, TIMES_MESSAGE);
  }

  private void answer(Context context, String region, Object body) throws IOException {
    answer(context, service, region, body);
  }

  /// Writes the answer at once, while the memory that it takes is still the region's.
  static void answer(Context context, HubService service, String region, Object body)
      throws IOException {
    byte[] json = Json.bytes(body);
    service.countAnswer(region, json.length);
    context.contentType("application/json");
    context.res().setContentLength(json.length);
    context.res().getOutputStream().write(json);
  }

  /// Whether the rest of the body of what is refused so is not read any more.
  static boolean endsConnection(RejectReason refusal) {
    return refusal == RejectReason.TOO_SLOW || refusal == RejectReason.SHARE_USED;
  }

  /// What the hub's disk has spoilt is made again; a region has only to ask again.
  private ErrorCode own(ErrorCode code) {
    if (code == ErrorCode.ARTIFACT_CORRUPT) {
      service.lost();
      return ErrorCode.INPUT_UNREADABLE;
    }
    return code;
  }

  private static void fail(
      Context context, ErrorCode code, @Nullable RejectReason refusal, String message) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", code.name());
    body.put("number", code.number());
    body.put("reason", refusal == null ? "" : refusal.name());
    body.put("message", message);
    context.attribute(ANSWERED, true);
    context.status(status(code, refusal));
    if (refusal != null && endsConnection(refusal)) {
      context.header("Connection", "close");
    }
    context.contentType("application/json");
    context.result(Json.bytes(body));
  }

  private static int status(ErrorCode code, @Nullable RejectReason refusal) {
    return switch (refusal) {
      case null -> code.type().httpStatus();
      case TOO_LARGE, QUOTA_USED -> 413;
      case WRONG_RANGE -> 416;
      case TOO_SLOW -> 408;
      case TOO_OFTEN, SHARE_USED -> 429;
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

  /// Shows what `keys` says at the moment, and lets those through whom `trust`
  /// lets.
  private static SSLContext context(HubKeys keys, HubTrust trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "TLS 1.3 is not to be had", e);
    }
  }
}
