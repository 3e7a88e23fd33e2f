package org.dure.federation.region;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.jspecify.annotations.Nullable;

/// A region's side of the belt, one step at a time: given where the study stands, do what is due.
///
/// Each step first makes its result durable in the [NodeStore], then logs it as an export, then
/// sends it; what a killed process had made durable is sent by the next one, and the hub takes it
/// once. No thread and no clock is in here. Not thread-safe.
public final class RegionRounds {
  /// What a step leaves to do.
  public enum Outcome {
    /// Ask where the study stands, at once.
    AGAIN,
    /// Wait for an event at the hub.
    WAIT,
    /// The hub has everything from this region.
    FINISHED
  }

  /// The weights that a round starts from, as long as they are being fetched.
  private record Start(int round, String weights) {}

  private final Study study;
  private final String digest;
  private final String region;
  private final NodeStore folder;
  private final Workload workload;
  private final LocalRounds home;
  private final Transfers transfers;
  private final Outbox outbox;
  private final Workload.Activity activity;
  private final Consumer<String> says;
  private final TensorLayout layout;
  private NodeStore.Seen seen;
  private @Nullable Start start;
  private Message.@Nullable Contribution contribution;

  /// @param says told, for people, what is unusual
  public RegionRounds(
      Study study,
      String region,
      NodeStore folder,
      Workload workload,
      Transfers transfers,
      Outbox outbox,
      Workload.Activity activity,
      Consumer<String> says) {
    this.study = study;
    this.digest = study.digest();
    this.region = region;
    this.folder = folder;
    this.workload = workload;
    this.home = new LocalRounds(study, folder, workload, activity);
    this.transfers = transfers;
    this.outbox = outbox;
    this.activity = activity;
    this.says = says;
    this.layout = workload.layout();
    this.seen = folder.seen(digest);
  }

  /// Says who is here, on which study, with which layout, and how far it has been. What of it is
  /// not the study's, the hub refuses: so both sides know, and the hub's people see it too.
  ///
  /// @param standing just asked for
  /// @throws MessageRejected e.g. with [RejectReason#WRONG_STUDY] or [RejectReason#HUB_SET_BACK]
  public void hello(StudyView standing) throws IOException, InterruptedException {
    Optional<NodeStore.Done> newest = home.newest().filter(done -> done.study().equals(digest));
    int round = newest.map(NodeStore.Done::round).orElse(0);
    ExportLog exports = outbox.exports();
    long line = Math.min(exports.count(), standing.member().exportLog().exports());
    String head = exports.headAt(line);
    boolean proven = !seen.proof().isEmpty();
    outbox.send(
        Message.Hello.of(
            digest,
            region,
            layout.digest(),
            new Message.Past(
                standing.member().sequence(),
                proven ? new LogHead(seen.number(), seen.head(), seen.proof()) : LogHead.NONE,
                round,
                newest.map(done -> done.delta().digest()).orElse(""),
                new ExportHead(line, head),
                seen.common())));
    if (line < standing.member().exportLog().exports()
        || !head.equals(standing.member().exportLog().exportsHead())) {
      says.accept(
          "the export log was rolled back: it has %d lines, and the hub knew of %d; the hub notes it"
              .formatted(exports.count(), standing.member().exportLog().exports()));
    }
    if (round < standing.member().counted()) {
      says.accept(
          "this region's folder was rolled back: it ends at round %d, and the hub has its round %d;"
                  .formatted(round, standing.member().counted())
              + " going on from the hub's weights");
    }
  }

  /// Does what is due.
  ///
  /// @throws MessageRejected if the study has moved on meanwhile, among other reasons
  public Outcome step(StudyView standing) throws IOException, InterruptedException {
    check(standing);
    look(standing);
    return switch (standing.progress().phase()) {
      case WAITING -> Outcome.WAIT;
      case PREPARING -> prepare(standing);
      case TRAINING -> train(standing);
      case MEASURING, FINISHED -> measure(standing);
    };
  }

