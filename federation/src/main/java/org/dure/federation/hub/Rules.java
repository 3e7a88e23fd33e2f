package org.dure.federation.hub;

import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/// What a counted message must be to count where the study stands: the hub asks before it logs
/// one, the offline verifier asks again. Looks at the state alone; what the message names has
/// been looked through by [DeltaValidation].
final class Rules {
  private Rules() {}

  /// @throws MessageRefused naming what does not fit
  static void check(HubState state, Message message) {
    switch (message) {
      case Message.Preparation preparation -> {
        demandStage(state, preparation, state.stage() == StudyStage.PREPARING);
        demand(
            preparation.round() == 0 && !state.delivered(preparation.region()),
            RejectReason.WRONG_ROUND,
            "the hub has the part of %s",
            preparation.region());
      }
      case Message.Contribution contribution -> {
        checkContribution(state, contribution);
        if (state.study().secret().isPresent()) {
          SecretRules.checkContribution(state, contribution);
        }
      }
      case MaskingMessage masking -> SecretRules.check(state, masking);
      case Message.Scores scores -> {
        demandStage(state, scores, state.stage() == StudyStage.MEASURING);
        demand(
            scores.round() == state.study().schedule().rounds()
                && !state.delivered(scores.region()),
            RejectReason.WRONG_ROUND,
            "the hub has the scores of %s",
            scores.region());
        demandBase(scores.base(), state.weights());
      }
      case Message.Hello hello -> {
        // Says who is here, and can come at any time.
      }
      case Message.Activity activity -> {
        // Counts for nothing.
      }
    }
  }

  private static void checkContribution(HubState state, Message.Contribution contribution) {
    String region = contribution.region();
    MemberState member = state.member(region);
    int started = contribution.round();
    demand(
        started != member.counted || contribution.delta().equals(member.countedDelta),
        RejectReason.REGION_FORKED,
        "round %d of %s was counted with the delta %s and comes again with %s: two copies of one"
            + " region are at work",
        started,
        region,
        member.countedDelta,
        contribution.delta());
    demandStage(
        state,
        contribution,
        state.stage() == StudyStage.COLLECTING || state.stage() == StudyStage.GRACE);
    demand(
        started > member.counted && !state.delivered(region),
        RejectReason.WRONG_ROUND,
        "a contribution of %s from round %d: the hub has its round %d, and one for the open round %d"
            + " if any",
        region,
        started,
        member.counted,
        state.roundNumber());
    int late = state.roundNumber() - started;
    demand(
        late >= 0 && late <= state.study().patience().lateRounds(),
        late < 0 ? RejectReason.WRONG_ROUND : RejectReason.TOO_LATE,
        "a contribution from round %d: the study is in round %d and takes what is at most %d behind",
        started,
        state.roundNumber(),
        state.study().patience().lateRounds());
    demandBase(contribution.base(), state.round(started).weights);
  }

  static void demandStage(HubState state, Message message, boolean right) {
    demand(
        right,
        RejectReason.WRONG_ROUND,
        "%s of %s for round %d: the study is in round %d, %s",
        message.kind(),
        message.region(),
        message.round(),
        state.roundNumber(),
        state.stage());
  }

  private static void demandBase(String base, String expected) {
    demand(
        base.equals(expected),
        RejectReason.WRONG_BASE,
        "made from the weights %s: that round's are %s",
        base,
        expected);
  }

  /// @throws MessageRefused with `refusal` unless `held`
  static void demand(
      boolean held, RejectReason refusal, String expected, @Nullable Object... values) {
    if (!held) {
      throw new MessageRejected(refusal, expected.formatted(values));
    }
  }
}
