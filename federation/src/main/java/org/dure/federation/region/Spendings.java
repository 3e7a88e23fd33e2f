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

  /// Spends on the newest round, and takes over what the hub knows that this copy does not.
  void compare(StudyView view, Optional<NodeStore.Done> newest) {
    if (budget == null) {
      return;
    }
    newest.ifPresent(done -> budget.spend(done.delta().digest()));
    StudyView.Member known = view.member();
    if (budget.takeOver(known.spentSteps())) {
      says.accept(
          "the hub knows that this region has told of its documents in %d steps, and this copy did"
                  .formatted(known.spentSteps())
              + " not: it was restored from an old one; they are spent");
    }
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
  /// @param delta digest of the list of what leaves: where the sum is secret, of the masked delta
  /// @return whether it had to be told
  boolean tell(NodeStore.Done done, String delta, StudyView view)
      throws IOException, InterruptedException {
    if (budget == null) {
      return false;
    }
    budget.spend(done.delta().digest());
    if (delta.equals(view.member().spentDelta())) {
      return false;
    }
    outbox.send(
        new Message.Spending(
            Message.Spending.KIND,
            study,
            region,
            view.member().sequence() + 1,
            done.round(),
            delta,
            new Message.Spent(
                budget.step().noiseMultiplier(), budget.step().sampleRate(), budget.steps())));
    return true;
  }
}
