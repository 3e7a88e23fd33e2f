package org.dure.federation.server;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
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

  /// Guests of one kind, of whom one can be told to leave: first those that have said nothing, then
  /// the oldest. Every call takes the same time, however many there are.
  private static final class Line {
    private final Set<Guest> silent = new LinkedHashSet<>();
    private final Set<Guest> others = new LinkedHashSet<>();

    void add(Guest guest) {
      silent.add(guest);
    }

    void remove(Guest guest) {
      if (!silent.remove(guest)) {
        others.remove(guest);
      }
    }

    int size() {
      return silent.size() + others.size();
    }

    Stream<Guest> all() {
      return Stream.concat(silent.stream(), others.stream());
    }

    Guest first() {
      // Nobody says when a guest has begun to speak: it is found out here, once for each.
      while (!silent.isEmpty()) {
        Guest oldest = silent.iterator().next();
        if (oldest.isSilent()) {
          return oldest;
        }
        silent.remove(oldest);
        others.add(oldest);
      }
      return others.iterator().next();
    }
  }

  private final Crowd crowd;
  private final LongSupplier nanos;
  private final int mostGreeted;
  private final Map<SSLEngine, Guest> guests = new HashMap<>();
  private final Line strangers = new Line();

  /// Strangers by their address.
  private final Map<String, Line> addresses = new HashMap<>();

  /// Guests whose greeting is over by their name; those without a certificate have the empty one.
  private final Map<String, Line> names = new HashMap<>();

  private int greeted;

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
        Guest guest = new Guest(tls, address, nanos.getAsLong());
        guests.put(tls.getSSLEngine(), guest);
        strangers.add(guest);
        Line ofAddress = enter(addresses, address, guest);
        leaves = tooMany(strangers, MOST_STRANGERS);
        if (leaves.isEmpty()) {
          leaves = tooMany(ofAddress, MOST_OF_ADDRESS);
        }
      }
      leaves.ifPresent(this::close);
    }
  }

  private static Line enter(Map<String, Line> lines, String key, Guest guest) {
    Line line = lines.computeIfAbsent(key, name -> new Line());
    line.add(guest);
    return line;
  }

  private static void leave(Map<String, Line> lines, String key, Guest guest) {
    Line line = lines.get(key);
    if (line != null) {
      line.remove(guest);
      if (line.size() == 0) {
        lines.remove(key);
      }
    }
  }

  /// Takes one guest off the books, if more than `most` are in this line.
  private Optional<Guest> tooMany(Line line, int most) {
    if (line.size() <= most) {
      return Optional.empty();
    }
    Guest leaves = line.first();
    forget(leaves);
    return Optional.of(leaves);
  }

  private void forget(Guest guest) {
    if (guests.remove(guest.connection.getSSLEngine()) == null) {
      return;
    }
    if (guest.isStranger()) {
      strangers.remove(guest);
      leave(addresses, guest.address, guest);
    }
    if (guest.greeted) {
      greeted--;
      leave(names, guest.name, guest);
    }
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
      if (guest == null || guest.greeted) {
        return;
      }
      guest.greeted = true;
      greeted++;
      if (!name.isEmpty()) {
        strangers.remove(guest);
        leave(addresses, guest.address, guest);
        guest.name = name;
      }
      leaves = tooMany(enter(names, name, guest), name.isEmpty() ? MOST_NAMELESS : MOST_OF_REGION);
      if (leaves.isEmpty()) {
        leaves = tooManyInAll();
      }
    }
    leaves.ifPresent(this::close);
  }

  /// Of whoever has most connections the oldest leaves, if there are more than the hub has memory
  /// for.
  private Optional<Guest> tooManyInAll() {
    return greeted <= mostGreeted
        ? Optional.empty()
        : tooMany(Collections.max(names.values(), Comparator.comparingInt(Line::size)), 0);
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
      Guest guest = guests.get(tls.getSSLEngine());
      if (guest != null) {
        forget(guest);
      }
    }
  }

  /// Closes the connections whose time is over; to be called every second or so.
  void sweep() {
    List<Guest> late;
    synchronized (this) {
      long now = nanos.getAsLong();
      late =
          strangers
              .all()
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
