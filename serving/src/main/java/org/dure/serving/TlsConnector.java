package org.dure.serving;

import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// HTTP/1.1 over TLS 1.3 or 1.2.
final class TlsConnector {
  private TlsConnector() {}

  static ServerConnector of(
      Server jetty, HttpConfiguration http, SSLContext tls, InetSocketAddress listen) {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    factory.setSslContext(tls);
    factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
    http.setSendServerVersion(false);
    // Under which names it may be asked, the guard decides.
    http.addCustomizer(new SecureRequestCustomizer(false));
    ServerConnector connector =
        new ServerConnector(
            jetty, new SslConnectionFactory(factory, "http/1.1"), new HttpConnectionFactory(http));
    connector.setHost(listen.getHostString());
    connector.setPort(listen.getPort());
    return connector;
  }
}
