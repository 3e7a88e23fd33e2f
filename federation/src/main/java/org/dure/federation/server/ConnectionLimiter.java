package org.dure.federation.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.dure.federation.wire.TlsIdentity;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;

/// Sees to it that strangers cannot take all the hub's connections: whoever has not proved to be a
/// region has little time, and when there are too many such, from one address or in all, those go
/// first that have said nothing, then the oldest. A region, too, has only so many. Thread-safe.
final class ConnectionLimiter implements Connection.Listener, SslHandshakeListener {
  /// Connections of all that are not known.
  static final int MOST_STRANGERS = 512;

  /// Connections of those whose greeting is over and showed no certificate: all that they can do is
  /// ask to be admitted, and each holds the buffers of a TLS connection.
  static final int MOST_NAMELESS = 128;

  /// Connections of one address that are not known.
  static final int MOST_OF_ADDRESS = 128;

  /// Connections of one region.
  static final int MOST_OF_REGION = 96;

  /// For the handshake.
  static final Duration HANDSHAKE = Duration.ofSeconds(15);

  /// For everything that a caller without a certificate can do.
  static final Duration ENROLMENT = Duration.ofSeconds(60);

  private static final class Guest {
    final SslConnection connection;
    final String address;
    final long since;

    /// Whether the handshake is over.
    boolean greeted;

    /// Common name of its certificate; empty if it has shown none.
    String name = "";

    Guest(SslConnection connection, String address, long since) {
      this.connection = connection;
      this.address = address;
      this.since = since;
    }

    boolean isStranger() {
      return name.isEmpty();
    }

    boolean isSilent() {
      return connection.getBytesIn() == 0;
    }
  }

  private final LongSupplier nanos;
  private final Map<SSLEngine, Guest> guests = new LinkedHashMap<>();

  ConnectionLimiter() {
    this(System::nanoTime);
  }

  ConnectionLimiter(LongSupplier nanos) {
    this.nanos = nanos;
  }

  @Override
  public void onOpened(Connection connection) {
    if (connection instanceof SslConnection tls) {
      String address = address(tls.getEndPoint().getRemoteSocketAddress());
      Optional<Guest> leaves;
      synchronized (this) {
        guests.put(tls.getSSLEngine(), new Guest(tls, address, nanos.getAsLong()));
        leaves = tooMany(Guest::isStranger, MOST_STRANGERS);
        if (leaves.isEmpty()) {
          leaves =
              tooMany(
                  guest -> guest.isStranger() && guest.address.equals(address), MOST_OF_ADDRESS);
        }
      }
      leaves.ifPresent(ConnectionLimiter::close);
    }
  }

  /// Takes one guest off the books, if more than `most` are of this kind.
  private Optional<Guest> tooMany(Predicate<Guest> kind, int most) {
    if (guests.size() <= most || guests.values().stream().filter(kind).count() <= most) {
      return Optional.empty();
    }
    Optional<Guest> leaves =
        guests.values().stream()
            .filter(kind)
            .min(
                Comparator.comparing((Guest guest) -> !guest.isSilent())
                    .thenComparing(guest -> guest.since));
    leaves.ifPresent(this::forget);
    return leaves;
  }

  private void forget(Guest guest) {
    guests.remove(guest.connection.getSSLEngine());
  }

  private static void close(Guest guest) {
    guest.connection.getEndPoint().close();
  }

  private static String address(SocketAddress address) {
    return address instanceof InetSocketAddress internet && internet.getAddress() != null
        ? internet.getAddress().getHostAddress()
        : String.valueOf(address);
  }

  @Override
  public void handshakeSucceeded(Event event) {
    String name = name(event.getSSLEngine());
    Optional<Guest> leaves;
    synchronized (this) {
      Guest guest = guests.get(event.getSSLEngine());
      if (guest == null) {
        return;
      }
      guest.greeted = true;
      guest.name = name;
      leaves =
          name.isEmpty()
              ? tooMany(other -> other.greeted && other.isStranger(), MOST_NAMELESS)
              : tooMany(other -> other.name.equals(name), MOST_OF_REGION);
    }
    leaves.ifPresent(ConnectionLimiter::close);
  }

  private static String name(SSLEngine engine) {
    try {
      return engine.getSession().getPeerCertificates()[0] instanceof X509Certificate certificate
          ? TlsIdentity.commonName(certificate)
          : "";
    } catch (SSLPeerUnverifiedException e) {
      return "";
    }
  }

  @Override
  public synchronized void onClosed(Connection connection) {
    if (connection instanceof SslConnection tls) {
      guests.remove(tls.getSSLEngine());
    }
  }

  /// Closes the connections whose time is over; to be called every second or so.
  void sweep() {
    List<Guest> late;
    synchronized (this) {
      long now = nanos.getAsLong();
      late =
          guests.values().stream()
              .filter(Guest::isStranger)
              .filter(
                  guest -> now - guest.since > (guest.greeted ? ENROLMENT : HANDSHAKE).toNanos())
              .toList();
      late.forEach(this::forget);
    }
    late.forEach(ConnectionLimiter::close);
  }

  /// Connections that are open.
  synchronized int open() {
    return guests.size();
  }
}
