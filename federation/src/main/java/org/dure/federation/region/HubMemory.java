package org.dure.federation.region;

import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;

/// What a region remembers, durably, of its hub: how far its log went, so that a hub that was
/// restored from an old copy is noticed, and the common preparation. A study that is taken back is
/// no old copy: its log only grows. Not thread-safe.
final class HubMemory {
  private final NodeStore folder;
  private final String study;
  private NodeStore.Seen seen;

  /// @param study digest of the study
  HubMemory(NodeStore folder, String study) {
    this.folder = folder;
    this.study = study;
    this.seen = folder.seen(study);
  }

  /// @throws MessageRejected with [RejectReason#HUB_SET_BACK]
  void remember(StudyView view) {
    boolean same = view.log().number() == seen.number();
    if (view.log().number() < seen.number() || (same && !view.log().head().equals(seen.head()))) {
      throw new MessageRejected(
          RejectReason.HUB_SET_BACK,
          "the hub's log ends at event %d (%s): this region has seen event %d (%s)"
              .formatted(view.log().number(), view.log().head(), seen.number(), seen.head()));
    }
    if (!same || !view.log().proof().equals(seen.proof())) {
      see(view.log(), seen.common());
    }
  }

  /// The region works with this common preparation.
  ///
  /// @param common digest of its list
  void worksWith(String common) {
    see(new LogHead(seen.number(), seen.head(), seen.proof()), common);
  }

  private void see(LogHead log, String common) {
    NodeStore.Seen now = new NodeStore.Seen(study, log.number(), log.head(), log.proof(), common);
    folder.keepSeen(now);
    seen = now;
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
