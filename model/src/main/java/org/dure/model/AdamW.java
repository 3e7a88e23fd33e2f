package org.dure.model;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// AdamW (Loshchilov and Hutter 2019) over one flat vector: a handful of kernels whatever the
/// number of tensors.
final class AdamW implements AutoCloseable {
  private static final double BETA = 0.9;
  private static final double EPSILON = 1e-8;

  private final NativeScope.Held held = new NativeScope.Held();
  private final double weightDecay;
  private final double secondBeta;
  private final List<ModelLayout.Range> decayed;
  private final Tensor first;
  private final Tensor second;

  /// @param decayed the parts of the vector that weight decay shrinks
  AdamW(long elements, TrainingConfig training, List<ModelLayout.Range> decayed) {
    this.weightDecay = training.update().weightDecay();
    this.secondBeta = training.update().secondBeta();
    this.decayed = decayed;
    try (NativeScope scope = NativeScope.open()) {
      first = held.keep(scope.zeros(elements));
      second = held.keep(scope.zeros(elements));
    }
  }

  /// Moves `vector` against `gradient`.
  ///
  /// @param step how many steps these moments have seen, this one included
  void step(Tensor vector, Tensor gradient, long step, double learningRate) {
    try (NativeScope _ = NativeScope.open()) {
      first.lerp_(gradient, NativeScope.scalar(1 - BETA));
      second
          .mul_(NativeScope.scalar(secondBeta))
          .addcmul_(gradient, gradient, NativeScope.scalar(1 - secondBeta));
      double firstBias = 1 - StrictMath.pow(BETA, step);
      double secondBias = 1 - StrictMath.pow(secondBeta, step);
      Tensor denominator =
          second
              .sqrt()
              .mul_(NativeScope.scalar(1 / StrictMath.sqrt(secondBias)))
              .add_(NativeScope.scalar(EPSILON));
      for (ModelLayout.Range range : decayed) {
        vector
            .narrow(0, range.from(), range.length())
            .mul_(NativeScope.scalar(1 - learningRate * weightDecay));
      }
      vector.addcdiv_(first, denominator, NativeScope.scalar(-learningRate / firstBias));
    }
  }

  /// Mean of the gradients, of the vector's length.
  Tensor firstMoment() {
    return first;
  }

  /// Mean of their squares.
  Tensor secondMoment() {
    return second;
  }

  /// Replaces the moments.
  void fill(MemorySegment firstMoment, MemorySegment secondMoment) {
    try (NativeScope scope = NativeScope.open()) {
      scope.fill(first, firstMoment);
      scope.fill(second, secondMoment);
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
