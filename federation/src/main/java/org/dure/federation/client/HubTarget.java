package org.dure.federation.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Where connections go. The hub keeps its name: whoever makes the last part of the way, this
/// machine or the proxy, looks it up.
record HubTarget(
    String host, int port, SSLSocketFactory tls, Optional<HttpProxy> proxy, Duration timeout) {
  /// @param hub e.g. `https://hub.example:7443`
  /// @param proxy on the way, if any
  /// @param timeout longest time without a byte
  /// @throws DureException with [ErrorCode#USAGE] if that is no hub's address
  static HubTarget of(URI hub, SSLContext tls, Optional<HttpProxy> proxy, Duration timeout) {
    String host = hub.getHost();
    if (host == null || !"https".equalsIgnoreCase(hub.getScheme())) {
      throw new DureException(
          ErrorCode.USAGE, "hub \"%s\": expected https://HOST:PORT".formatted(hub));
    }
    return new HubTarget(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        hub.getPort() < 0 ? 443 : hub.getPort(),
        tls.getSocketFactory(),
        proxy,
        timeout);
  }

  /// Connects this far that TLS can begin.
  Socket connect() throws IOException {
    if (proxy.isPresent()) {
      return proxy.get().tunnel(InetSocketAddress.createUnresolved(host, port), timeout);
    }
    Socket socket = new Socket();
    try {
      InetSocketAddress hub = new InetSocketAddress(host, port);
      if (hub.isUnresolved()) {
        throw new IOException("no address is known for " + host);
      }
      socket.connect(hub, (int) timeout.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
