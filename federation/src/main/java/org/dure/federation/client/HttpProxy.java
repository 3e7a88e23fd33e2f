package org.dure.federation.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;

/// An HTTP proxy through which a region reaches its hub: a tunnel made by `CONNECT` (RFC 9110,
/// 9.3.6), in which TLS runs from end to end. Basic credentials (RFC 7617) are sent where the
/// address has them.
///
/// @param user empty for none
public record HttpProxy(String host, int port, String user, String password) {
  private static final int MOST_ANSWER = 16 << 10;

  /// Where no port is given.
  private static final int PORT = 3128;

  /// @param address `http://proxy.example:3128`, or with `USER:PASSWORD@`, percent-encoded
  /// @throws DureException with [ErrorCode#USAGE] if it is no such address
  public static HttpProxy of(String address) {
    URI uri;
    try {
      uri = URI.create(address.contains("://") ? address : "http://" + address);
    } catch (IllegalArgumentException e) {
      throw new DureException(ErrorCode.USAGE, "proxy: not an address: " + e.getMessage(), e);
    }
    if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
      throw new DureException(
          ErrorCode.USAGE,
          "proxy of the form %s://...: expected http://[USER:PASSWORD@]HOST:PORT"
              .formatted(uri.getScheme()));
    }
    if (uri.getPort() > 65_535) {
      throw new DureException(ErrorCode.USAGE, "proxy: there is no port " + uri.getPort());
    }
    String given = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
    int colon = given.indexOf(':');
    return new HttpProxy(
        bare(uri.getHost()),
        uri.getPort() < 0 ? PORT : uri.getPort(),
        decoded(colon < 0 ? given : given.substring(0, colon)),
        colon < 0 ? "" : decoded(given.substring(colon + 1)));
  }

  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  /// An address of IPv6 has a port only behind its brackets.
  private static String withoutPort(String entry) {
    boolean many = entry.indexOf(':') != entry.lastIndexOf(':');
    return many && !entry.startsWith("[") ? entry : entry.replaceFirst(":[0-9]{1,5}$", "");
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /// What the environment says for this hub: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` or
  /// `no_proxy` names the host (`*`, a host, a domain with or without a leading dot, each with or
  /// without a port; an address; a network such as `10.0.0.0/8` or `fd00::/8`, for a hub that is
  /// given by its address; commas between).
  ///
  /// @throws DureException with [ErrorCode#USAGE] if `hub` names no host
  public static Optional<HttpProxy> of(URI hub, Map<String, String> environment) {
    if (hub.getHost() == null) {
      throw new DureException(
          ErrorCode.USAGE, "hub \"%s\": expected https://HOST:PORT".formatted(hub));
    }
    String proxy = either(environment, "https_proxy", "HTTPS_PROXY");
    String direct = either(environment, "no_proxy", "NO_PROXY");
    return proxy.isEmpty() || isDirect(bare(hub.getHost()), direct)
        ? Optional.empty()
        : Optional.of(of(proxy));
  }

  private static String either(Map<String, String> environment, String first, String second) {
    String value = environment.get(first);
    return value == null ? environment.getOrDefault(second, "").strip() : value.strip();
  }

  private static boolean isDirect(String hub, String exceptions) {
    String host = hub.toLowerCase(Locale.ROOT);
    for (String entry : exceptions.toLowerCase(Locale.ROOT).split(",")) {
      String name = bare(withoutPort(entry.strip())).replaceFirst("^\\*?\\.", "");
      if (name.equals("*")
          || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))
          || isWithin(host, name)) {
        return true;
      }
    }
    return false;
  }

  /// Whether a host that is given by its address lies in a network, or has that address.
  private static boolean isWithin(String host, String network) {
    int slash = network.indexOf('/');
    try {
      byte[] address = InetAddress.ofLiteral(host).getAddress();
      byte[] start =
          InetAddress.ofLiteral(bare(slash < 0 ? network : network.substring(0, slash)))
              .getAddress();
      int whole = address.length * Byte.SIZE;
      int bits = slash < 0 ? whole : Integer.parseInt(network.substring(slash + 1));
      return start.length == address.length
          && bits >= 0
          && bits <= whole
          && new BigInteger(1, address)
              .shiftRight(whole - bits)
              .equals(new BigInteger(1, start).shiftRight(whole - bits));
    } catch (IllegalArgumentException e) {
      // Either is a name.
      return false;
    }
  }

  /// A connection to `target` through the proxy, which is given the name as it is and looks it up.
  ///
  /// @param timeout for each wait
  Socket tunnel(InetSocketAddress target, Duration timeout) throws IOException {
    Socket socket = HubTarget.connect(host, port, timeout);
    try {
      socket.setSoTimeout((int) timeout.toMillis());
      String name = target.getHostString();
      String to = (name.contains(":") ? "[" + name + "]" : name) + ":" + target.getPort();
      String request = "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n".formatted(to, to, credentials());
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      String status = head(socket.getInputStream());
      if (!status.matches("HTTP/1\\.[01] 2[0-9][0-9].*")) {
        throw new IOException(
            "proxy %s:%d answers \"%s\"%s"
                .formatted(host, port, Printable.line(status), advice(status)));
      }
      socket.setSoTimeout(0);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private String credentials() {
    if (user.isEmpty()) {
      return "";
    }
    byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString(both) + "\r\n";
  }

  private static String advice(String status) {
    return status.contains(" 407")
        ? ": give it http://USER:PASSWORD@HOST:PORT"
        : status.contains(" 403") ? ": its administrator must allow CONNECT to the hub" : "";
  }

  /// Reads up to the empty line, and nothing of what follows.
  ///
  /// @return the first line
  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (head.size() < MOST_ANSWER) {
      int value = in.read();
      if (value < 0) {
        throw new IOException("the proxy closed the connection");
      }
      head.write(value);
      String text = value == '\n' ? head.toString(StandardCharsets.ISO_8859_1) : "";
      if (text.endsWith("\r\n\r\n") || text.endsWith("\n\n")) {
        return text.lines().findFirst().orElse("").strip();
      }
    }
    throw new IOException("the proxy's answer is longer than %d bytes".formatted(MOST_ANSWER));
  }

  @Override
  public String toString() {
    return "http://%s%s:%d".formatted(user.isEmpty() ? "" : user + ":...@", host, port);
  }
}
