package org.dure.netem;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.jspecify.annotations.Nullable;

/// A wide-area link in user space: one thread that carries packets between two TUN devices and
/// treats them as [LinkShape] says.
///
/// A packet that arrives is dropped by chance, or because the queue is full; else it leaves after
/// those before it at the link's rate, travels for half the round trip, and is written to the other
/// device. Packets lie in a fixed pool outside of the heap: nothing is allocated while the link
/// runs. While there is traffic the thread looks every [#TICK] nanoseconds instead of at every
/// packet, which costs a small part of a core at 200 Mbit/s both ways and adds at most that to the
/// delay. The methods of an instance may be called from any thread.
public final class LinkEmulator implements AutoCloseable {
  /// What one direction did so far.
  ///
  /// @param packets carried to the other side
  /// @param bytes of them, IP headers included
  /// @param lost by chance
  /// @param overflowed dropped because the queue was full
  /// @param cut dropped because the link was down
  public record Carried(long packets, long bytes, long lost, long overflowed, long cut) {}

  private static final long TICK = 250_000;
  private static final long MOST_IDLE = 100_000_000;
  private static final int BATCH = 256;
  private static final int NICENESS = -15;
  private static final int MOST_PACKET = 2_048;
  private static final int LEAST_POOL = 4_096;

  private final int one;
  private final int other;
  private final LinkShape shape;
  private final Direction there;
  private final Direction back;
  private final Arena arena = Arena.ofShared();
  private final BackgroundTask thread;
  private final long started = System.nanoTime();
  private volatile long cutsFrom;
  private volatile boolean cutting;
  private volatile boolean closing;
  private volatile @Nullable DureException broken;

  /// Starts it; it closes both devices when it is closed.
  ///
  /// @param one descriptor of a TUN device
  /// @param other descriptor of another, in another namespace
  /// @param seed of loss, jitter and reordering
  LinkEmulator(String name, int one, int other, LinkShape shape, long seed) {
    this.one = one;
    this.other = other;
    this.shape = shape;
    this.there = new Direction(one, other, seed);
    this.back = new Direction(other, one, seed ^ 0x5DEECE66DL);
    this.thread = BackgroundTask.once("link " + name, this::run, failure -> broken = failure);
  }

  private void run() {
    try (LinuxCalls kernel = new LinuxCalls()) {
      kernel.niceness(NICENESS);
      MemorySegment polls = kernel.waitingFor(one, other);
      while (!closing) {
        long now = System.nanoTime();
        boolean down = cutting && shape.isDown(now - cutsFrom);
        boolean busy = there.take(kernel, now, down) | back.take(kernel, now, down);
        now = System.nanoTime();
        there.deliver(kernel, now, down);
        back.deliver(kernel, now, down);
        long idle = Math.min(there.idle(now), back.idle(now));
        if (busy || idle < TICK) {
          LockSupport.parkNanos(TICK);
        } else {
          kernel.await(polls, idle);
        }
      }
      kernel.close(one);
      kernel.close(other);
    }
  }

  /// Lets the shape's cuts count from now on; before, the link is up all the time.
  public void startCuts() {
    cutsFrom = System.nanoTime();
    cutting = true;
  }

