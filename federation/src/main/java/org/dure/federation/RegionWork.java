package org.dure.federation;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signer;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;

/// A region's side of the belt, one step at a time: given where the study stands, do what is due.
///
/// Each step first makes its result durable in the [RegionFolder], then logs it as an export, then
/// sends it; what a killed process had made durable is sent by the next one, and the hub takes it
/// once. No thread and no clock is in here. Not thread-safe.
final class RegionWork {
  /// What a step leaves to do.
  enum Outcome {
    /// Ask where the study stands, at once.
    AGAIN,
    /// Wait for an event at the hub.
    WAIT,
    /// The hub has everything from this region.
    FINISHED
  }

  /// What the export log says of a round's heartbeats: a word and two numbers every two seconds.
  private static final long MOST_ACTIVITY_BYTES = 512;

  private final Study study;
  private final String digest;
  private final String region;
  private final RegionFolder folder;
  private final Workload workload;
  private final HubLink link;
  private final Transfers transfers;
  private final Signer signer;
  private final ExportLog exports;
  private final Workload.Activity activity;
  private final TensorLayout layout;
  private boolean ready;

  RegionWork(
      Study study,
      String region,
      RegionFolder folder,
      Workload workload,
      HubLink link,
      Transfers transfers,
      Signer signer,
      ExportLog exports,
      Workload.Activity activity) {
    this.study = study;
    this.digest = study.digest();
    this.region = region;
    this.folder = folder;
    this.workload = workload;
    this.link = link;
    this.transfers = transfers;
    this.signer = signer;
    this.exports = exports;
    this.activity = activity;
    this.layout = workload.layout();
  }

  /// Says who is here, on which study, with which layout.
  void hello() throws IOException, InterruptedException {
    send(Message.Hello.of(digest, region, layout.digest()));
  }

  /// Does what is due.
  ///
  /// @throws MessageRefused if the study has moved on meanwhile, among other reasons
  Outcome step(Standing standing) throws IOException, InterruptedException {
    check(standing);
    return switch (standing.phase()) {
      case WAITING -> Outcome.WAIT;
      case PREPARING -> prepare(standing);
      case TRAINING -> train(standing);
      case MEASURING, FINISHED -> measure(standing);
    };
  }

