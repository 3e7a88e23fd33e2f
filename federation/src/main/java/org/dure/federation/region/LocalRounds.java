package org.dure.federation.region;

import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;
import org.jspecify.annotations.Nullable;

/// What a region does at home: rounds, and training on between them, each durable in the
/// [NodeStore] before it counts.
///
/// A full disk loses nothing: what could not be kept stays in memory, and is kept before anything
/// else is done. Not thread-safe.
final class LocalRounds {
  /// A round whose folder is not on the disk yet.
  private record Unkept(NodeStore.Done done, Weights delta) {}

  private final Study study;
  private final String digest;
  private final NodeStore folder;
  private final Workload workload;
  private final Workload.Activity activity;
  private boolean ready;
  private boolean unable;
  private boolean aheadUnkept;

  /// Whether a round was dropped that the workload had worked and nobody had kept.
  private boolean dropped;

  /// To where the workload was brought back and has not worked since.
  private TakenBack wentBack = TakenBack.NONE;

  private TakenBack takenBack = TakenBack.NONE;
  private @Nullable Unkept unkept;
  private NodeStore.Ahead ahead = NodeStore.Ahead.NONE;
  private @Nullable Weights moved;

  /// Memory of `moved`, one for life: a delta is the workload's memory only until its next call.
  private @Nullable Weights kept;

  LocalRounds(Study study, NodeStore folder, Workload workload, Workload.Activity activity) {
    this.study = study;
    this.digest = study.digest();
    this.folder = folder;
    this.workload = workload;
    this.activity = activity;
  }

  boolean isReady() {
    return ready;
  }

  /// The newest round that was finished and is on the disk.
  Optional<NodeStore.Done> newest() {
    keep();
    return folder.newest();
  }

  /// Whether the newest round that was finished counts no more, with all that was trained on since.
  boolean isTakenBack(TakenBack now) {
    takenBack = now;
    boolean gone = newest().filter(done -> now.contains(done.round())).isPresent();
    return gone || dropped;
  }

  /// Drops what counts no more: the workload is where its newest round left it that counts; if no
  /// state from before is kept, it starts again as well as it can. Where sums are secret it goes on
  /// from where it is: worked twice from one state, a delta would be in two sums, and show in the
  /// difference between them.
  ///
  /// @return the round from whose state it goes on; empty where it starts again
  Optional<NodeStore.Done> goBack(TakenBack now) {
    boolean secret = study.secret().isPresent();
    Optional<NodeStore.Done> standing = secret ? newest() : folder.newestStanding(now);
    if (dropped || !wentBack.equals(now)) {
      int from = newest().map(NodeStore.Done::round).orElse(0);
      if (!secret) {
        standing.ifPresentOrElse(
            done -> workload.restore(folder.workload(done.round())),
            () -> workload.startAgain(now.place(from)));
      }
      ahead = NodeStore.Ahead.NONE;
      aheadUnkept = false;
      moved = null;
      dropped = false;
      wentBack = now;
    }
    return standing;
  }

  /// Brings the workload to where its newest finished round, and its training on since, left it.
  void restore(TensorLayout layout, TakenBack now) {
    takenBack = now;
    Optional<NodeStore.Done> newest = folder.newest();
    boolean standing = newest.isPresent() && !now.contains(newest.get().round());
    if (newest.isPresent() && (standing || study.secret().isPresent())) {
      NodeStore.Done done = newest.get();
      if (!done.study().equals(digest)) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region's folder is of study %s: this is study %s".formatted(done.study(), digest));
      }
      Optional<NodeStore.Ahead> further = standing ? folder.ahead(done) : Optional.empty();
      if (further.isPresent()) {
        ahead = further.get();
        kept = folder.moved(ahead, layout);
        moved = kept;
        workload.restore(folder.aheadWorkload());
      } else {
        workload.restore(folder.workload(done.round()));
      }
    }
    ready = true;
  }

  /// Works a round, from the study's weights and what training on since the last round gave; where
  /// the region's circle was not merged since, also from what the region has learnt on top of them.
  ///
  /// @param place of the round among those that count
  /// @param base digest of the list of `shared`
  /// @param shared is changed
  NodeStore.Done work(int round, int place, String base, Weights shared) {
    keep();
    Weights gone = gone(base);
    if (gone != null) {
      add(shared, gone, -1);
    }
    Workload.Contribution made = workload.work(place, shared, activity);
    Weights delta = made.delta();
    if (gone != null) {
      add(delta, gone, 1);
    }
    NodeStore.Done done =
        new NodeStore.Done(
            digest,
            round,
            base,
            Fragments.list(delta, study.fragmentBytes()),
            made.weight() + ahead.weight(),
            new TreeMap<>(made.metrics()));
    unkept = new Unkept(done, delta);
    keep();
    return done;
  }

  /// The weights `base` minus where the region stands, as far as it is to go on from there.
  private @Nullable Weights gone(String base) {
    Weights further = moved;
    Optional<NodeStore.Done> unmerged =
        folder
            .newest()
            .filter(done -> !study.schedule().circles().isOne())
            .filter(done -> done.base().equals(base) && !takenBack.contains(done.round()));
    if (unmerged.isEmpty()) {
      return further;
    }
    Weights own = folder.delta(unmerged.get(), workload.layout());
    if (further != null) {
      add(own, further, 1);
    }
    return own;
  }

  private void keep() {
    Unkept waiting = unkept;
    if (waiting != null && takenBack.contains(waiting.done.round())) {
      unkept = null;
      dropped = true;
    } else if (waiting != null) {
      activity.report(ActivityKind.SAVING, 0, 0);
      folder.keep(waiting.done, waiting.delta.values(), workload, takenBack);
      unkept = null;
      wentBack = TakenBack.NONE;
      aheadUnkept = false;
      ahead = NodeStore.Ahead.NONE;
      moved = null;
    }
    Weights further = moved;
    if (aheadUnkept && further != null) {
      folder.keepAhead(ahead, further, workload);
      aheadUnkept = false;
    }
  }

  /// Whether there are local steps left that may be done before the next round.
  boolean canTrainOn() {
    return ready
        && !unable
        && unkept == null
        && !dropped
        && wentBack.equals(TakenBack.NONE)
        && ahead.steps() < study.patience().aheadSteps()
        && folder.newest().isPresent();
  }

  /// Trains on from where the workload stands; what that gives goes into the next round.
  ///
  /// @param enough asked between local steps
  void trainOn(BooleanSupplier enough) {
    Optional<Workload.Ahead> gave =
        workload.trainOn(study.patience().aheadSteps() - ahead.steps(), enough, activity);
    if (gave.isEmpty()) {
      unable = !enough.getAsBoolean();
      return;
    }
    Workload.Ahead more = gave.get();
    moved = added(more.delta());
    ahead =
        new NodeStore.Ahead(
            digest,
            folder.newest().orElseThrow().round(),
            ahead.steps() + more.steps(),
            ahead.weight() + more.weight());
    aheadUnkept = true;
    keep();
  }

  /// What has moved so far and `more`.
  private Weights added(Weights more) {
    Weights sum = moved;
    if (sum != null) {
      add(sum, more, 1);
      return sum;
    }
    Weights memory = kept == null ? Weights.allocate(more.layout(), Arena.ofAuto()) : kept;
    memory.values().copyFrom(more.values());
    kept = memory;
    return memory;
  }

  /// Adds `sign * second` to `first`, value by value.
  private static void add(Weights first, Weights second, int sign) {
    long elements = first.layout().elements();
    for (long i = 0; i < elements; i++) {
      first.set(i, first.get(i) + sign * second.get(i));
    }
  }
}
