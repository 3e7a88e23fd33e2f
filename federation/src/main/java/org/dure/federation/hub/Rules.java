package org.dure.federation.hub;

import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.secret.SecretRound;
import org.dure.federation.secret.SecretRules;
import org.jspecify.annotations.Nullable;

/// What a counted message must be to count where the study stands: the hub asks before it logs
/// one, the offline verifier asks again. Looks at the state alone; what the message names has
/// been looked through by [DeltaValidation].
final class Rules {
  /// Deltas that a region may announce without delivering one: a crash and a restored copy each
  /// cost one.
  private static final int MOST_SPENDINGS = 64;

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
          SecretRules.checkContribution(
              secret(state, contribution), state.study().secret().get(), contribution);
        }
      }
      case Message.Spending spending -> {
        demandPrepared(state, spending.region());
        checkSpending(state, spending);
      }
      case MaskingMessage masking -> {
        demandStage(state, masking, state.stage() == StudyStage.COLLECTING);
        demandStage(state, masking, masking.round() == state.roundNumber());
        SecretRules.check(secret(state, masking), masking);
      }
      case Message.Scores scores -> {
        demandPrepared(state, scores.region());
        demandStage(state, scores, state.stage() == StudyStage.MEASURING);
        demand(
            scores.round() == state.roundNumber() && !state.delivered(scores.region()),
            RejectReason.WRONG_ROUND,
            "the hub has the scores of %s",
            scores.region());
        demandBase(scores.base(), state.circles().weights(scores.region()));
      }
      case Message.Hello hello -> {
        // Says who is here, and can come at any time.
      }
      case Message.Activity activity -> {
        // Counts for nothing.
      }
    }
  }

  /// @throws MessageRejected with [RejectReason#WRONG_SECRET] if the open round's sum is not secret
  private static SecretRound secret(HubState state, Message message) {
    SecretRound secret = state.roundNumber() == 0 ? null : state.round().secret;
    if (secret == null) {
      throw new MessageRejected(
          RejectReason.WRONG_SECRET,
          "%s of %s: this study's sums are not secret".formatted(message.kind(), message.region()));
    }
    return secret;
  }

  /// Nothing of a region counts whose family has prepared nothing: its weights mean other words.
  static void demandPrepared(HubState state, String region) {
    demand(
        state.hasPrepared(region),
        RejectReason.WRONG_COMMON,
        "nothing was prepared in common for the family of %s, %s, nor can be: expected a study that"
            + " names a region of it from the start",
        region,
        state.families().get(region));
  }

  private static void checkContribution(HubState state, Message.Contribution contribution) {
    String region = contribution.region();
    demandPrepared(state, region);
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
        !state.takenBack().contains(started),
        RejectReason.TAKEN_BACK,
        "a contribution from round %d, which was taken back with all that was made in it: the study"
            + " goes on from the weights %s in round %d",
        started,
        state.circles().weights(region),
        state.roundNumber());
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
    demandBase(contribution.base(), state.circles().weights(region, started));
    long most = state.study().mostWeight();
    demand(
        contribution.weight() <= most,
        RejectReason.WRONG_WEIGHT,
        "a contribution of %s with the weight %d: its steps in this study have at most %d",
        region,
        contribution.weight(),
        most);
  }

  /// What a region has told of its documents only grows: one that says less is an old copy of it.
  private static void checkSpending(HubState state, Message.Spending spending) {
    MemberState member = state.member(spending.region());
    demandStage(
        state,
        spending,
        state.stage() == StudyStage.COLLECTING || state.stage() == StudyStage.GRACE);
    demand(
        spending.round() > member.counted && spending.round() <= state.roundNumber(),
        RejectReason.WRONG_ROUND,
        "%s spends on round %d: the hub has its round %d, and the study is in round %d",
        spending.region(),
        spending.round(),
        member.counted,
        state.roundNumber());
    demand(
        spending.spent().steps() > member.spentSteps && !spending.delta().equals(member.spentDelta),
        RejectReason.REGION_FORKED,
        "%s has spent %d steps and says %d now: an old copy of it is at work",
        spending.region(),
        member.spentSteps,
        spending.spent().steps());
    demand(
        member.spendings < MOST_SPENDINGS,
        RejectReason.QUOTA_USED,
        "%s has spent %d times without a contribution",
        spending.region(),
        member.spendings);
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