  private void check(Standing standing) {
    if (standing.protocol() != Message.PROTOCOL || !digest.equals(standing.study())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the hub works on study %s in protocol %d: the region on %s in %d"
              .formatted(standing.study(), standing.protocol(), digest, Message.PROTOCOL));
    }
    if (!layout.digest().equals(standing.layout())) {
      throw new DureException(
          ErrorCode.STUDY_MISMATCH,
          "the study's tensors have the layout %s: the region's %s"
              .formatted(standing.layout(), layout.digest()));
    }
  }

  private Outcome prepare(Standing standing) throws IOException, InterruptedException {
    if (standing.delivered()) {
      return Outcome.WAIT;
    }
    byte[] part = part();
    FragmentList list = Fragments.list(part, study.fragmentBytes());
    export(0, Crossings.PREPARATION, list);
    transfers.send(
        list,
        Crossings.PREPARATION,
        index ->
            Arrays.copyOfRange(
                part, (int) list.offset(index), (int) list.offset(index) + list.length(index)),
        activity);
    send(
        new Message.Preparation(
            Message.Preparation.KIND, digest, region, standing.sequence() + 1, 0, list.digest()));
    return Outcome.AGAIN;
  }

  private byte[] part() {
    Optional<byte[]> kept = folder.preparation();
    if (kept.isPresent()) {
      return kept.get();
    }
    activity.report("preparing", 0, 0);
    byte[] part =
        workload
            .preparation()
            .orElseThrow(
                () ->
                    new DureException(
                        ErrorCode.STUDY_MISMATCH,
                        "the study prepares in common: the region's workload has no part in it"));
    folder.keepPreparation(part);
    return part;
  }

  private Outcome train(Standing standing) throws IOException, InterruptedException {
    if (standing.delivered()) {
      return Outcome.WAIT;
    }
    makeReady(standing);
    RegionFolder.Done done = done(standing);
    Message message =
        new Message.Contribution(
            Message.Contribution.KIND,
            digest,
            region,
            standing.sequence() + 1,
            done.round(),
            done.base(),
            done.delta().digest(),
            done.weight(),
            done.metrics());
    byte[] unused = checked(message);
    export(done.round(), Crossings.DELTA, done.delta());
    transfers.send(done.delta(), Crossings.DELTA, index -> folder.fragment(done, index), activity);
    send(message);
    activity.report("waiting", 0, 0);
    return Outcome.AGAIN;
  }

  /// The open round as this region has done it: from the folder if it is there, else by work.
  private RegionFolder.Done done(Standing standing) throws IOException, InterruptedException {
    int round = standing.round();
    Optional<RegionFolder.Done> newest = folder.newest();
    int finished = newest.map(RegionFolder.Done::round).orElse(0);
    if (finished > round) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "the region has done round %d and the hub is in round %d: one of them was set back"
              .formatted(finished, round));
    }
    if (finished == round) {
      RegionFolder.Done done = newest.orElseThrow();
      if (!done.base().equals(standing.weights())) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region did round %d from the weights %s and the hub's are %s: the study has forked"
                .formatted(round, done.base(), standing.weights()));
      }
      return done;
    }
    Weights shared = fetch(standing);
    Workload.Contribution made = workload.work(round, shared, activity);
    FragmentList delta = Fragments.list(made.delta(), study.fragmentBytes());
    transfers.made(delta);
    RegionFolder.Done done =
        new RegionFolder.Done(
            digest, round, standing.weights(), delta, made.weight(), new TreeMap<>(made.metrics()));
    activity.report("saving", 0, 0);
    folder.keep(done, made.delta().values(), workload);
    return done;
  }

  private Outcome measure(Standing standing) throws IOException, InterruptedException {
    RegionFolder.Measured measured = measured(standing);
    if (!standing.delivered()) {
      send(
          new Message.Scores(
              Message.Scores.KIND,
              digest,
              region,
              standing.sequence() + 1,
              study.rounds(),
              measured.base(),
              measured.scores()));
    }
    folder.keepFinished(measured);
    return Outcome.FINISHED;
  }

  private RegionFolder.Measured measured(Standing standing)
      throws IOException, InterruptedException {
    Optional<RegionFolder.Measured> kept = folder.measured();
    if (kept.isPresent()) {
      if (!kept.get().base().equals(standing.weights())) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region measured the weights %s and the hub's are %s: one of them was set back"
                .formatted(kept.get().base(), standing.weights()));
      }
      return kept.get();
    }
    makeReady(standing);
    Weights shared = fetch(standing);
    activity.report("measuring", 0, 0);
    RegionFolder.Measured measured =
        new RegionFolder.Measured(
            digest, standing.weights(), new TreeMap<>(workload.finish(shared, activity)));
    folder.keepMeasured(measured);
    return measured;
  }

  /// Brings the workload to where its newest finished round left it.
  private void makeReady(Standing standing) throws IOException, InterruptedException {
    if (ready) {
      return;
    }
    if (!standing.common().isEmpty()) {
      FragmentList list = transfers.fetch(standing.common(), activity);
      workload.prepared(Fragments.bytes(list, folder.cache()));
    }
    Optional<RegionFolder.Done> newest = folder.newest();
    if (newest.isPresent()) {
      RegionFolder.Done done = newest.get();
      if (!done.study().equals(digest)) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "the region's folder is of study %s: this is study %s".formatted(done.study(), digest));
      }
      workload.restore(folder.workload(done.round()));
    }
    ready = true;
  }

  private Weights fetch(Standing standing) throws IOException, InterruptedException {
    FragmentList list = transfers.fetch(standing.weights(), activity);
    if (list.bytes() != 4 * layout.elements()) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "the hub gave out weights of %d bytes: expected %d"
              .formatted(list.bytes(), 4 * layout.elements()));
    }
    Weights shared = Weights.allocate(layout, Arena.ofAuto());
    Fragments.fill(shared, list, folder.cache());
    transfers.forgetAllBut(
        standing.common().isEmpty()
            ? List.of(standing.weights())
            : List.of(standing.weights(), standing.common()));
    return shared;
  }

  private void export(int round, String kind, FragmentList list) {
    exports.approve(
        digest, region, round, kind, list.digest(), list.bytes() + list.encode().length);
  }

  /// Signs and sends; the export is logged before.
  void send(Message message) throws IOException, InterruptedException {
    byte[] bytes = checked(message);
    exports.approve(
        digest, region, message.round(), message.kind(), Sha256.of(bytes), bytes.length);
    link.send(bytes, signer.sign(bytes));
  }

  /// The bytes of a message that has passed the same checks as the hub makes.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] if the workload put anything into it
  ///     that a message has no place for
  private static byte[] checked(Message message) {
    byte[] bytes = message.bytes();
    try {
      Message unused = Message.parse(bytes);
      return bytes;
    } catch (MessageRefused e) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "%s of round %d: %s".formatted(message.kind(), message.round(), e.reason()),
          e);
    }
  }

  /// Says what is being done; nothing is lost if that does not arrive. May be called from another
  /// thread.
  void beat(int round, String doing, long done, long total) throws InterruptedException {
    String word = Names.isActivity(doing) ? doing : "working";
    Message.Activity message =
        new Message.Activity(
            Message.Activity.KIND,
            digest,
            region,
            0,
            round,
            word,
            Math.max(0, done),
            Math.max(0, total));
    byte[] bytes = message.bytes();
    try {
      exports.approve(digest, region, round, Message.Activity.KIND, "", MOST_ACTIVITY_BYTES);
      link.send(bytes, signer.sign(bytes));
    } catch (IOException | MessageRefused | DureException e) {
      // The main loop meets the same trouble and says so.
      return;
    }
  }
}
