package org.dure.federation.merge;

/// The outer optimiser: stochastic gradient descent with Nesterov momentum on the regions' mean
/// delta (Douillard et al. 2023, DiLoCo, arXiv 2311.08105, algorithm 1), in the form of PyTorch's
/// `SGD(nesterov=True, dampening=0)`:
///
/// ```
/// g  = sum over regions of share * delta        delta = weights before - weights after
/// v' = momentum * v + g                         v = 0 before the first round
/// w' = w - learningRate * (g + momentum * v')
/// ```
///
/// A delta points from after to before, so it is a gradient, and subtracting it moves the weights
/// to where the regions went. Every sum is taken in double precision in the order of the regions'
/// names, every result is rounded once to a 32-bit float; no step depends on threads or vector
/// units, so the same inputs give the same bits on every machine.
public final class OuterStep {
  /// Leaves everything as it is, where there is no gradient.
  public static final OuterStep NONE = new OuterStep(0, 1);

  private final double learningRate;
  private final double momentum;

  public OuterStep(double learningRate, double momentum) {
    this.learningRate = learningRate;
    this.momentum = momentum;
  }

  /// Adds `share * delta` to `gradient`, value by value.
  public static void accumulate(double[] gradient, float[] delta, double share, int from, int to) {
    for (int i = from; i < to; i++) {
      gradient[i] += share * delta[i];
    }
  }

  /// One step on the first `count` values of `weights` and `velocity`, in place.
  ///
  /// @return whether all of both are finite
  public boolean step(float[] weights, float[] velocity, double[] gradient, int count) {
    // Infinity and what is no number make it so, and nothing else does: no branch in the loop.
    float zero = 0;
    for (int i = 0; i < count; i++) {
      double v = momentum * velocity[i] + gradient[i];
      double w = weights[i] - learningRate * (gradient[i] + momentum * v);
      velocity[i] = (float) v;
      weights[i] = (float) w;
      zero += 0 * velocity[i] + 0 * weights[i];
    }
    return !Float.isNaN(zero);
  }
}
