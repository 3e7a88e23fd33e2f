package org.dure.core.runtime;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// One budget of memory for everything that a listener is receiving and answering, divided among
/// those who send: taken before a byte is read, given back when the answer is out.
///
/// A sender may hold no more than what it leaves free for others (the dynamic threshold of
/// Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998,
/// with factor
/// 1): one alone has half, `n` that want all they can get have `1 / (n + 1)` each, and there is
/// always something for whoever comes next. Where that is too little, because others hold theirs
/// for long, the oldest claim of whoever holds most is cut off, once it has had [#SAFE].
/// Thread-safe.
public final class ReceiveBudget {
  /// For so long nobody's claim is cut off.
  public static final Duration SAFE = Duration.ofSeconds(20);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /// Memory in the name of a sender, until it is closed.
  public final class Claim implements AutoCloseable {
    private final String sender;
    private final long bytes;
    private final long since;
    private final Runnable cut;
    private boolean isCut;
    private boolean closed;

    private Claim(String sender, long bytes, Runnable cut) {
      this.sender = sender;
      this.bytes = bytes;
      this.since = nanos.getAsLong();
      this.cut = cut;
    }

    /// Gives the memory back; once is enough.
    @Override
    public void close() {
      release(this);
    }
  }

  private final long total;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition released = lock.newCondition();

  /// Of those who hold something, oldest claim first.
  private final Map<String, Deque<Claim>> claims = new HashMap<>();

  private long free;
  private long leastFree;

  /// @param total in bytes, at least twice the largest claim
  public ReceiveBudget(long total) {
    this(total, System::nanoTime);
  }

  ReceiveBudget(long total, LongSupplier nanos) {
    if (total < 2) {
      throw new IllegalArgumentException("a budget of %d bytes".formatted(total));
    }
    this.total = total;
    this.nanos = nanos;
    this.free = total;
    this.leastFree = total;
  }

  /// Takes memory, or waits for it.
  ///
  /// @param sender by which shares are counted
  /// @param cut ends what the memory is claimed for; called at most once, from any thread
  /// @return empty if there was none for `patience`, or never can be so much for one sender
  public Optional<Claim> claim(String sender, long bytes, Duration patience, Runnable cut) {
    long end = System.nanoTime() + patience.toNanos();
    Claim claim = new Claim(sender, bytes, cut);
    while (true) {
      Optional<Claim> victim;
      lock.lock();
      try {
        if (fits(claim)) {
          claims.computeIfAbsent(sender, name -> new ArrayDeque<>()).addLast(claim);
          free -= bytes;
          leastFree = Math.min(leastFree, free);
          return Optional.of(claim);
        }
        if (bytes > total / 2 || System.nanoTime() - end >= 0) {
          return Optional.empty();
        }
        victim = victim(claim);
        if (victim.isEmpty()) {
          boolean unused = released.awaitNanos(Math.min(LOOK_NANOS, end - System.nanoTime())) > 0;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      } finally {
        lock.unlock();
      }
      // Whatever it does, it does not hold up those who give memory back.
      victim.ifPresent(one -> one.cut.run());
    }
  }

  private boolean fits(Claim claim) {
    return held(claim.sender) + claim.bytes <= free - claim.bytes;
  }

  /// The oldest claim of whoever holds most, if that is more than the asking sender would then
  /// hold, and what was cut before and is not given back yet is not enough.
  private Optional<Claim> victim(Claim asking) {
    long coming =
        claims.values().stream()
            .flatMap(Deque::stream)
            .filter(claim -> claim.isCut)
            .mapToLong(claim -> claim.bytes)
            .sum();
    if (held(asking.sender) + asking.bytes <= free + coming - asking.bytes) {
      return Optional.empty();
    }
    Optional<Claim> victim =
        claims.keySet().stream()
            .filter(sender -> uncut(sender) > held(asking.sender) + asking.bytes)
            .max(Comparator.comparingLong(this::uncut))
            .flatMap(sender -> of(sender).filter(claim -> !claim.isCut).findFirst())
            .filter(claim -> nanos.getAsLong() - claim.since >= SAFE.toNanos());
    victim.ifPresent(claim -> claim.isCut = true);
    return victim;
  }

  /// What the sender holds and has not been told to give back.
  private long uncut(String sender) {
    return of(sender).filter(claim -> !claim.isCut).mapToLong(claim -> claim.bytes).sum();
  }

  private Stream<Claim> of(String sender) {
    return claims.getOrDefault(sender, new ArrayDeque<>()).stream();
  }

  private void release(Claim claim) {
    lock.lock();
    try {
      if (claim.closed) {
        return;
      }
      claim.closed = true;
      Deque<Claim> own = claims.get(claim.sender);
      if (own != null && own.remove(claim) && own.isEmpty()) {
        claims.remove(claim.sender);
      }
      free += claim.bytes;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Bytes that the sender holds.
  public long held(String sender) {
    lock.lock();
    try {
      return of(sender).mapToLong(claim -> claim.bytes).sum();
    } finally {
      lock.unlock();
    }
  }

  /// Bytes that nobody holds.
  public long free() {
    lock.lock();
    try {
      return free;
    } finally {
      lock.unlock();
    }
  }

  /// The most bytes that were ever held at once.
  public long mostHeld() {
    lock.lock();
    try {
      return total - leastFree;
    } finally {
      lock.unlock();
    }
  }

  /// All of it, in bytes.
  public long total() {
    return total;
  }
}
