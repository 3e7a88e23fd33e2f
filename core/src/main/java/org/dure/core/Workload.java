package org.dure.core;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// What a study does at a region; hub and node know nothing more of it.
///
/// A node calls, in this order: [#preparation]; where the study prepares something in common,
/// [#prepared]; then for every round [#work], and [#trainOn] any number of times after it; then
/// [#finish]. Between any two calls it may [#save];
/// after a restart it builds the workload anew, calls [#prepared] if it had been called,
/// [#restore]s the newest state and goes on. Where the study is taken back it [#restore]s an older
/// state, or calls [#startAgain], and goes on from there, after [#finish] too. Not thread-safe.
public interface Workload extends AutoCloseable {
  /// What this region gives to the common preparation, e.g. word counts; empty where the study
  /// prepares nothing in common. This is an export: the node records it as such.
  Optional<byte[]> preparation();

  /// Hands over the result of the common preparation, e.g. a tokenizer.
  void prepared(byte[] common);

  /// The tensors that travel.
  TensorLayout layout();

  /// One round at home.
  ///
  /// @param round counted from 1, without those that were taken back
  /// @param shared the study's weights at the round's start
  Contribution work(int round, Weights shared, Activity activity);

  /// Trains on between two rounds, from where the workload stands, while its region waits for the
  /// hub or cannot reach it. Whoever calls carries what that gives into the next round.
  ///
  /// @param steps at most, local ones
  /// @param enough asked before each step; ends it early
  /// @return what was done; empty if no step was, as where the workload cannot train on
  default Optional<Ahead> trainOn(int steps, BooleanSupplier enough, Activity activity) {
    return Optional.empty();
  }

  /// The study was taken back, and no state of this workload from before is kept: it is to go on as
  /// one that has worked on `rounds` rounds, with as little as it can of what it learnt since.
  void startAgain(int rounds);

  /// The last merge is `shared`: keep it, and measure.
  ///
  /// @return scores that the region publishes, by name
  Map<String, Double> finish(Weights shared, Activity activity);

  void save(Path folder);

  void restore(Path folder);

  @Override
  void close();

  /// What leaves the region after a round.
  ///
  /// @param delta weights at the start minus weights at the end; the workload's memory, which its
  ///     next call but [#save] may use again, and which the caller may change until then
  /// @param weight in the merge, e.g. tokens trained on
  /// @param metrics numbers about the round, by name, e.g. `loss`
  record Contribution(Weights delta, long weight, Map<String, Double> metrics) {
    public Contribution {
      metrics = Map.copyOf(metrics);
    }
  }

  /// What training on gave.
  ///
  /// @param delta where the workload stood minus where it stands; memory as a contribution's
  /// @param weight that this adds to the next contribution's
  /// @param steps that were done
  record Ahead(Weights delta, long weight, int steps) {}

  /// Where a workload says what it is doing, for people to see. Thread-safe.
  @FunctionalInterface
  interface Activity {
    /// @param done so far
    /// @param total when finished; 0 where unknown
    void report(ActivityKind doing, long done, long total);
  }

  /// What a region is doing, for people to see.
  enum ActivityKind implements Named {
    /// It has not said.
    NONE,
    STARTING,
    /// Its part of the common preparation.
    PREPARING,
    TRAINING,
    /// The comparison model, which trains alone.
    TRAINING_TWIN,
    /// While there is nothing to do with the hub.
    TRAINING_ON,
    EVALUATING,
    /// The untrained start.
    EVALUATING_START,
    EVALUATING_TWIN,
    MEASURING,
    /// Anything that a workload has no other word for.
    WORKING,
    /// For others, or for the hub.
    WAITING,
    SENDING,
    RECEIVING,
    SAVING,
    /// Waiting for room on its disk.
    DISK_FULL,
    /// Stopped: its folder was restored from an old copy.
    SET_BACK,
    /// The study was taken back: it drops what counts no more and goes on from earlier weights.
    GOING_BACK,
    /// It goes: another round would tell more of its documents than its site allows.
    BUDGET_SPENT;

    /// Empty for [#NONE].
    @Override
    public String word() {
      return this == NONE ? "" : Named.super.word();
    }

    /// Whether any model is being evaluated.
    public boolean isEvaluating() {
      return this == EVALUATING || this == EVALUATING_START || this == EVALUATING_TWIN;
    }
  }
}
