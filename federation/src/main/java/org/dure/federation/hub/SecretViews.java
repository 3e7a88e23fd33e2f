package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.secret.SecretRound;

/// What a region is told of the open round of a secret sum.
final class SecretViews {
  private SecretViews() {}

  static SecretView of(HubState state, String region) {
    boolean open = state.stage() == StudyStage.COLLECTING || state.stage() == StudyStage.GRACE;
    SecretRound secret = open ? state.round().secret : null;
    if (secret == null) {
      return SecretView.none();
    }
    boolean owes = state.stage() == StudyStage.COLLECTING && secret.owes(region);
    List<SecretView.Said> said = new ArrayList<>();
    if (owes && (secret.step() == SecretStep.SHARES || secret.step() == SecretStep.REVELATIONS)) {
      secret
          .said()
          .forEach(
              (member, signed) ->
                  said.add(SecretView.Said.of(signed, state.member(member).certificate)));
    }
    SortedMap<String, MaskingMessage.ShareBox> boxes = new TreeMap<>();
    if (owes && secret.step() == SecretStep.DELTAS) {
      secret.sharing().forEach(owner -> boxes.put(owner, secret.box(owner, region)));
    }
    return new SecretView(
        state.roundNumber(),
        secret.step(),
        List.copyOf(secret.roster()),
        List.copyOf(secret.members()),
        said,
        boxes);
  }
}
