package org.dure.core;

import java.nio.file.Path;
import java.util.function.Consumer;

/// Trains a model at home, between two merges.
///
/// The trainer owns the whole model; `shared` names the part of it that travels. Everything it does
/// is a function of its start, its data and the weights it is handed, so that the same calls give
/// the same bits. Weights go in and out through memory of the caller's, of the layout [#shared] and
/// native: a trainer allocates none for them. Not thread-safe.
public interface LocalTrainer extends AutoCloseable {
  /// The tensors that travel, in the order in which they do.
  TensorLayout shared();

  /// Puts `shared` in the place of the shared tensors.
  void adopt(Weights shared);

  /// Trains for `steps` steps from where the trainer stands.
  ///
  /// @param progress told after each step
  Result train(int steps, Consumer<Step> progress);

  /// Copies the present values of the shared tensors.
  void read(Weights into);

  /// What changed: `before` minus the present values, the sign of a gradient (Douillard et al.
  /// 2023, DiLoCo).
  ///
  /// @param into may be `before` itself
  void delta(Weights before, Weights into);

  /// Writes the whole state: weights, optimiser, step and position in the data. What
  /// [#restore] reads back continues with the same bits.
  void save(Path folder);

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#ARTIFACT_CORRUPT] if the
  ///     folder does not hold a whole state of this trainer's shape
  void restore(Path folder);

  @Override
  void close();

  /// @param tokens trained on in this call
  /// @param loss mean over the call's steps, nats per token
  record Result(long tokens, double loss) {}

  /// @param step counted over all calls, from 1
  /// @param loss of this step, nats per token
  /// @param gradientNorm before clipping
  /// @param learningRate of this step
  /// @param tokens of this step
  record Step(long step, double loss, double gradientNorm, double learningRate, long tokens) {}
}
