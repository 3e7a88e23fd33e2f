package org.dure.serving;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.dure.core.runtime.LeastRecentlyUsed;

/// Turns to run one step of a model, the same time for every client however many requests it has
/// and however long its steps are: start-time fair queueing (Goyal, Vin and Cheng 1996), by the
/// time
/// that steps took. Requests of one client take turns in the order in which they ask. Thread-safe.
final class Turns {
  /// Clients whose use is remembered while they ask for nothing.
  private static final int MOST_CLIENTS = 1_024;

  /// What a client has used.
  private static final class Account {
    private long used;
  }

  /// A step that may run until it is closed.
  final class Turn implements AutoCloseable {
    private final Account account;
    private final long arrival;
    private final Condition ready = lock.newCondition();
    private boolean granted;
    private long since;

    private Turn(Account account, long arrival) {
      this.account = account;
      this.arrival = arrival;
    }

    private long used() {
      return account.used;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        account.used += Math.max(1, nanos.getAsLong() - since);
        running--;
        grant();
      } finally {
        lock.unlock();
      }
    }
  }

  private final int steps;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final LeastRecentlyUsed<String, Account> accounts = new LeastRecentlyUsed<>(MOST_CLIENTS);
  private final List<Turn> waiting = new ArrayList<>();
  private int running;
  private long arrivals;

  /// What the client had used that was given the newest turn: whoever was away begins from there.
  private long now;

  /// @param steps that run at once
  Turns(int steps, LongSupplier nanos) {
    this.steps = steps;
    this.nanos = nanos;
  }

  /// Waits for a turn.
  Turn begin(String client) {
    lock.lock();
    try {
      Account account = accounts.computeIfAbsent(client, name -> new Account());
      account.used = Math.max(account.used, now);
      Turn turn = new Turn(account, arrivals++);
      waiting.add(turn);
      grant();
      while (!turn.granted) {
        turn.ready.awaitUninterruptibly();
      }
      return turn;
    } finally {
      lock.unlock();
    }
  }

  private void grant() {
    while (running < steps && !waiting.isEmpty()) {
      Turn next =
          waiting.stream()
              .min(Comparator.comparingLong(Turn::used).thenComparing(turn -> turn.arrival))
              .orElseThrow();
      waiting.remove(next);
      next.granted = true;
      next.since = nanos.getAsLong();
      now = Math.max(now, next.used());
      running++;
      next.ready.signal();
    }
  }

  /// How many wait for a turn.
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }
}
