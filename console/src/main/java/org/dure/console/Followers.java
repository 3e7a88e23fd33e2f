package org.dure.console;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Those who follow the study: so many, of whom the oldest has to leave when another comes. A page
/// whose connection ends comes back by itself, so nobody can keep the others out by staying.
/// Thread-safe.
final class Followers {
  private final int most;
  private final Deque<Follower> inside = new ArrayDeque<>();

  /// @param most who follow at once
  Followers(int most) {
    this.most = most;
  }

  /// One who follows, on its own thread, until it is closed.
  final class Follower implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private volatile boolean leaves;

    boolean mustLeave() {
      return leaves;
    }

    @Override
    public void close() {
      synchronized (Followers.this) {
        inside.remove(this);
      }
      // What was meant for the following is over with it.
      boolean unused = leaves && Thread.interrupted();
    }
  }

  /// Whoever is here longest leaves if there are too many: also one that does not read what it is
  /// sent.
  Follower enter() {
    @Nullable Follower oldest = null;
    Follower follower = new Follower();
    synchronized (this) {
      inside.addLast(follower);
      if (inside.size() > most) {
        oldest = inside.removeFirst();
      }
      if (oldest != null) {
        oldest.leaves = true;
        oldest.thread.interrupt();
      }
    }
    return follower;
  }

  synchronized int count() {
    return inside.size();
  }
}
