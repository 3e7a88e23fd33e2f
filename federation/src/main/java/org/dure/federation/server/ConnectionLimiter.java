package org.dure.federation.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.dure.core.runtime.SenderAddress;
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

  /// Memory that a connection after its greeting is taken to need.
  private static final long CONNECTION_BYTES = 160 << 10;

  /// Told of everyone that has to leave.
  @FunctionalInterface
  interface Crowd {
    /// @param region name of its certificate; empty for a stranger
    void leaves(String region, String address);
  }

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

  private final Crowd crowd;
  private final LongSupplier nanos;
  private final int mostGreeted;
  private final Map<SSLEngine, Guest> guests = new LinkedHashMap<>();

  ConnectionLimiter(Crowd crowd) {
    this(crowd, System::nanoTime);
  }

  ConnectionLimiter(Crowd crowd, LongSupplier nanos) {
    this.crowd = crowd;
    this.nanos = nanos;
    this.mostGreeted =
        (int) Math.max(MOST_NAMELESS, Runtime.getRuntime().maxMemory() / CONNECTION_BYTES);
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
      leaves.ifPresent(this::close);
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

  private void close(Guest guest) {
    guest.connection.getEndPoint().close();
    crowd.leaves(guest.name, guest.address);
  }

  private static String address(SocketAddress address) {
    return address instanceof InetSocketAddress internet && internet.getAddress() != null
        ? SenderAddress.network(internet.getAddress().getHostAddress())
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
      if (leaves.isEmpty()) {
        leaves = tooManyInAll();
      }
    }
    leaves.ifPresent(this::close);
  }

  /// Of whoever has most connections the oldest leaves, if there are more than the hub has memory
  /// for.
  private Optional<Guest> tooManyInAll() {
    if (guests.size() <= mostGreeted) {
      return Optional.empty();
    }
    Map<String, Long> counts =
        guests.values().stream()
            .filter(guest -> guest.greeted)
            .collect(Collectors.groupingBy(guest -> guest.name, Collectors.counting()));
    if (counts.values().stream().mapToLong(Long::longValue).sum() <= mostGreeted) {
      return Optional.empty();
    }
    String most = Collections.max(counts.entrySet(), Map.Entry.comparingByValue()).getKey();
    return tooMany(guest -> guest.greeted && guest.name.equals(most), 0);
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
    late.forEach(this::close);
  }

  /// Connections that are open.
  synchronized int open() {
    return guests.size();
  }
}
