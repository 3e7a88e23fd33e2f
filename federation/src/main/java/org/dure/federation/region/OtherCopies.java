package org.dure.federation.region;

import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.StudyView;

/// Notices that another copy of this region's home is at work: the hub has a contribution of this
/// region that was made neither by this process nor, when it began, by the folder that it works on.
/// Two copies would train the same rounds, and tell of the same documents twice. Not thread-safe.
final class OtherCopies {
  private static final int NOT_YET = -1;

  private int known = NOT_YET;

  /// What the hub has when this process first speaks with it is the past of its folder, or of a
  /// newer one of which this is an old copy.
  void begin(StudyView view) {
    if (known == NOT_YET) {
      known = view.member().counted();
    }
  }

  /// @param newest the newest round that was finished here
  /// @throws DureException with [ErrorCode#SET_BACK]
  void check(Optional<NodeStore.Done> newest, StudyView view) {
    begin(view);
    known = Math.max(known, newest.map(NodeStore.Done::round).orElse(0));
    int counted = view.member().counted();
    if (counted > known) {
      throw new DureException(
          ErrorCode.SET_BACK,
          ("the hub has a contribution of this region that started from round %d, and this process"
                  + " has made none since round %d: another copy of this region's home is at work;"
                  + " keep the one that is furthest, and never start the others again")
              .formatted(counted, known));
    }
  }
}
