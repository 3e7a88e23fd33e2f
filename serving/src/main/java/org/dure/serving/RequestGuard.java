package org.dure.serving;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import org.dure.core.runtime.SenderAddress;
import org.jspecify.annotations.Nullable;

/// Stands before every path: turns away what was not meant for this server, lets pages of admitted
/// origins read the answers (the Fetch standard's CORS protocol), and asks for the key.
final class RequestGuard {
  /// Seconds for which a browser may remember that it may ask.
  private static final String REMEMBERED = "600";

  private static final String CLIENT = "dure.client";

  private final Access access;

  RequestGuard(Access access) {
    this.access = access;
  }

  /// @throws ApiError with status 421 for another host, 403 for a page from elsewhere, 401 without
  ///     a key
  void admit(Context ctx) {
    ctx.header("x-request-id", "req_" + Answer.randomName());
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Referrer-Policy", "no-referrer");
    String origin = ctx.header("Origin");
    switch (access.guard().asker(ctx.header("Host"), origin)) {
      case OWN -> {}
      case ADMITTED -> share(ctx, String.valueOf(origin));
      case FOREIGN_HOST ->
          throw refusal(
              421,
              "host_not_allowed",
              "This server is not '%s'. Ask it under its own address, or start it with --allow-host."
                  .formatted(ctx.header("Host")));
      case FOREIGN_ORIGIN ->
          throw refusal(
              403,
              "origin_not_allowed",
              "Pages of '%s' may not ask this server. Its operator can let them with --allow-origin."
                  .formatted(origin));
    }
    ctx.attribute(CLIENT, SenderAddress.network(ctx.req().getRemoteAddr()));
    if (isPreflight(ctx)) {
      // It says nothing yet, and a browser sends it without the key.
      return;
    }
    if (access.keys().required() && ctx.path().startsWith("/v1/")) {
      askForKey(ctx);
    }
  }

  /// By what the client of an admitted request is told apart: its key where keys are asked for,
  /// else its address.
  static String client(Context ctx) {
    return String.valueOf(ctx.<String>attribute(CLIENT));
  }

  /// Whether a browser asks whether its page may ask.
  private static boolean isPreflight(Context ctx) {
    return ctx.method() == HandlerType.OPTIONS
        && ctx.header("Access-Control-Request-Method") != null;
  }

  private static void share(Context ctx, String origin) {
    ctx.header("Access-Control-Allow-Origin", origin);
    ctx.header("Access-Control-Expose-Headers", "x-request-id");
    ctx.header("Vary", "Origin");
    if (!isPreflight(ctx)) {
      return;
    }
    ctx.header("Access-Control-Allow-Methods", "GET, HEAD, POST");
    String headers = ctx.header("Access-Control-Request-Headers");
    if (headers != null) {
      // The API's clients send headers of their own, which the server does not read.
      ctx.header("Access-Control-Allow-Headers", headers);
    }
    if (ctx.header("Access-Control-Request-Private-Network") != null) {
      ctx.header("Access-Control-Allow-Private-Network", "true");
    }
    ctx.header("Access-Control-Max-Age", REMEMBERED);
    ctx.status(204);
    ctx.skipRemainingHandlers();
  }

  private void askForKey(Context ctx) {
    String authorization = ctx.header("Authorization");
    int key = access.keys().shown(authorization);
    if (key > 0) {
      ctx.attribute(CLIENT, "key " + key);
      return;
    }
    ctx.header("WWW-Authenticate", "Bearer");
    throw authorization == null
        ? refusal(
            401,
            null,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).")
        : refusal(401, "invalid_api_key", "Incorrect API key provided.");
  }

  private static ApiError refusal(int status, @Nullable String code, String message) {
    return new ApiError(status, ApiError.INVALID_REQUEST, null, code, message);
  }
}
