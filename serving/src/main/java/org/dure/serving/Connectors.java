package org.dure.serving;

import java.net.InetSocketAddress;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// HTTP/1.1, plain or over TLS 1.3 or 1.2, for so many connections as [ClientConnections] lets be.
final class Connectors {
  private static final long IDLE_MILLIS = 30_000;

  private Connectors() {}

  static ServerConnector of(
      Server jetty, HttpConfiguration http, Optional<SSLContext> tls, InetSocketAddress listen) {
    http.setSendServerVersion(false);
    ServerConnector connector =
        tls.map(context -> secure(jetty, http, context))
            .orElseGet(() -> new ServerConnector(jetty, new HttpConnectionFactory(http)));
    connector.setHost(listen.getHostString());
    connector.setPort(listen.getPort());
    connector.setIdleTimeout(IDLE_MILLIS);
    connector.addBean(new ClientConnections());
    return connector;
  }

  private static ServerConnector secure(Server jetty, HttpConfiguration http, SSLContext tls) {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    factory.setSslContext(tls);
    factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
    // Under which names it may be asked, the guard decides.
    http.addCustomizer(new SecureRequestCustomizer(false));
    return new ServerConnector(
        jetty, new SslConnectionFactory(factory, "http/1.1"), new HttpConnectionFactory(http));
  }
}
