package org.dure.core;

import java.nio.file.Path;
import java.util.function.Consumer;

/// Trains a model at home, between two merges.
///
/// The trainer owns the whole model; `shared` names the part of it that travels. Everything it does
/// is a function of its start, its data and the weights it is handed, so that the same calls give
/// the same bits. Not thread-safe.
public interface LocalTrainer extends AutoCloseable {
  /// The tensors that travel, in the order in which they do.
  TensorLayout shared();

  /// The present values of the shared tensors, in memory of its own that stays valid.
  Weights weights();

  /// Puts `shared` in the place of the shared tensors, then trains for `steps` steps.
  ///
  /// @param progress told after each step
  /// @return what changed: `shared` minus the values after the last step, the sign of a gradient
  ///     (Douillard et al. 2023, DiLoCo)
  Result train(Weights shared, int steps, Consumer<Step> progress);

  /// Puts `shared` in the place of the shared tensors without training.
  void adopt(Weights shared);

  /// Writes the whole state: weights, optimiser, step and position in the data. What
  /// [#restore] reads back continues with the same bits.
  void save(Path folder);

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#ARTIFACT_CORRUPT] if the
  ///     folder does not hold a whole state of this trainer's shape
  void restore(Path folder);

  @Override
  void close();

  /// @param delta see [#train]
  /// @param tokens trained on in this call
  /// @param loss mean over the call's steps, nats per token
  record Result(Weights delta, long tokens, double loss) {}

  /// @param step counted over all calls, from 1
  /// @param loss of this step, nats per token
  /// @param gradientNorm before clipping
  /// @param learningRate of this step
  /// @param tokens of this step
  record Step(long step, double loss, double gradientNorm, double learningRate, long tokens) {}
}
