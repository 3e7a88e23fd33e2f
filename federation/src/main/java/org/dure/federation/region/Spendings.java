package org.dure.federation.region;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.StudyView;
import org.jspecify.annotations.Nullable;

/// What a region's rounds spend of its site's [PrivacyBudget], and how the hub comes to know; does
/// nothing in a study that does not protect documents. Not thread-safe.
final class Spendings {
  /// A delta that was made.
  ///
  /// @param delta digest of its list
  /// @param leaves digest of the list of what leaves: where the sum is secret, of the masked delta
  record Made(int round, String delta, String leaves) {}

  private final @Nullable PrivacyBudget budget;
  private final String study;
  private final String region;
  private final Outbox outbox;
  private final Workload.Activity activity;
  private final Consumer<String> says;

  /// @param study its digest
  Spendings(
      @Nullable PrivacyBudget budget,
      String study,
      String region,
      Outbox outbox,
      Workload.Activity activity,
      Consumer<String> says) {
    this.budget = budget;
    this.study = study;
    this.region = region;
    this.outbox = outbox;
    this.activity = activity;
    this.says = says;
  }

  /// Takes over what the hub knows that this copy does not, and spends on the newest round, unless
  /// the hub has been told of it.
  void compare(StudyView view, Optional<Made> newest) {
    if (budget == null) {
      return;
    }
    StudyView.Member known = view.member();
    if (budget.takeOver(known.spentSteps())) {
      says.accept(
          "the hub knows that this region has told of its documents in %d steps, and this copy did"
                  .formatted(known.spentSteps())
              + " not: its ledger is lost or was restored from an old one; they are spent. What other"
              + " studies spent since then this hub does not know: if there is a newer spent.json, put"
              + " it back");
    }
    newest
        .filter(made -> !made.leaves.equals(known.spentDelta()))
        .ifPresent(made -> budget.spend(made.delta));
  }

  /// Before a round.
  ///
  /// @throws DureException with [org.dure.core.ErrorCode#PRIVACY_SPENT]; the hub has then been told
  void require(int round) throws InterruptedException {
    if (budget == null) {
      return;
    }
    try {
      budget.require(round);
    } catch (DureException e) {
      activity.report(ActivityKind.BUDGET_SPENT, 0, 0);
      outbox.beat(round, ActivityKind.BUDGET_SPENT, 0, 0);
      throw e;
    }
  }

  /// Tells the hub what a delta has spent, before the delta leaves.
  ///
  /// @return whether it had to be told
  boolean tell(Made made, StudyView view) throws IOException, InterruptedException {
    if (budget == null || made.leaves.equals(view.member().spentDelta())) {
      return false;
    }
    budget.spend(made.delta);
    budget.spendBeyond(view.member().spentSteps());
    outbox.send(
        new Message.Spending(
            Message.Spending.KIND,
            study,
            region,
            view.member().sequence() + 1,
            made.round,
            made.leaves,
            new Message.Spent(
                budget.step().noiseMultiplier(), budget.step().sampleRate(), budget.steps())));
    return true;
  }
}