  private void check(StudyView standing) {
    if (standing.protocol() != Message.PROTOCOL || !digest.equals(standing.study())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the hub works on study %s in protocol %d: the region on %s in %d"
              .formatted(standing.study(), standing.protocol(), digest, Message.PROTOCOL));
    }
    if (!layout.digest().equals(standing.progress().layout())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the study's tensors have the layout %s: the region's %s"
              .formatted(standing.progress().layout(), layout.digest()));
    }
  }

  /// Keeps how far the hub's log went, so that a hub that was restored from an old copy is noticed.
  private void look(StudyView standing) {
    boolean same = standing.log().number() == seen.number();
    if (standing.log().number() < seen.number()
        || (same && !standing.log().head().equals(seen.head()))) {
      throw new MessageRejected(
          RejectReason.HUB_SET_BACK,
          "the hub's log ends at event %d (%s): this region has seen event %d (%s)"
              .formatted(
                  standing.log().number(), standing.log().head(), seen.number(), seen.head()));
    }
    if (!same || !standing.log().proof().equals(seen.proof())) {
      see(standing.log().number(), standing.log().head(), standing.log().proof(), seen.common());
    }
  }

  private void see(long number, String head, String proof, String common) {
    NodeStore.Seen now = new NodeStore.Seen(digest, number, head, proof, common);
    folder.keepSeen(now);
    seen = now;
  }

  private Outcome prepare(StudyView standing) throws IOException, InterruptedException {
    if (standing.member().delivered()) {
      return Outcome.WAIT;
    }
    byte[] part = part();
    FragmentList list = Fragments.list(part, study.fragmentBytes());
    outbox.export(0, UploadKind.PREPARATION, list);
    transfers.send(
        list,
        UploadKind.PREPARATION,
        index ->
            Arrays.copyOfRange(
                part, (int) list.offset(index), (int) list.offset(index) + list.length(index)),
        activity);
    outbox.send(
        new Message.Preparation(
            Message.Preparation.KIND,
            digest,
            region,
            standing.member().sequence() + 1,
            0,
            list.digest()));
    return Outcome.AGAIN;
  }

  private byte[] part() {
    Optional<byte[]> kept = folder.preparation();
    if (kept.isPresent()) {
      return kept.get();
    }
    activity.report(ActivityKind.PREPARING, 0, 0);
    byte[] part =
        workload
            .preparation()
            .orElseThrow(
                () ->
                    new DureException(
                        ErrorCode.STUDY_MISMATCH,
                        "the study prepares in common: the region's workload has no part in it"));
    long most = CommonPreparation.mostBytes(study);
    if (part.length > most) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the part of %s in the common preparation has %d bytes: the study takes at most %d of each"
                  .formatted(region, part.length, most)
              + " region; a higher tokenizer.count-threshold makes it smaller");
    }
    folder.keepPreparation(part);
    return part;
  }

  private Outcome train(StudyView standing) throws IOException, InterruptedException {
    makeReady(standing);
    Optional<NodeStore.Done> pending =
        home.newest().filter(done -> done.round() > standing.member().counted());
    if (pending.isPresent()) {
      NodeStore.Done done = pending.get();
      checkPending(done, standing);
      if (standing.progress().round() - done.round() <= study.lateRounds()) {
        return standing.member().delivered() ? Outcome.WAIT : deliver(done, standing);
      }
      says.accept(
          "round %d of this region is %d rounds late, and the study takes at most %d: it is left out"
              .formatted(
                  done.round(), standing.progress().round() - done.round(), study.lateRounds()));
    } else if (standing.progress().round() <= standing.member().counted()) {
      return Outcome.WAIT;
    }
    Start from = start(standing);
    start = null;
    NodeStore.Done done;
    try (Arena arena = Arena.ofConfined()) {
      Weights shared;
      try {
        shared = fetch(from.weights, standing.progress().common(), arena);
      } catch (IOException e) {
        start = from;
        throw e;
      }
      done = home.work(from.round, from.weights, shared);
    }
    transfers.made(done.delta());
    return standing.member().delivered() ? Outcome.AGAIN : deliver(done, standing);
  }

  private static void checkPending(NodeStore.Done done, StudyView standing) {
    if (done.round() > standing.progress().round()) {
      throw new DureException(
          ErrorCode.SET_BACK,
          "the region has done round %d and the hub is in round %d: one of them was rolled back"
              .formatted(done.round(), standing.progress().round()));
    }
    if (done.round() == standing.progress().round()
        && !done.base().equals(standing.progress().weights())) {
      throw new DureException(
          ErrorCode.SET_BACK,
          "the region did round %d from the weights %s and the hub's are %s: the study has forked"
              .formatted(done.round(), done.base(), standing.progress().weights()));
    }
  }

  /// The newest weights; or, on a link so slow that they change before they are here, those whose
  /// fetching has begun, while they are not too old.
  private Start start(StudyView standing) {
    Start begun = start;
    boolean young =
        begun != null
            && begun.round > standing.member().counted()
            && 2 * (standing.progress().round() - begun.round) <= study.lateRounds();
    return begun != null && young
        ? begun
        : new Start(standing.progress().round(), standing.progress().weights());
  }

  private Outcome deliver(NodeStore.Done done, StudyView standing)
      throws IOException, InterruptedException {
    Message.Contribution message = contribution(done, standing.member().sequence() + 1);
    Outbox.check(message);
    outbox.export(done.round(), UploadKind.DELTA, done.delta());
    transfers.send(done.delta(), UploadKind.DELTA, index -> folder.fragment(done, index), activity);
    outbox.send(message);
    contribution = null;
    activity.report(ActivityKind.WAITING, 0, 0);
    return Outcome.AGAIN;
  }

  /// The same message at every attempt, so that it is one line in the export log.
  private Message.Contribution contribution(NodeStore.Done done, long sequence) {
    Message.Contribution before = contribution;
    if (before != null && before.round() == done.round() && before.sequence() == sequence) {
      return before;
    }
    Message.Contribution made =
        new Message.Contribution(
            Message.Contribution.KIND,
            digest,
            region,
            sequence,
            done.round(),
            done.base(),
            done.delta().digest(),
            done.weight(),
            done.metrics(),
            outbox.exports().count(),
            outbox.exports().headAt(outbox.exports().count()));
    contribution = made;
    return made;
  }

  /// Whether [#step] would do more than wait. May be called from another thread.
  boolean isDue(StudyView standing) {
    if (standing.progress().phase() != Phase.TRAINING) {
      return true;
    }
    int newest = folder.newest().map(NodeStore.Done::round).orElse(0);
    return newest > standing.member().counted()
        ? !standing.member().delivered()
        : standing.progress().round() > standing.member().counted();
  }

  /// Whether [#trainOn] would do anything.
  public boolean canTrainOn() {
    return home.canTrainOn();
  }

  /// Trains on while there is nothing else to do, or no way to do it.
  ///
  /// @param enough asked between local steps
  public void trainOn(BooleanSupplier enough) {
    home.trainOn(enough);
  }

  private Outcome measure(StudyView standing) throws IOException, InterruptedException {
    NodeStore.Measured measured = measured(standing);
    if (!standing.member().delivered()) {
      outbox.send(
          new Message.Scores(
              Message.Scores.KIND,
              digest,
              region,
              standing.member().sequence() + 1,
              study.rounds(),
              measured.base(),
              measured.scores()));
    }
    folder.keepFinished(measured);
    return Outcome.FINISHED;
  }

  private NodeStore.Measured measured(StudyView standing) throws IOException, InterruptedException {
    Optional<NodeStore.Measured> kept = folder.measured();
    if (kept.isPresent()) {
      if (!kept.get().base().equals(standing.progress().weights())) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region measured the weights %s and the hub's are %s: one of them was rolled back"
                .formatted(kept.get().base(), standing.progress().weights()));
      }
      return kept.get();
    }
    makeReady(standing);
    NodeStore.Measured measured;
    try (Arena arena = Arena.ofConfined()) {
      Weights shared = fetch(standing.progress().weights(), standing.progress().common(), arena);
      activity.report(ActivityKind.MEASURING, 0, 0);
      measured =
          new NodeStore.Measured(
              digest,
              standing.progress().weights(),
              new TreeMap<>(workload.finish(shared, activity)));
    }
    folder.keepMeasured(measured);
    return measured;
  }

  /// Brings the workload to where its newest finished round left it.
  private void makeReady(StudyView standing) throws IOException, InterruptedException {
    if (home.isReady()) {
      return;
    }
    if (!standing.progress().common().isEmpty()) {
      FragmentList list = transfers.fetch(standing.progress().common(), activity);
      workload.prepared(Fragments.bytes(list, folder.cache()));
      see(seen.number(), seen.head(), seen.proof(), standing.progress().common());
    }
    home.restore(layout);
  }

  private Weights fetch(String weights, String common, Arena arena)
      throws IOException, InterruptedException {
    FragmentList list = transfers.fetch(weights, activity);
    if (list.bytes() != 4 * layout.elements()) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "the hub gave out weights of %d bytes: expected %d"
              .formatted(list.bytes(), 4 * layout.elements()));
    }
    Weights shared = Weights.allocate(layout, arena);
    Fragments.fill(shared, list, folder.cache());
    transfers.forgetAllBut(common.isEmpty() ? List.of(weights) : List.of(weights, common));
    return shared;
  }

  /// See [Outbox#beat].
  void beat(int round, ActivityKind doing, long done, long total) throws InterruptedException {
    outbox.beat(round, doing, done, total);
  }
}
