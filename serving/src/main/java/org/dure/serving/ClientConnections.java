package org.dure.serving;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.dure.core.runtime.SenderAddress;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;

/// So many connections and no more: nobody's address has more than it leaves free for others, and
/// when there are too many, one of the address that has most goes, first those on which nothing was
/// ever said, then the oldest. Thread-safe.
final class ClientConnections implements Connection.Listener {
  /// Connections in all.
  static final int MOST = 1_024;

  /// Connections that every address may have, however many others there are.
  static final int LEAST_OF_ADDRESS = 8;

  private final int most;

  /// Oldest first.
  private final Map<EndPoint, Guest> guests = new LinkedHashMap<>();

  /// @param number counted in the order of arrival
  private record Guest(Connection connection, String address, long number) {
    boolean isSilent() {
      return connection.getBytesIn() <= 0;
    }
  }

  private long arrived;

  ClientConnections() {
    this(MOST);
  }

  ClientConnections(int most) {
    this.most = most;
  }

  @Override
  public void onOpened(Connection connection) {
    if (isInner(connection)) {
      return;
    }
    EndPoint endPoint = connection.getEndPoint();
    String address = address(endPoint.getRemoteSocketAddress());
    Optional<Guest> leaves;
    synchronized (this) {
      guests.put(endPoint, new Guest(connection, address, arrived++));
      leaves = leaves(address);
      leaves.ifPresent(guest -> guests.remove(guest.connection.getEndPoint()));
    }
    leaves.ifPresent(guest -> guest.connection.getEndPoint().close());
  }

  private Optional<Guest> leaves(String address) {
    Map<String, Integer> counts = new HashMap<>();
    guests.values().forEach(guest -> counts.merge(guest.address, 1, Integer::sum));
    int free = Math.max(LEAST_OF_ADDRESS, most - guests.size());
    if (counts.getOrDefault(address, 0) > free) {
      return ofAddress(address);
    }
    return guests.size() > most
        ? ofAddress(Collections.max(counts.entrySet(), Map.Entry.comparingByValue()).getKey())
        : Optional.empty();
  }

  private Optional<Guest> ofAddress(String address) {
    return guests.values().stream()
        .filter(guest -> guest.address.equals(address))
        .min(
            Comparator.comparing((Guest guest) -> !guest.isSilent())
                .thenComparing(guest -> guest.number));
  }

  /// Within TLS there is a connection in a connection.
  private static boolean isInner(Connection connection) {
    return connection.getEndPoint() instanceof SslConnection.SslEndPoint;
  }

  private static String address(SocketAddress address) {
    return address instanceof InetSocketAddress internet && internet.getAddress() != null
        ? SenderAddress.network(internet.getAddress().getHostAddress())
        : String.valueOf(address);
  }

  @Override
  public synchronized void onClosed(Connection connection) {
    if (!isInner(connection)) {
      guests.remove(connection.getEndPoint());
    }
  }

  /// Connections that are open.
  synchronized int open() {
    return guests.size();
  }
}
