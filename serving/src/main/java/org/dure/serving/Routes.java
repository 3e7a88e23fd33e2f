package org.dure.serving;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.runtime.Failures;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Every path that the server answers, and nothing else that knows HTTP.
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
  private static final String JSON = "application/json";

  /// What a body may be called. Whatever its name it is read as JSON: `curl -d` calls every body a
  /// form. A browser's form could be called so too; that it comes from another page [RequestGuard]
  /// sees by its origin.
  private static final Set<String> BODIES = Set.of("", JSON, "application/x-www-form-urlencoded");

  private static final String SUMMARY = "summary";

  /// Method and path of every route, as `openapi.yaml` lists them.
  static final List<String> PATHS =
      List.of(
          "GET /",
          "GET /assets/{name}",
          "GET /health",
          "GET /openapi.yaml",
          "GET /v1/models",
          "GET /v1/models/{model}",
          "POST /v1/completions",
          "POST /v1/chat/completions");

  private final Map<String, ServedModel> models;
  private final Admission admission;
  private final Access access;
  private final InetSocketAddress listen;
  private final Clock clock;
  private final Page page;
  private final Javalin server;
  private @Nullable ServerConnector secure;

  private final Workers workers = new Workers();
  private final Bodies bodies;

  Routes(
      Map<String, ServedModel> models,
      ServingLimits limits,
      Admission admission,
      Access access,
      InetSocketAddress listen,
      Clock clock) {
    this.models = models;
    this.admission = admission;
    this.access = access;
    this.listen = listen;
    this.clock = clock;
    this.bodies = new Bodies(limits.bodyBytes(), Runtime.getRuntime().maxMemory() / 4);
    this.page = new Page(List.copyOf(models.values()), access.keys());
    this.server = Javalin.create(this::configure);
  }

  /// @throws DureException with [ErrorCode#PORT_TAKEN] if the address cannot be listened on
  void start() {
    try {
      if (access.tls().isPresent()) {
        server.start();
      } else {
        server.start(listen.getHostString(), listen.getPort());
      }
    } catch (JavalinBindException e) {
      throw new DureException(
          ErrorCode.PORT_TAKEN,
          "cannot listen on %s port %d: %s"
              .formatted(listen.getHostString(), listen.getPort(), reason(e)),
          e);
    }
  }

  int port() {
    ServerConnector own = secure;
    return own == null ? server.port() : own.getLocalPort();
  }

  void stop() {
    server.stop();
    workers.close();
  }

  private static String reason(Throwable problem) {
    Throwable deepest = problem;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage());
  }

  private void configure(JavalinConfig config) {
    config.concurrency.useVirtualThreads = true;
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.prefer405over404 = true;
    // Compression would hold tokens back.
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    access
        .tls()
        .ifPresent(
            tls ->
                config.jetty.addConnector(
                    (jetty, http) -> secure = TlsConnector.of(jetty, http, tls, listen)));
    config.requestLogger.http(this::log);

    // It would be forgotten, with a 500.
    config.router.javaLangErrorHandler(
        (response, error) -> response.setStatus(Failures.of(error).code().type().httpStatus()));
    config.routes.before(new RequestGuard(access)::admit);
    get(config, "/", this::page);
    get(config, "/assets/{name}", this::asset);
    get(config, "/health", this::health);
    get(config, "/openapi.yaml", ctx -> resource(ctx, "openapi.yaml", "application/yaml"));
    get(config, "/v1/models", this::models);
    get(config, "/v1/models/<model>", this::model);
    config.routes.post("/v1/completions", ctx -> answer(ctx, JobParser::completion));
    config.routes.post("/v1/chat/completions", ctx -> answer(ctx, JobParser::chat));

    config.routes.exception(ApiError.class, (error, ctx) -> refuse(ctx, error));
    config.routes.exception(Departure.ClientGone.class, (gone, ctx) -> ctx.status(499));
    config.routes.exception(HttpResponseException.class, Routes::noRoute);
    config.routes.exception(DureException.class, Routes::failed);
    config.routes.exception(Exception.class, Routes::failed);
  }

  /// A path to read, and its head, which Javalin would answer without asking the handler.
  private static void get(JavalinConfig config, String path, Handler handler) {
    config.routes.get(path, handler);
    config.routes.head(path, handler);
  }

  private void page(Context ctx) {
    String language = page.language(ctx.queryParam("lang"), ctx.header("Accept-Language"));
    ctx.header("Content-Security-Policy", Page.CONTENT_SECURITY_POLICY);
    ctx.header("Content-Language", language);
    ctx.header("Vary", "Accept-Language");
    ctx.header("Cache-Control", "no-cache");
    ctx.html(page.html(language));
  }

  private void asset(Context ctx) {
    String name = ctx.pathParam("name");
    String type = Page.ASSETS.get(name);
    if (type == null) {
      throw noPath(ctx);
    }
    ctx.header("Cache-Control", "no-cache");
    resource(ctx, "page/" + name, type);
  }

  private static void resource(Context ctx, String name, String type) {
    ctx.contentType(type).result(Page.resource(name));
  }

  private void health(Context ctx) {
    Map<String, Object> health = new LinkedHashMap<>();
    health.put("status", "ok");
    health.put("models", List.copyOf(models.keySet()));
    health.put("active", admission.active());
    health.put("waiting", admission.waiting());
    json(ctx, health);
  }

  private void models(Context ctx) {
    Map<String, Object> list = new LinkedHashMap<>();
    list.put("object", "list");
    list.put("data", models.values().stream().map(Routes::describe).toList());
    json(ctx, list);
  }

  private void model(Context ctx) {
    String name = ctx.pathParam("model");
    ServedModel model = models.get(name);
    if (model == null) {
      throw ApiError.noModel(name);
    }
    json(ctx, describe(model));
  }

  /// The OpenAI API's fields, and Dure's own under `dure`.
  private static Map<String, Object> describe(ServedModel served) {
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("language", served.model().language());
    own.put("context_length", served.model().contextLength());
    own.put("provenance", served.provenance());
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("id", served.model().name());
    model.put("object", "model");
    model.put("created", served.made().getEpochSecond());
    model.put("owned_by", "dure");
    model.put("dure", own);
    return model;
  }

  private void answer(Context ctx, BiFunction<JobParser, RequestParameters, Job> parse)
      throws IOException {
    byte[] body = body(ctx);
    BooleanSupplier gone = new Departure(ctx);
    admission.enter(gone);
    try {
      workers.run(() -> answer(ctx, body, parse, gone));
    } finally {
      admission.leave();
    }
  }

  /// Reads, tokenises and answers: all that takes time, and only for who was admitted.
  private void answer(
      Context ctx,
      byte[] body,
      BiFunction<JobParser, RequestParameters, Job> parse,
      BooleanSupplier gone)
      throws IOException {
    JobParser parser =
        new JobParser(
            name -> {
              ServedModel served = models.get(name);
              return served == null ? null : new SharedModel(served.model(), admission, gone);
            });
    Job job = parse.apply(parser, RequestParameters.parse(body));
    Answer answer = new Answer(job, clock.instant().getEpochSecond());
    try {
      if (job.delivery().stream()) {
        stream(ctx, answer);
      } else {
        json(ctx, answer.whole());
      }
    } finally {
      ctx.attribute(SUMMARY, "model=" + job.model().name() + " " + answer.summary());
    }
  }

  private byte[] body(Context ctx) throws IOException {
    String type = ctx.contentType() == null ? "" : ctx.contentType();
    if (!BODIES.contains(type.toLowerCase(Locale.ROOT).replaceFirst(";.*", "").strip())) {
      throw new ApiError(
          415,
          ApiError.INVALID_REQUEST,
          null,
          "unsupported_content_type",
          "Unsupported content type: '%s'. This API method only accepts 'application/json' requests."
              .formatted(type));
    }
    try {
      return bodies.read(ctx.bodyInputStream());
    } catch (ApiError e) {
      // The rest of the body will not be read, so the connection cannot be used again.
      ctx.header("Connection", "close");
      throw e;
    }
  }

  private static void stream(Context ctx, Answer answer) throws IOException {
    ctx.contentType("text/event-stream; charset=utf-8");
    ctx.header("Cache-Control", "no-cache");
    ctx.header("X-Accel-Buffering", "no");
    // Not ctx.outputStream(): flushing that one does nothing.
    OutputStream out = ctx.res().getOutputStream();
    try {
      answer.stream(event -> send(out, Json.text(event)));
      send(out, "[DONE]");
    } catch (Departure.ClientGone e) {
      throw e;
    } catch (RuntimeException e) {
      if (!ctx.res().isCommitted()) {
        throw e;
      }
      // Clients of the OpenAI API raise an error when an event holds one.
      report("answer broken off", e);
      send(out, Json.text(apiError(e).body()));
    }
  }

  private static void send(OutputStream out, String data) {
    try {
      out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      throw new Departure.ClientGone();
    }
  }

  private static void json(Context ctx, Object value) {
    ctx.contentType(JSON).result(Json.bytes(value));
  }

  private static void refuse(Context ctx, ApiError error) {
    if (ctx.res().isCommitted()) {
      return;
    }
    ctx.status(error.status());
    if (error.status() == 503) {
      ctx.header("Retry-After", "1");
    }
    json(ctx, error.body());
  }

  private static ApiError noPath(Context ctx) {
    return new ApiError(
        404,
        ApiError.INVALID_REQUEST,
        null,
        "unknown_url",
        "Invalid URL (%s %s)".formatted(ctx.method(), ctx.path()));
  }

  private static void noRoute(HttpResponseException problem, Context ctx) {
    refuse(
        ctx,
        switch (problem.getStatus()) {
          case 404 -> noPath(ctx);
          case 405 ->
              new ApiError(
                  405,
                  ApiError.INVALID_REQUEST,
                  null,
                  "method_not_supported",
                  "Not allowed to %s on %s (HINT: Perhaps you meant to use a different HTTP method?)"
                      .formatted(ctx.method(), ctx.path()));
          default ->
              new ApiError(
                  problem.getStatus(),
                  ApiError.INVALID_REQUEST,
                  null,
                  null,
                  String.valueOf(problem.getMessage()));
        });
  }

  private static void failed(Exception problem, Context ctx) {
    ApiError error = apiError(problem);
    if (error.status() >= 500) {
      report(ctx.method() + " " + ctx.req().getRequestURI() + " failed", problem);
    }
    refuse(ctx, error);
  }

  /// What is not a defect is told without a stack trace.
  private static void report(String what, Exception problem) {
    if (problem instanceof DureException known && known.code() != ErrorCode.INTERNAL) {
      LOG.error("{}: {}", what, known.report());
    } else {
      LOG.error(what, problem);
    }
  }

  private static ApiError apiError(Exception problem) {
    return switch (problem) {
      case ApiError error -> error;
      case DureException error when error.code().type() != ErrorCode.Type.INTERNAL ->
          new ApiError(
              // What the server itself does not accept, such as damaged weights, is no refusal of
              // the client.
              error.code().type() == ErrorCode.Type.REFUSED
                  ? 500
                  : error.code().type().httpStatus(),
              error.code().type() == ErrorCode.Type.USER
                  ? ApiError.INVALID_REQUEST
                  : ApiError.SERVER_ERROR,
              null,
              error.code().name().toLowerCase(Locale.ROOT),
              String.valueOf(error.getMessage()));
      default ->
          new ApiError(
              500,
              ApiError.SERVER_ERROR,
              null,
              null,
              "The server had an error while processing your request.");
    };
  }

  /// One line a request: never a prompt, an answer, a query or an address.
  private void log(Context ctx, Float milliseconds) {
    String summary = ctx.attribute(SUMMARY);
    LOG.info(
        "{} {} {} {}ms {}{}",
        ctx.method(),
        ctx.req().getRequestURI(),
        ctx.statusCode(),
        Math.round(milliseconds),
        ctx.res().getHeader("x-request-id"),
        summary == null ? "" : " " + summary);
  }
}
