package org.dure.federation.region;

import java.util.stream.Collectors;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;

/// What a region remembers, durably, of its hub: how far its log went, so that a hub that was
/// restored from an old copy is noticed, which rounds there were and count no more, and the common
/// preparation. A study that is taken back is no old copy: its log only grows, and so do the
/// numbers of its rounds. Not thread-safe.
final class HubMemory {
  /// Spans that are named where a hub misbehaves.
  private static final int MOST_SPANS = 3;

  private final NodeStore folder;
  private final String study;
  private final int rounds;
  private NodeStore.Seen seen;

  HubMemory(NodeStore folder, Study study) {
    this.folder = folder;
    this.study = study.digest();
    this.rounds = study.schedule().rounds();
    this.seen = folder.seen(this.study);
  }

  /// @throws MessageRejected with [RejectReason#HUB_SET_BACK]
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if the hub tells of rounds what no
  ///     study comes to after what it told before
  void remember(StudyView view) {
    boolean same = view.log().number() == seen.number();
    if (view.log().number() < seen.number() || (same && !view.log().head().equals(seen.head()))) {
      throw new MessageRejected(
          RejectReason.HUB_SET_BACK,
          "the hub's log ends at event %d (%s): this region has seen event %d (%s)"
              .formatted(view.log().number(), view.log().head(), seen.number(), seen.head()));
    }
    NodeStore.Told told = new NodeStore.Told(view.progress().round(), view.progress().takenBack());
    checkRound(view.progress());
    checkContinues(told);
    see(view.log(), seen.common(), told);
  }

  /// Of the rounds that count there are never more than were agreed.
  private void checkRound(StudyView.Progress progress) {
    int round = progress.round();
    TakenBack takenBack = progress.takenBack();
    boolean begun = progress.phase() != Phase.WAITING && progress.phase() != Phase.PREPARING;
    boolean open = progress.phase() == Phase.TRAINING;
    boolean sound =
        begun == round > 0
            && round >= 0
            && takenBack.isSound(round)
            && takenBack.place(round) <= rounds
            && !(open && takenBack.contains(round));
    if (!sound) {
      throw misbehaved(
          "the hub is in round %d, %s, and says that %s were taken back: this study has %d rounds that"
                  .formatted(round, progress.phase(), words(takenBack), rounds)
              + " count, and the open one is one of them");
    }
  }

  private void checkContinues(NodeStore.Told told) {
    NodeStore.Told before = seen.told();
    if (told.round() < before.round()) {
      throw misbehaved(
          "the hub is in round %d: it has told this region of round %d, and no number is used again"
              .formatted(told.round(), before.round()));
    }
    if (!told.takenBack().continues(before.takenBack(), before.round())) {
      throw misbehaved(
          "the hub says that %s were taken back: in round %d it said %s, and rounds are taken back up"
                  .formatted(words(told.takenBack()), before.round(), words(before.takenBack()))
              + " to the open one, for good");
    }
  }

  private static String words(TakenBack takenBack) {
    String newest =
        takenBack.spans().reversed().stream()
            .limit(MOST_SPANS)
            .map(span -> ", %d to %d".formatted(span.from(), span.to()))
            .collect(Collectors.joining());
    return "%d rounds%s".formatted(takenBack.rounds(), newest);
  }

  private static DureException misbehaved(String what) {
    return new DureException(
        ErrorCode.PEER_MISBEHAVED, what + "; nothing more leaves for a hub that says so");
  }

  /// The region works with this common preparation.
  ///
  /// @param common digest of its list
  void worksWith(String common) {
    see(new LogHead(seen.number(), seen.head(), seen.proof()), common, seen.told());
  }

  private void see(LogHead log, String common, NodeStore.Told told) {
    NodeStore.Seen now =
        new NodeStore.Seen(study, log.number(), log.head(), log.proof(), common, told);
    if (!now.equals(seen)) {
      folder.keepSeen(now);
      seen = now;
    }
  }

  /// The newest event that the region can tell of.
  LogHead proven() {
    return seen.proof().isEmpty()
        ? LogHead.NONE
        : new LogHead(seen.number(), seen.head(), seen.proof());
  }

  /// Digest of the list of the common preparation; empty for none yet.
  String common() {
    return seen.common();
  }
}
