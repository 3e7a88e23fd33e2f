package org.dure.federation.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
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
    return connect(host, port, timeout);
  }

  /// Connects to whichever of a name's addresses answers, in the order of the name service: a
  /// server that is not reached over IPv6 may be over IPv4.
  ///
  /// @param timeout for each address
  static Socket connect(String host, int port, Duration timeout) throws IOException {
    try {
      return connect(InetAddress.getAllByName(host), port, timeout);
    } catch (UnknownHostException e) {
      throw new IOException("no address is known for " + host, e);
    }
  }

  static Socket connect(InetAddress[] addresses, int port, Duration timeout) throws IOException {
    IOException failure = new IOException("a name without addresses");
    for (int i = 0; i < addresses.length; i++) {
      Socket socket = new Socket();
      try {
        socket.connect(new InetSocketAddress(addresses[i], port), (int) timeout.toMillis());
        return socket;
      } catch (IOException e) {
        socket.close();
        if (i > 0) {
          e.addSuppressed(failure);
        }
        failure = e;
      }
    }
    throw failure;
  }
}
