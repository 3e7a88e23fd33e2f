package org.dure.federation.region;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
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
  private final LocalRounds localRounds;
  private final Transfers transfers;
  private final Outbox outbox;
  private final Workload.Activity activity;
  private final Consumer<String> says;
  private final Spendings spendings;
  private final TensorLayout layout;
  private final Deliveries deliveries;
  private final @Nullable SecretRounds secret;
  private final HubMemory memory;
  private TakenBack told = TakenBack.NONE;
  private @Nullable Start start;

  /// In a study that does not protect documents.
  ///
  /// @param trust whom this region believes to be another member of a secret sum
  /// @param says told, for people, what is unusual
  public RegionRounds(
      Study study,
      String region,
      NodeStore folder,
      Workload workload,
      Transfers transfers,
      Outbox outbox,
      MemberTrust trust,
      Workload.Activity activity,
      Consumer<String> says) {
    this(study, region, folder, workload, transfers, outbox, trust, activity, says, null);
  }

  /// @param trust whom this region believes to be another member of a secret sum
  /// @param says told, for people, what is unusual
  /// @param budget what the site may tell of its documents; null in a study that does not protect
  ///     them
  public RegionRounds(
      Study study,
      String region,
      NodeStore folder,
      Workload workload,
      Transfers transfers,
      Outbox outbox,
      MemberTrust trust,
      Workload.Activity activity,
      Consumer<String> says,
      @Nullable PrivacyBudget budget) {
    this.study = study;
    this.digest = study.digest();
    this.region = region;
    this.folder = folder;
    this.workload = workload;
    this.localRounds = new LocalRounds(study, folder, workload, activity);
    this.transfers = transfers;
    this.outbox = outbox;
    this.activity = activity;
    this.says = says;
    this.spendings = new Spendings(budget, digest, region, outbox, activity, says);
    this.layout = workload.layout();
    this.memory = new HubMemory(folder, study);
    this.secret =
        study
            .secret()
            .map(
                sum ->
                    new SecretRounds(
                        digest, sum, region, folder.secret(), transfers, outbox, trust, says))
            .orElse(null);
    this.deliveries = new Deliveries(study, region, folder, secret, transfers, outbox, activity);
  }

  /// Says who is here, on which study, with which layout, and how far it has been. What of it is
  /// not the study's, the hub refuses: so both sides know, and the hub's people see it too.
  ///
  /// @param view just asked for
  /// @throws MessageRejected e.g. with [RejectReason#WRONG_STUDY] or [RejectReason#HUB_SET_BACK]
  public void hello(StudyView view) throws IOException, InterruptedException {
    Optional<NodeStore.Done> newest =
        localRounds.newest().filter(done -> done.study().equals(digest));
    outbox.copies().begin(view);
    int round = newest.map(NodeStore.Done::round).orElse(0);
    ExportLog exports = outbox.exports();
    long line = Math.min(exports.count(), view.member().exportLog().exports());
    String head = exports.headAt(line);
    outbox.send(
        Message.Hello.of(
            digest,
            region,
            layout.digest(),
            new Message.Past(
                view.member().sequence(),
                memory.proven(),
                round,
                newest.map(deliveries::told).orElse(""),
                new ExportHead(line, head),
                memory.common())));
    if (line < view.member().exportLog().exports()
        || !head.equals(view.member().exportLog().exportsHead())) {
      says.accept(
          "the export log was rolled back: it has %d lines, and the hub knew of %d; the hub notes it"
              .formatted(exports.count(), view.member().exportLog().exports()));
    }
    if (round == 0 && view.member().counted() > 0) {
      says.accept(
          "this home has worked on no round yet, and the hub has this region's round %d: beginning with"
                  .formatted(view.member().counted())
              + " the study's present weights");
    } else if (round < view.member().counted()) {
      says.accept(
          "this region's folder was rolled back: it ends at round %d, and the hub has its round %d;"
                  .formatted(round, view.member().counted())
              + " going on from the hub's weights");
    }
  }

  /// Does what is due.
  ///
  /// @throws MessageRejected if the study has moved on meanwhile, among other reasons
  public Outcome step(StudyView view) throws IOException, InterruptedException {
    check(view);
    memory.remember(view);
    return switch (view.progress().phase()) {
      case WAITING -> Outcome.WAIT;
      case PREPARING -> prepare(view);
      case TRAINING -> train(view);
      case MEASURING, FINISHED -> measure(view);
    };
  }

  private void check(StudyView view) {
    if (view.protocol() != Message.PROTOCOL || !digest.equals(view.study())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the hub works on study %s in protocol %d: the region on %s in %d"
              .formatted(view.study(), view.protocol(), digest, Message.PROTOCOL));
    }
    if (!layout.digest().equals(view.progress().layout())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the study's tensors have the layout %s: the region's %s"
              .formatted(view.progress().layout(), layout.digest()));
    }
  }

  private Outcome prepare(StudyView view) throws IOException, InterruptedException {
    if (view.member().delivered()) {
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
            view.member().sequence() + 1,
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

  private Outcome train(StudyView view) throws IOException, InterruptedException {
    forgetMeasured(view);
    outbox.copies().check(localRounds.newest(), view);
    if (secret != null) {
      Optional<Outcome> outcome = secret.step(view, localRounds.newest());
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    makeReady(view);
    spendings.compare(view, localRounds.newest().map(this::spending));
    TakenBack takenBack = view.progress().takenBack();
    Optional<NodeStore.Done> newest = localRounds.newest();
    newest.ifPresent(done -> checkAhead(done, view));
    Optional<NodeStore.Done> pending =
        newest
            .filter(done -> done.round() > view.member().counted())
            .filter(done -> !takenBack.contains(done.round()));
    if (pending.isPresent()) {
      NodeStore.Done done = pending.get();
      checkForked(done, view);
      if (view.progress().round() - done.round() <= study.patience().lateRounds()) {
        return view.member().delivered() ? Outcome.WAIT : deliver(done, view);
      }
      says.accept(
          "round %d of this region is %d rounds late, and the study takes at most %d: it is left out"
              .formatted(
                  done.round(),
                  view.progress().round() - done.round(),
                  study.patience().lateRounds()));
    } else if (view.progress().round() <= view.member().counted() || isUndecided(view)) {
      return Outcome.WAIT;
    }
    Start from = start(view);
    start = null;
    outbox.require(from.round, 4 * layout.elements());
    spendings.require(from.round);
    NodeStore.Done done;
    try (Arena arena = Arena.ofConfined()) {
      Weights shared;
      try {
        shared = fetch(from.weights, view.progress().common(), arena);
      } catch (IOException e) {
        start = from;
        throw e;
      }
      done = localRounds.work(from.round, takenBack.place(from.round), from.weights, shared);
    }
    deliveries.made(done);
    return view.member().delivered() ? Outcome.AGAIN : deliver(done, view);
  }

  /// Whether it is open what becomes of this region's last delta: where circles may go unmerged,
  /// the next delta may have to hold it.
  private boolean isUndecided(StudyView view) {
    return !study.schedule().circles().isOne() && view.member().delivered();
  }

  /// The study counts no more what this region did last: its local delta is dropped, and it goes on
  /// from the study's present weights.
  private void goBack(StudyView view) {
    TakenBack takenBack = view.progress().takenBack();
    Optional<NodeStore.Done> from = localRounds.goBack(takenBack);
    if (!takenBack.equals(told)) {
      told = takenBack;
      activity.report(ActivityKind.GOING_BACK, 0, 0);
      says.accept(
          "%s: rounds %d to %d count no more, and round %d starts from the"
                  .formatted(
                      secret == null
                          ? "the study was taken back"
                          : "a secret sum was dropped or taken back, the hub's console says why",
                      takenBack.spans().getLast().from(),
                      takenBack.spans().getLast().to(),
                      takenBack.spans().getLast().to() + 1)
              + " weights before them; this region drops its delta and goes on with "
              + from.map(done -> "the optimiser as it was after its round " + done.round())
                  .orElse("a fresh optimiser, as it keeps no state from before"));
    }
  }

  /// What was measured of weights that were taken back is nobody's score.
  private void forgetMeasured(StudyView view) {
    Optional<NodeStore.Measured> old =
        folder.measured().filter(kept -> view.progress().takenBack().contains(kept.round()));
    if (old.isPresent()) {
      says.accept(
          "the weights of round %d, which this region has measured, were taken back: it takes part"
                  .formatted(old.get().round())
              + " again");
      folder.forgetMeasured();
    }
  }

  private static void checkAhead(NodeStore.Done done, StudyView view) {
    if (done.round() > view.progress().round()) {
      throw new DureException(
          ErrorCode.SET_BACK,
          "the region has done round %d and the hub is in round %d: one of them was rolled back"
              .formatted(done.round(), view.progress().round()));
    }
  }

  private static void checkForked(NodeStore.Done done, StudyView view) {
    if (done.round() == view.progress().round() && !done.base().equals(view.progress().weights())) {
      throw new DureException(
          ErrorCode.SET_BACK,
          "the region did round %d from the weights %s and the hub's are %s: the study has forked"
              .formatted(done.round(), done.base(), view.progress().weights()));
    }
  }

  /// The newest weights; or, on a link so slow that they change before they are here, those whose
  /// fetching has begun, while they are not too old.
  private Start start(StudyView view) {
    Start begun = start;
    boolean young =
        begun != null
            && !view.progress().takenBack().contains(begun.round)
            && begun.round > view.member().counted()
            && 2 * (view.progress().round() - begun.round) <= study.patience().lateRounds();
    return begun != null && young
        ? begun
        : new Start(view.progress().round(), view.progress().weights());
  }

  private Spendings.Made spending(NodeStore.Done done) {
    return new Spendings.Made(done.round(), done.delta().digest(), deliveries.told(done));
  }

  private Outcome deliver(NodeStore.Done done, StudyView view)
      throws IOException, InterruptedException {
    String leaves = deliveries.outgoing(done).list().digest();
    if (spendings.tell(new Spendings.Made(done.round(), done.delta().digest(), leaves), view)) {
      return Outcome.AGAIN;
    }
    deliveries.deliver(done, view.member().sequence() + 1);
    return Outcome.AGAIN;
  }

  /// Whether [#step] would do more than wait. May be called from another thread.
  boolean isDue(StudyView view) {
    if (view.progress().phase() != Phase.TRAINING) {
      return true;
    }
    if (secret != null) {
      return !view.member().delivered();
    }
    int newest = folder.newest().map(NodeStore.Done::round).orElse(0);
    return newest > view.member().counted() && !view.progress().takenBack().contains(newest)
        ? !view.member().delivered()
        : view.progress().round() > view.member().counted() && !isUndecided(view);
  }

  /// Whether [#trainOn] would do anything.
  public boolean canTrainOn() {
    return localRounds.canTrainOn();
  }

  /// Trains on while there is nothing else to do, or no way to do it.
  ///
  /// @param enough asked between local steps
  public void trainOn(BooleanSupplier enough) {
    localRounds.trainOn(enough);
  }

  private Outcome measure(StudyView view) throws IOException, InterruptedException {
    outbox.copies().checkMessages(view);
    if (secret != null) {
      secret.forgetBefore(Integer.MAX_VALUE);
    }
    NodeStore.Measured measured = measured(view);
    if (!view.member().delivered()) {
      outbox.send(
          new Message.Scores(
              Message.Scores.KIND,
              digest,
              region,
              view.member().sequence() + 1,
              view.progress().round(),
              measured.base(),
              measured.scores()));
    }
    folder.keepFinished(measured);
    return Outcome.FINISHED;
  }

  private NodeStore.Measured measured(StudyView view) throws IOException, InterruptedException {
    forgetMeasured(view);
    Optional<NodeStore.Measured> kept = folder.measured();
    if (kept.isPresent()) {
      if (!kept.get().base().equals(view.progress().weights())) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region measured the weights %s and the hub's are %s: one of them was rolled back"
                .formatted(kept.get().base(), view.progress().weights()));
      }
      return kept.get();
    }
    makeReady(view);
    NodeStore.Measured measured;
    try (Arena arena = Arena.ofConfined()) {
      Weights shared = fetch(view.progress().weights(), view.progress().common(), arena);
      activity.report(ActivityKind.MEASURING, 0, 0);
      measured =
          new NodeStore.Measured(
              digest,
              view.progress().round(),
              view.progress().weights(),
              new TreeMap<>(workload.finish(shared, activity)));
    }
    folder.keepMeasured(measured);
    return measured;
  }

  /// Brings the workload to where its newest finished round left it that counts.
  private void makeReady(StudyView view) throws IOException, InterruptedException {
    if (!localRounds.isReady()) {
      begin(view);
    }
    if (localRounds.isTakenBack(view.progress().takenBack())) {
      goBack(view);
    }
  }

  private void begin(StudyView view) throws IOException, InterruptedException {
    if (view.progress().prepares() && view.progress().common().isEmpty()) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the study has begun, and of this region's family none gave a part that the hub could work"
              + " with: nothing was prepared in common for it, so it has no part in the study");
    }
    if (!view.progress().common().isEmpty()) {
      FragmentList list = fetchCommon(view.progress());
      workload.prepared(Fragments.bytes(list, folder.cache()));
      memory.worksWith(view.progress().common());
    }
    localRounds.restore(layout, view.progress().takenBack());
  }

  private Weights fetch(String weights, String common, Arena arena)
      throws IOException, InterruptedException {
    long bytes = 4 * layout.elements();
    String previous =
        secret == null ? "" : localRounds.newest().map(NodeStore.Done::base).orElse("");
    List<String> keep = Stream.of(common, previous).filter(kept -> !kept.isEmpty()).toList();
    FragmentList list =
        transfers.fetch(new Transfers.Wanted(weights, bytes, bytes, keep), activity);
    Weights shared = Weights.allocate(layout, arena);
    Fragments.fill(shared, list, folder.cache());
    return shared;
  }

  private FragmentList fetchCommon(StudyView.Progress progress)
      throws IOException, InterruptedException {
    return transfers.fetch(
        new Transfers.Wanted(
            progress.common(), 0, CommonPreparation.MOST_RESULT, List.of(progress.weights())),
        activity);
  }

  /// See [Outbox#beat].
  void beat(int round, ActivityKind doing, long done, long total) throws InterruptedException {
    outbox.beat(round, doing, done, total);
  }
}
