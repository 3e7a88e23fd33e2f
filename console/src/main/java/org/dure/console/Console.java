package org.dure.console;

import java.time.ZoneId;
import java.util.function.Supplier;
import org.dure.core.DureException;
import org.dure.federation.status.StudyStatus;

/// The pages on which people watch a study: a small HTTP server in the hub's process, apart from
/// the port on which regions talk to the hub.
///
/// It only reads. It is plain HTTP and knows no users, so it belongs on a loopback address; there
/// it also refuses requests that name another host, so that a page elsewhere cannot read it through
/// a name that resolves to this machine.
///
/// Pages are whole without JavaScript; with it one small module follows `/events` and brings the
/// page up to date in place. Thread-safe.
public final class Console implements AutoCloseable {
  private final ConsoleRoutes routes;
  private final StatusCache feed;
  private final String host;

  private Console(ConsoleRoutes routes, StatusCache feed, String host) {
    this.routes = routes;
    this.feed = feed;
    this.host = host;
  }

  /// Starts serving.
  ///
  /// @param status the study's present picture; asked at most twice a second
  /// @param host address to listen on, e.g. `127.0.0.1`
  /// @param port 0 for any free one
  /// @throws DureException with [ErrorCode#PORT_TAKEN]
  public static Console start(
      Supplier<StudyStatus> status, ConsoleExtras extras, String host, int port) {
    StatusCache feed = new StatusCache(status);
    try {
      Pages pages = new Pages(extras, ZoneId.systemDefault());
      return new Console(ConsoleRoutes.start(feed, pages, host, port), feed, host);
    } catch (RuntimeException e) {
      feed.close();
      throw e;
    }
  }

  /// The port that is listened on.
  public int port() {
    return routes.port();
  }

  /// Where a browser finds the first page, e.g. `http://127.0.0.1:8700/`.
  public String address() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return "http://" + name + ":" + port() + "/";
  }

  /// Ends every open connection and frees the port.
  @Override
  public void close() {
    feed.close();
    routes.close();
  }
}