  /// Processor time that the link has cost so far, in seconds: what it takes away from the
  /// processes that are measured.
  public double processorSeconds() {
    return Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()))
        / 1e9;
  }

  /// From the first device to the second.
  public Carried there() {
    return there.carried;
  }

  /// From the second device to the first.
  public Carried back() {
    return back.carried;
  }

  @Override
  public void close() {
    closing = true;
    thread.join();
    arena.close();
    DureException failure = broken;
    if (failure != null) {
      throw failure;
    }
  }

  /// One way; used by the link's thread alone, but for what it has carried.
  private final class Direction {
    private static final long JITTER_PERIOD = 200_000_000;

    private final int from;
    private final int to;
    private final SplittableRandom random;
    private final double nanosPerByte;
    private final long delay;
    private final MemorySegment[] pool;
    private final int[] free;
    private final int[] lengths;
    private int freeCount;

    /// A binary heap of packets by the time when they are due.
    private final long[] dueTimes;
    private final int[] dueSlots;
    private int size;

    private long lineFree;
    private long lastDue;
    private double jitterFrom;
    private double jitterTo;
    private long jitterSince;
    private long packets;
    private long bytes;
    private long lost;
    private long overflowed;
    private long cut;
    private volatile Carried carried = new Carried(0, 0, 0, 0, 0);

    Direction(int from, int to, long seed) {
      this.from = from;
      this.to = to;
      this.random = new SplittableRandom(seed);
      this.nanosPerByte = 1e9 / shape.bytesPerSecond();
      this.delay = (long) (shape.roundTripMillis() * 1e6 / 2);
      double inFlight =
          shape.bytesPerSecond() * (shape.roundTripMillis() + shape.jitterMillis()) / 1e3;
      int most = LEAST_POOL + (int) ((inFlight + shape.queueBytes()) / 256);
      MemorySegment memory = arena.allocate((long) most * MOST_PACKET, 64);
      this.pool = new MemorySegment[most];
      this.free = new int[most];
      this.lengths = new int[most];
      this.dueTimes = new long[most];
      this.dueSlots = new int[most];
      for (int i = 0; i < most; i++) {
        free[i] = most - 1 - i;
        pool[i] = memory.asSlice((long) i * MOST_PACKET, MOST_PACKET);
      }
      freeCount = most;
      lineFree = started;
    }

    /// Reads what has arrived; whether there was anything.
    boolean take(LinuxCalls kernel, long now, boolean down) {
      boolean any = false;
      for (int i = 0; i < BATCH; i++) {
        if (freeCount == 0) {
          break;
        }
        int slot = free[freeCount - 1];
        long length = kernel.read(from, pool[slot]);
        if (length <= 0) {
          failOnError(length);
          break;
        }
        any = true;
        if (down) {
          cut++;
        } else {
          admit(slot, (int) length, now);
        }
      }
      return any;
    }

    private void failOnError(long result) {
      // EIO: the interface is down, as while a namespace is taken apart.
      if (result < 0 && result != LinuxCalls.AGAIN && result != -4 && result != -5 && !closing) {
        throw new DureException(
            ErrorCode.LAB_UNAVAILABLE, "a TUN device fails with error %d".formatted(-result));
      }
    }

    private void admit(int slot, int length, long now) {
      if (shape.loss() > 0 && random.nextDouble() < shape.loss()) {
        lost++;
        return;
      }
      long begin = Math.max(now, lineFree);
      if ((begin - now) > shape.queueBytes() * nanosPerByte) {
        overflowed++;
        return;
      }
      lineFree = begin + (long) (length * nanosPerByte);
      long due = Math.max(lineFree + delay + jitter(now), lastDue + 1);
      lastDue = due;
      if (shape.reordered() > 0 && random.nextDouble() < shape.reordered()) {
        due += (long) (random.nextDouble(1, 8) * 1_500 * nanosPerByte) + 1_000_000;
      }
      freeCount--;
      lengths[slot] = length;
      push(due, slot);
    }

    /// Half of the round trip's swing, moving evenly from one random value to the next.
    private long jitter(long now) {
      if (shape.jitterMillis() == 0) {
        return 0;
      }
      if (now - jitterSince >= JITTER_PERIOD) {
        jitterFrom = now - jitterSince >= 2 * JITTER_PERIOD ? swing() : jitterTo;
        jitterTo = swing();
        jitterSince = now;
      }
      double share = (double) (now - jitterSince) / JITTER_PERIOD;
      return (long) (jitterFrom + share * (jitterTo - jitterFrom));
    }

    private double swing() {
      return random.nextDouble(-1, 1) * shape.jitterMillis() * 1e6 / 2;
    }

    /// Hands over what is due.
    void deliver(LinuxCalls kernel, long now, boolean down) {
      while (size > 0 && dueTimes[0] <= now) {
        int slot = dueSlots[0];
        pop();
        free[freeCount++] = slot;
        if (down) {
          cut++;
        } else if (kernel.write(to, pool[slot], lengths[slot]) > 0) {
          packets++;
          bytes += lengths[slot];
        } else {
          overflowed++;
        }
      }
      if (packets != carried.packets()
          || overflowed != carried.overflowed()
          || lost != carried.lost()
          || cut != carried.cut()) {
        carried = new Carried(packets, bytes, lost, overflowed, cut);
      }
    }

    /// How long nothing is due.
    long idle(long now) {
      return size == 0 ? MOST_IDLE : Math.min(MOST_IDLE, dueTimes[0] - now);
    }

    private void push(long due, int slot) {
      int at = size++;
      while (at > 0) {
        int parent = (at - 1) / 2;
        if (dueTimes[parent] <= due) {
          break;
        }
        dueTimes[at] = dueTimes[parent];
        dueSlots[at] = dueSlots[parent];
        at = parent;
      }
      dueTimes[at] = due;
      dueSlots[at] = slot;
    }

    private void pop() {
      size--;
      long due = dueTimes[size];
      int slot = dueSlots[size];
      int at = 0;
      while (2 * at + 1 < size) {
        int child = 2 * at + 1;
        if (child + 1 < size && dueTimes[child + 1] < dueTimes[child]) {
          child++;
        }
        if (dueTimes[child] >= due) {
          break;
        }
        dueTimes[at] = dueTimes[child];
        dueSlots[at] = dueSlots[child];
        at = child;
      }
      dueTimes[at] = due;
      dueSlots[at] = slot;
    }
  }
}
