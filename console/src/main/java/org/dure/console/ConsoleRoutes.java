package org.dure.console;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.Handler;
import io.javalin.http.SameSite;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.runtime.Failures;
import org.dure.core.runtime.HostGuard;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The console's addresses; the one class of this module that knows Javalin.
///
/// | address | answer |
/// |---|---|
/// | `/`, `/borders`, `/rounds`, `/rounds/{n}`, `/evaluation`, `/release` | pages |
/// | `/api/status` | [StudyStatus] as JSON; `?rounds=N` with the newest N rounds only |
/// | `/metrics` | the same numbers for Prometheus |
/// | `/events` | server-sent events `status`, at most one a second |
/// | `/report/…` | files of the evaluation's report |
/// | `/release/{name}/download` | a release as one ZIP file |
/// | `/console/…` | style sheet, module, icon |
///
/// `?lang=` chooses a page's language and a cookie remembers it; otherwise the browser's preferred
/// one counts.
final class ConsoleRoutes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleRoutes.class);

  private static final String EVENTS = "text/event-stream; charset=utf-8";
  private static final String COOKIE = "dure-language";
  private static final int COOKIE_SECONDS = 365 * 24 * 3600;

  /// Milliseconds between two events, and between two signs of life where nothing happens.
  private static final long EVENT_INTERVAL = 1000;

  private static final int QUIET_EVENTS = 10;

  /// With more followers than this the oldest has to leave; each one costs the hub a page a second.
  private static final int MOST_FOLLOWERS = 64;

  /// Hundredths of a second that followers have to leave.
  private static final int FAREWELL = 50;

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /// The report brings its own style in the page, and one script that is known.
  private static final String REPORT_POLICY =
      "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src "
          + EvaluationReportPage.SCRIPT_SOURCE
          + "; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Map<String, String> RESOURCES =
      Map.of(
          "console.css", "text/css; charset=utf-8",
          "console.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  private final StatusCache feed;
  private final Pages pages;
  private final HostGuard guard;
  private final Followers followers = new Followers(MOST_FOLLOWERS);
  private final Map<String, byte[]> resources = new LinkedHashMap<>();
  private @Nullable Javalin server;

  private ConsoleRoutes(StatusCache feed, Pages pages, HostGuard guard) {
    this.feed = feed;
    this.pages = pages;
    this.guard = guard;
    RESOURCES.keySet().forEach(name -> resources.put(name, resource(name)));
  }

  static ConsoleRoutes start(StatusCache feed, Pages pages, String host, int port) {
    ConsoleRoutes routes = new ConsoleRoutes(feed, pages, HostGuard.of(host));
    Javalin server = Javalin.create(routes::configure);
    try {
      server.start(host, port);
    } catch (JavalinBindException e) {
      throw new DureException(
          ErrorCode.PORT_TAKEN,
          "cannot show the console on %s port %d: another program listens there"
              .formatted(host, port),
          e);
    }
    routes.server = server;
    return routes;
  }

  int port() {
    return server == null ? 0 : server.port();
  }

  /// Frees the port. The feed is to be closed before, so that followers leave by themselves.
  @Override
  public void close() {
    try {
      for (int i = 0; i < FAREWELL && followers.count() > 0; i++) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (server != null) {
      server.stop();
    }
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.concurrency.useVirtualThreads = true;
    config.http.prefer405over404 = true;
    config.http.maxRequestSize = 1 << 16;
    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
    // It would be forgotten, with a 500.
    config.router.javaLangErrorHandler(
        (response, error) -> response.setStatus(Failures.of(error).code().type().httpStatus()));
    var routes = config.routes;
    routes.before(this::guard);
    get(routes, "/", page((status, language, context) -> pages.belt(status, language)));
    get(
        routes,
        "/borders",
        page((status, language, context) -> pages.borders(status, language, before(context))));
    get(
        routes,
        "/rounds",
        page((status, language, context) -> pages.rounds(status, language, before(context))));
    get(routes, "/rounds/{number}", this::round);
    get(
        routes,
        "/evaluation",
        page((status, language, context) -> pages.evaluation(status, language)));
    get(routes, "/release", page((status, language, context) -> pages.release(status, language)));
    get(routes, "/release/{name}/download", this::download);
    get(routes, "/api/status", this::status);
    get(routes, "/metrics", this::metrics);
    routes.get("/events", this::events);
    routes.head("/events", context -> context.contentType(EVENTS));
    get(routes, "/report/", context -> report(context, "index.html"));
    get(routes, "/report/<file>", context -> report(context, context.pathParam("file")));
    get(routes, "/console/{file}", this::resource);
    routes.exception(DureException.class, (e, context) -> failed(context, e));
    routes.exception(
        RuntimeException.class,
        (e, context) ->
            failed(context, new DureException(ErrorCode.INTERNAL, String.valueOf(e), e)));
    routes.error(404, this::missing);
  }

  /// A path to read, and its head, which Javalin would answer without asking the handler.
  private static void get(RoutesConfig routes, String path, Handler handler) {
    routes.get(path, handler);
    routes.head(path, handler);
  }

  /// Headers of every answer; turns away requests that came under a foreign name or from a foreign
  /// page.
  private void guard(Context context) {
    context.header("Content-Security-Policy", POLICY);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Opener-Policy", "same-origin");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Cache-Control", "no-store");
    switch (guard.asker(context.header("Host"), context.header("Origin"))) {
      case OWN, ADMITTED -> {}
      case FOREIGN_HOST ->
          refuse(context, 421, "The console answers only under the name of this machine itself.\n");
      case FOREIGN_ORIGIN -> refuse(context, 403, "The console answers only its own pages.\n");
    }
  }

  private static void refuse(Context context, int status, String why) {
    context.status(status).contentType("text/plain; charset=utf-8").result(why);
    context.skipRemainingHandlers();
  }

  /// What a page is made from.
  @FunctionalInterface
  private interface Page {
    String html(StudyStatus status, String language, Context context);
  }

  private Handler page(Page page) {
    return context -> {
      String language = language(context);
      html(context, language, page.html(feed.picture(), language, context));
    };
  }

  private void round(Context context) {
    String language = language(context);
    int number = number(context.pathParam("number"));
    Optional<String> html =
        number < 1 ? Optional.empty() : pages.round(feed.picture(), language, number);
    if (html.isPresent()) {
      html(context, language, html.get());
    } else {
      context.status(404);
    }
  }

  private static void html(Context context, String language, String html) {
    context.header("Content-Language", language).header("Vary", "Accept-Language, Cookie");
    context.contentType("text/html; charset=utf-8").result(html);
  }

  private static String language(Context context) {
    String asked = orEmpty(context.queryParam("lang"));
    if (Messages.LANGUAGES.contains(asked)) {
      Cookie cookie = new Cookie(COOKIE, asked, "/", COOKIE_SECONDS, false, true);
      cookie.setSameSite(SameSite.LAX);
      context.cookie(cookie);
    }
    return Messages.choose(
        asked, orEmpty(context.cookie(COOKIE)), orEmpty(context.header("Accept-Language")));
  }

  private static int before(Context context) {
    return number(orEmpty(context.queryParam("before")));
  }

  /// A whole number above zero, else 0.
  private static int number(String text) {
    return text.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(text) : 0;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private void status(Context context) {
    int rounds = number(orEmpty(context.queryParam("rounds")));
    StudyStatus picture = feed.picture();
    context
        .contentType("application/json")
        .result(Json.bytes(rounds == 0 ? picture : picture.newest(rounds)));
  }

  private void metrics(Context context) {
    context.contentType(PrometheusText.MEDIA_TYPE).result(PrometheusText.text(feed.picture()));
  }

  /// Follows the study until the viewer leaves: an event when something changed, else a sign of
  /// life, by which a viewer that left is noticed.
  private void events(Context context) {
    try (Followers.Follower me = followers.enter()) {
      context.contentType(EVENTS).disableCompression();
      OutputStream out = context.res().getOutputStream();
      StudyStatus seen = null;
      int quiet = 0;
      while (!feed.closed() && !me.mustLeave()) {
        Optional<StudyStatus> news = feed.after(seen, seen == null ? 0 : EVENT_INTERVAL);
        quiet++;
        if (news.isPresent() || quiet >= QUIET_EVENTS) {
          seen = news.orElse(seen);
          quiet = 0;
          out.write(event(feed.picture()));
          out.flush();
        }
      }
    } catch (IOException e) {
      LOG.debug("a viewer of the console left", e);
    } catch (InterruptedException e) {
      LOG.debug("a viewer of the console gave way to a newer one", e);
    } catch (DureException e) {
      // The answer has begun, so the error cannot be one of its own: the viewer comes back and
      // then hears it from the page.
      LOG.debug("the hub could not tell its status", e);
    }
  }

  private static byte[] event(StudyStatus status) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("now", status.progress().now());
    data.put("phase", status.progress().phase().name());
    data.put("round", status.progress().round());
    data.put("rounds", status.progress().rounds());
    return ("event: status\ndata: " + Json.text(data) + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  private void report(Context context, String name) throws IOException {
    Optional<Path> file = pages.report(name);
    if (file.isEmpty()) {
      context.status(404);
      return;
    }
    context.header("Content-Security-Policy", REPORT_POLICY);
    context.contentType(Pages.mediaType(file.get()));
    context.result(Files.newInputStream(file.get()));
  }

  private void download(Context context) throws IOException {
    String name = context.pathParam("name");
    Optional<ConsoleExtras.Release> release = pages.release(name);
    if (release.isEmpty()) {
      context.status(404);
      return;
    }
    context.contentType("application/zip").disableCompression();
    context.header(
        "Content-Disposition",
        "attachment; filename*=UTF-8''" + ReleasePage.encoded(name) + ".zip");
    ReleaseArchive.write(release.get(), context.res().getOutputStream());
  }

  private void resource(Context context) {
    String name = context.pathParam("file");
    byte[] bytes = resources.get(name);
    String type = RESOURCES.get(name);
    if (bytes == null || type == null) {
      context.status(404);
      return;
    }
    context.header("Cache-Control", "no-cache");
    context.contentType(type).result(bytes);
  }

  private void failed(Context context, DureException e) {
    if (e.code() == ErrorCode.INTERNAL) {
      LOG.warn("the console could not answer {}", context.path(), e);
    } else {
      LOG.warn("the console could not answer {}: {}", context.path(), e.getMessage());
    }
    answer(context, e.code().type().httpStatus(), e.code(), e.report());
  }

  private void missing(Context context) {
    answer(context, 404, ErrorCode.INPUT_MISSING, "");
  }

  private void answer(Context context, int status, ErrorCode code, String detail) {
    context.status(status);
    if (context.path().startsWith("/api/")) {
      Map<String, Object> error = new LinkedHashMap<>();
      error.put("code", code.number());
      error.put("name", code.name());
      error.put("message", detail.isEmpty() ? "no such address" : detail);
      context.contentType("application/json").result(Json.bytes(Map.of("error", error)));
    } else {
      String language = language(context);
      html(context, language, pages.problem(language, status, detail));
    }
  }

  private static byte[] resource(String name) {
    try (InputStream in = ConsoleRoutes.class.getResourceAsStream("/console/" + name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its resource /console/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the resource /console/" + name, e);
    }
  }
}
