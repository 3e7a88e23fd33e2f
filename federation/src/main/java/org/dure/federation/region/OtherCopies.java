package org.dure.federation.region;

import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.StudyView;

/// Notices that another copy of this region's home is at work: the hub has a contribution or
/// another message of this region that was sent neither by this process nor, when it began, by the
/// folder that it works on. Two copies would train the same rounds, and tell of the same documents
/// twice. Not thread-safe.
final class OtherCopies {
  private static final int NOT_YET = -1;

  private int known = NOT_YET;

  /// The highest sequence of a message that can be this process's own, or its folder's.
  private long sent;

  /// Of the last message that was sent, and what [#sent] was before it.
  private long sending;
  private long before;

  /// Of a message of which this process does not know whether the hub took it.
  private long unsure;

  /// What the hub has when this process first speaks with it is the past of its folder, or of a
  /// newer one of which this is an old copy. One more message may be on its way from a process that
  /// was killed.
  void begin(StudyView view) {
    if (known == NOT_YET) {
      known = view.member().counted();
      sent = view.member().sequence() + 1;
      unsure = sent;
    }
  }

  /// A message leaves, or leaves again.
  ///
  /// @param sequence 0 if it is not counted
  void sends(long sequence) {
    if (sequence > sent) {
      before = sent;
      sending = sequence;
      sent = sequence;
    }
  }

  /// Nobody knows what became of it.
  void lost(long sequence) {
    unsure = Math.max(unsure, sequence);
  }

  /// The hub did not take it.
  void refused(long sequence) {
    if (sequence > 0 && sequence == sending && sequence != unsure) {
      sent = before;
      sending = 0;
    }
  }

  /// @param newest the newest round that was finished here
  /// @throws DureException with [ErrorCode#SET_BACK]
  void check(Optional<NodeStore.Done> newest, StudyView view) {
    checkMessages(view);
    known = Math.max(known, newest.map(NodeStore.Done::round).orElse(0));
    int counted = view.member().counted();
    if (counted > known) {
      throw atWork(
          "a contribution of this region that started from round %d, and this process has made none"
                  .formatted(counted)
              + " since round %d".formatted(known));
    }
  }

  /// As [#check], where nothing is contributed.
  void checkMessages(StudyView view) {
    begin(view);
    long sequence = view.member().sequence();
    if (sequence > sent) {
      throw atWork(
          "message %d of this region, and this process has sent none after message %d"
              .formatted(sequence, sent));
    }
  }

  private static DureException atWork(String what) {
    return new DureException(
        ErrorCode.SET_BACK,
        ("the hub has %s: another copy of this region's home is at work; keep the one that is"
                + " furthest, and never start the others again")
            .formatted(what));
  }
}
