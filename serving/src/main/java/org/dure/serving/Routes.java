package org.dure.serving;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
  private final Page page;
  private final Javalin server;
  private @Nullable ServerConnector connector;

  private final AnswerRoute answers;

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
    this.answers = new AnswerRoute(models, limits, admission, clock);
    this.page = new Page(List.copyOf(models.values()), access.keys());
    this.server = Javalin.create(this::configure);
  }

  /// @throws DureException with [ErrorCode#PORT_TAKEN] if the address cannot be listened on
  void start() {
    try {
      server.start();
    } catch (JavalinBindException e) {
      throw new DureException(
          ErrorCode.PORT_TAKEN,
          "cannot listen on %s port %d: %s"
              .formatted(listen.getHostString(), listen.getPort(), reason(e)),
          e);
    }
  }

  int port() {
    ServerConnector own = connector;
    return own == null ? -1 : own.getLocalPort();
  }

  void stop() {
    server.stop();
    answers.close();
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
    config.jetty.addConnector(
        (jetty, http) -> {
          ServerConnector made = Connectors.of(jetty, http, access.tls(), listen);
          connector = made;
          return made;
        });
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
    config.routes.post("/v1/completions", answers.of(JobParser::completion));
    config.routes.post("/v1/chat/completions", answers.of(JobParser::chat));

    config.routes.exception(ApiError.class, (error, ctx) -> refuse(ctx, error));
    config.routes.exception(Departure.ClientGone.class, (gone, ctx) -> ctx.status(499));
    config.routes.exception(InterruptedException.class, (gone, ctx) -> ctx.status(499));
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

  private static void json(Context ctx, Object value) {
    ctx.contentType(JSON).result(Json.bytes(value));
  }

  /// Answers at once, and then reads what is still being sent: a connection that is closed on what
  /// it has not read loses the answer.
  private static void refuse(Context ctx, ApiError error) {
    if (ctx.res().isCommitted()) {
      return;
    }
    ctx.status(error.status());
    if (error.status() == 503) {
      ctx.header("Retry-After", "1");
    }
    byte[] body = Json.bytes(error.body());
    ctx.contentType(JSON);
    ctx.res().setContentLength(body.length);
    try {
      ctx.res().getOutputStream().write(body);
      ctx.res().flushBuffer();
    } catch (IOException e) {
      // It is gone.
      return;
    }
    if (ctx.header("Expect") == null) {
      // Else it waits to be told to send.
      Bodies.drain(ctx.bodyInputStream());
    }
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
  static void report(String what, Exception problem) {
    if (problem instanceof DureException known && known.code() != ErrorCode.INTERNAL) {
      LOG.error("{}: {}", what, known.report());
    } else {
      LOG.error(what, problem);
    }
  }

  static ApiError apiError(Exception problem) {
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
    String summary = ctx.attribute(AnswerRoute.SUMMARY);
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
