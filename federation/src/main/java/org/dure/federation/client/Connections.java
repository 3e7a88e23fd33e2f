package org.dure.federation.client;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.dure.core.runtime.BackgroundTask;
import org.jspecify.annotations.Nullable;

/// The connections of a region to its hub: kept as long as they are of use, made when more are
/// wanted, dropped when they stall. Thread-safe.
final class Connections implements AutoCloseable {
  /// Longest time without a byte.
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /// Requests under way on one connection: one that is moving and the next.
  static final int DEPTH = 2;

  /// Routers on the way forget connections that rest; a new one costs two round trips, one that
  /// was forgotten [#PATIENCE].
  private static final Duration REST = Duration.ofSeconds(20);

  private static final Duration WATCH = Duration.ofMillis(500);

  private final HubTarget target;
  private final ConnectionScaler scaler = new ConnectionScaler();
  private final List<HubConnection> open = new ArrayList<>();
  private final List<HubConnection> reserved = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final BackgroundTask watch;
  private int connecting;
  private volatile boolean closed;

  Connections(HubTarget target) {
    this.target = target;
    // A turn that fails is made good by the next.
    this.watch = BackgroundTask.every(WATCH, "watch-connections", this::watch, failure -> {});
  }

  /// How many connections pay.
  int count() {
    return scaler.connections();
  }

  Duration roundTrip() {
    return scaler.roundTrip();
  }

  boolean isClosed() {
    return closed;
  }

  /// An exchange that waits for nobody else's.
  <T> T control(
      HubConnection.Request request, HubConnection.Body body, HubConnection.Reader<T> reader)
      throws IOException, InterruptedException {
    HubConnection found = idle();
    if (found != null) {
      try {
        return exchange(found, request, body, reader);
      } catch (IOException e) {
        checkOpen();
        // It had been idle: perhaps the hub was restarted since.
        if (!isRestartable(e)) {
          throw e;
        }
      }
    }
    return exchange(made(true), request, body, reader);
  }

  /// A connection that stalled has had its time; one that was closed has not.
  private static boolean isRestartable(IOException e) {
    return !String.valueOf(e.getMessage()).startsWith("nothing moved");
  }

  private <T> T exchange(
      HubConnection connection,
      HubConnection.Request request,
      HubConnection.Body body,
      HubConnection.Reader<T> reader)
      throws IOException {
    try {
      return connection.exchange(request, body, reader);
    } finally {
      lock.lock();
      try {
        reserved.remove(connection);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Nullable
  private HubConnection idle() throws IOException {
    lock.lock();
    try {
      checkOpen();
      sweep();
      Optional<HubConnection> idle =
          open.stream().filter(connection -> connection.pending() == 0).findFirst();
      idle.ifPresent(
          connection -> {
            reserved.add(connection);
            connection.reserve();
          });
      return idle.orElse(null);
    } finally {
      lock.unlock();
    }
  }

  /// An exchange that shares the connections with others of its kind.
  <T> T bulk(HubConnection.Request request, HubConnection.Body body, HubConnection.Reader<T> reader)
      throws IOException, InterruptedException {
    return exchange(share(), request, body, reader);
  }

  private HubConnection share() throws IOException, InterruptedException {
    lock.lock();
    try {
      while (true) {
        checkOpen();
        sweep();
        Predicate<HubConnection> free = connection -> !reserved.contains(connection);
        Optional<HubConnection> least =
            open.stream().filter(free).min(Comparator.comparingInt(HubConnection::pending));
        int bulk = (int) open.stream().filter(free).count() + connecting;
        int pending = least.map(HubConnection::pending).orElse(DEPTH);
        boolean narrow = bulk > scaler.connections();
        if (pending == 0 || (pending < DEPTH && bulk >= scaler.connections() && !narrow)) {
          least.orElseThrow().reserve();
          return least.orElseThrow();
        }
        if (bulk < scaler.connections()) {
          break;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
    return made(false);
  }

  /// @param exclusive whether it is for one exchange alone
  private HubConnection made(boolean exclusive) throws IOException {
    lock.lock();
    try {
      checkOpen();
      connecting += exclusive ? 0 : 1;
    } finally {
      lock.unlock();
    }
    try {
      HubConnection connection = new HubConnection(target, bytes -> scaler.moved(bytes, busy()));
      scaler.connected(connection.roundTrip());
      lock.lock();
      try {
        if (closed) {
          connection.close();
        }
        checkOpen();
        open.add(connection);
        if (exclusive) {
          reserved.add(connection);
        }
        connection.reserve();
        return connection;
      } finally {
        lock.unlock();
      }
    } finally {
      lock.lock();
      try {
        connecting -= exclusive ? 0 : 1;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private int busy() {
    return busy;
  }

  private volatile int busy;

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the link to the hub was closed");
    }
  }

  /// Forgets connections that are of no more use. Under the lock.
  private void sweep() {
    open.removeIf(
        connection -> {
          if (!connection.isBroken() && connection.isIdleFor(REST)) {
            connection.close();
          }
          return connection.isBroken();
        });
  }

  private void watch() {
    List<HubConnection> now;
    lock.lock();
    try {
      sweep();
      now = List.copyOf(open);
      busy = (int) now.stream().filter(connection -> connection.pending() > 0).count();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    now.stream().filter(HubConnection::isStalled).forEach(HubConnection::dropStalled);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      open.forEach(HubConnection::close);
      open.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    watch.stop();
  }
}
