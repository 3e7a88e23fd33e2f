package org.dure.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Who may come in and who may generate: a bounded number of requests inside, a bounded number of
/// them generating, and among those turns, step by step. Fair by client at each door: where it is
/// full, whoever has most inside gives way to whoever has less; of the places to generate nobody
/// takes more than are left free; and turns are of equal time ([Turns]).
///
/// ```
/// request -> inside: its body is read -> waits -> generates, turn by turn -> its answer goes out
/// ```
///
/// Thread-safe.
final class Admission {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private enum Stage {
    READING,
    WAITING,
    GENERATING,
    ANSWERING
  }

  /// A request that is inside, until it is closed.
  final class Place implements AutoCloseable {
    private final String client;
    private final Runnable cut;
    private Stage stage = Stage.READING;
    private boolean gaveWay;

    private Place(String client, Runnable cut) {
      this.client = client;
      this.cut = cut;
    }

    /// Waits until the request may generate.
    ///
    /// @param gone whether the client has left; asked while waiting
    /// @throws ApiError if it has to give way, or the server stops
    /// @throws Departure.ClientGone if the client left while it waited
    void generate(BooleanSupplier gone) {
      lock.lock();
      try {
        stage = Stage.WAITING;
        changed.signalAll();
        while (next() != this) {
          boolean unused = changed.awaitNanos(LOOK_NANOS) > 0;
          refuseIfClosing();
          if (gaveWay) {
            throw overloaded();
          }
          if (gone.getAsBoolean()) {
            throw new Departure.ClientGone();
          }
        }
        stage = Stage.GENERATING;
        changed.signalAll();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Departure.ClientGone();
      } finally {
        lock.unlock();
      }
    }

    /// The model is not needed any more: what is left is to send.
    void answer() {
      lock.lock();
      try {
        stage = Stage.ANSWERING;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /// Waits for a turn to run one step of a model.
    Turns.Turn turn() {
      if (cutOff) {
        throw stopping();
      }
      return turns.begin(client);
    }

    private boolean canGiveWay() {
      return stage != Stage.GENERATING && !gaveWay;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        inside.remove(this);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private final ServingLimits limits;
  private final Turns turns;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /// In the order of their arrival.
  private final List<Place> inside = new ArrayList<>();

  private boolean closing;
  private volatile boolean cutOff;

  Admission(ServingLimits limits) {
    this.limits = limits;
    this.turns = new Turns(limits.steps(), System::nanoTime);
  }

  /// Comes in, before anything of the body is read.
  ///
  /// @param client by which requests are told apart
  /// @param cut closes the client's connection; called if it has to give way while it sends or
  ///     reads
  /// @throws ApiError if there is no room, or the server stops
  Place enter(String client, Runnable cut) {
    Optional<Place> leaves = Optional.empty();
    lock.lock();
    try {
      refuseIfClosing();
      if (inside.size() >= limits.active() + limits.waiting()) {
        leaves = givesWay(client);
        if (leaves.isEmpty()) {
          throw overloaded();
        }
      }
      Place place = new Place(client, cut);
      inside.add(place);
      return place;
    } finally {
      lock.unlock();
      leaves.filter(place -> place.stage != Stage.WAITING).ifPresent(place -> place.cut.run());
    }
  }

  /// Takes out the newest request that can give way of the client that has most inside, if that is
  /// more than the newcomer would then have.
  private Optional<Place> givesWay(String client) {
    Map<String, Integer> counts = new HashMap<>();
    inside.forEach(place -> counts.merge(place.client, 1, Integer::sum));
    int own = counts.getOrDefault(client, 0);
    Optional<Place> leaves =
        inside.reversed().stream()
            .filter(Place::canGiveWay)
            .filter(place -> counts.getOrDefault(place.client, 0) > own + 1)
            .max(Comparator.comparing(place -> counts.getOrDefault(place.client, 0)));
    leaves.ifPresent(
        place -> {
          place.gaveWay = true;
          inside.remove(place);
          changed.signalAll();
        });
    return leaves;
  }

  /// Who may generate next: of the clients that may have one more place the one that has fewest, in
  /// the order of arrival. Null if nobody may.
  private @Nullable Place next() {
    Map<String, Integer> counts = new HashMap<>();
    int active = 0;
    for (Place place : inside) {
      if (place.stage == Stage.GENERATING) {
        counts.merge(place.client, 1, Integer::sum);
        active++;
      }
    }
    int free = limits.active() - active;
    return inside.stream()
        .filter(place -> place.stage == Stage.WAITING)
        .filter(place -> free > 0 && counts.getOrDefault(place.client, 0) < free)
        .min(Comparator.comparing(place -> counts.getOrDefault(place.client, 0)))
        .orElse(null);
  }

  /// Requests that generate.
  int active() {
    return count(Stage.GENERATING);
  }

  /// Requests that wait to.
  int waiting() {
    return count(Stage.WAITING);
  }

  private int count(Stage stage) {
    lock.lock();
    try {
      return (int) inside.stream().filter(place -> place.stage == stage).count();
    } finally {
      lock.unlock();
    }
  }

  /// Lets nobody in any more, waits up to `grace` for those inside, then cuts them off at their
  /// next token.
  void close(Duration grace) {
    long end = System.nanoTime() + grace.toNanos();
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
      awaitEmpty(end);
      cutOff = true;
      awaitEmpty(System.nanoTime() + TimeUnit.SECONDS.toNanos(2));
    } catch (InterruptedException e) {
      cutOff = true;
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void awaitEmpty(long end) throws InterruptedException {
    while (inside.stream().anyMatch(place -> place.stage != Stage.READING)
        && System.nanoTime() < end) {
      boolean unused = changed.awaitNanos(Math.min(LOOK_NANOS, end - System.nanoTime())) > 0;
    }
  }

  private void refuseIfClosing() {
    if (closing) {
      throw stopping();
    }
  }

  private ApiError overloaded() {
    return new ApiError(
        503,
        ApiError.SERVER_ERROR,
        null,
        "server_overloaded",
        "The server is answering %d requests and %d are waiting. Please try again later."
            .formatted(active(), waiting()));
  }

  private static ApiError stopping() {
    return new ApiError(
        503, ApiError.SERVER_ERROR, null, "server_stopping", "The server is stopping.");
  }
}
