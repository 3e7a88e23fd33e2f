package org.dure.serving;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;

/// Language models behind the OpenAI API's `/v1/models`, `/v1/completions` and
/// `/v1/chat/completions`, with a page on `/` to try them. `openapi.yaml` beside this class lists
/// every path, parameter and error.
///
/// Any number of clients may ask at once: each request runs on a virtual thread, and the models'
/// steps go round among them, token by token. A client that closes its connection ends its
/// generation before the next token. Who may ask, under which name and from which web pages, is
/// [Access]; unless told otherwise programs of this machine and the server's own page.
///
/// Thread-safe. The models belong to the caller and stay open after [#close].
public final class ModelServer implements AutoCloseable {
  /// The address that only this machine reaches.
  public static final String LOOPBACK = "127.0.0.1";

  private final Routes routes;
  private final Admission admission;
  private final ServingLimits limits;
  private final String host;
  private final String scheme;

  private ModelServer(
      Routes routes, Admission admission, ServingLimits limits, String host, String scheme) {
    this.routes = routes;
    this.admission = admission;
    this.limits = limits;
    this.host = host;
    this.scheme = scheme;
  }

  /// Serves the models under their names, within [ServingLimits#DEFAULT].
  ///
  /// @param host name or address to listen on, usually [#LOOPBACK]
  /// @param port 0 for any free one
  /// @throws DureException with [ErrorCode#PORT_TAKEN], or [ErrorCode#CONFIGURATION_INVALID] if
  ///     there is no such address, no model, or two models of one name
  public static ModelServer start(List<LanguageModel> models, String host, int port) {
    return start(models.stream().map(ServedModel::of).toList(), host, port, ServingLimits.DEFAULT);
  }

  /// As [#start(List, String, int)], with what is known about the models' origin.
  public static ModelServer start(
      List<ServedModel> models, String host, int port, ServingLimits limits) {
    return start(models, host, port, limits, Access.open(host));
  }

  /// As [#start(List, String, int, ServingLimits)], for whom `access` lets in.
  public static ModelServer start(
      List<ServedModel> models, String host, int port, ServingLimits limits, Access access) {
    Map<String, ServedModel> byName = new LinkedHashMap<>();
    for (ServedModel model : models) {
      if (byName.put(model.model().name(), model) != null) {
        throw new DureException(
            ErrorCode.CONFIGURATION_INVALID,
            "two models are named %s: expected one name each".formatted(model.model().name()));
      }
    }
    if (byName.isEmpty()) {
      throw new DureException(ErrorCode.CONFIGURATION_INVALID, "there is no model to serve");
    }
    checkHost(host);
    Admission admission = new Admission(limits);
    Routes routes =
        new Routes(
            byName,
            limits,
            admission,
            access,
            InetSocketAddress.createUnresolved(host, port),
            Clock.systemUTC());
    routes.start();
    return new ModelServer(
        routes, admission, limits, host, access.tls().isPresent() ? "https" : "http");
  }

  private static void checkHost(String host) {
    try {
      InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "there is no address %s on this machine".formatted(host),
          e);
    }
  }

  /// The port it listens on.
  public int port() {
    return routes.port();
  }

  /// Where the page is; the API is under `/v1` there.
  public URI address() {
    boolean everywhere = host.equals("0.0.0.0") || host.equals("::");
    String name = everywhere ? "localhost" : host;
    return URI.create(
        "%s://%s:%d/".formatted(scheme, name.contains(":") ? "[" + name + "]" : name, port()));
  }

  /// Refuses new requests, lets running answers finish for [ServingLimits#grace], cuts off the rest
  /// and stops listening. A second call does nothing.
  @Override
  public void close() {
    admission.close(limits.grace());
    routes.stop();
  }
}
