package org.dure.bench.gain;

import java.util.List;
import org.dure.federation.merge.OuterStep;

/// What institutions share of one group of tensors: weights and momentum, moved by the outer step
/// on the mean of their deltas.
final class Circle {
  private static final OuterStep STEP = new OuterStep(0.7, 0.6);

  private final int from;
  private final float[] weights;
  private final float[] momentum;

  /// A circle that is new starts from the mean of its members, without momentum.
  ///
  /// @param from where the group begins in `members`, which ends at `to`
  Circle(int from, int to, List<float[]> members) {
    this.from = from;
    this.weights = new float[to - from];
    this.momentum = new float[to - from];
    for (int i = 0; i < weights.length; i++) {
      double sum = 0;
      for (float[] member : members) {
        sum += member[from + i];
      }
      weights[i] = (float) (sum / members.size());
    }
  }

  /// @param ends of the members, which all started from [#give]
  void merge(List<float[]> ends) {
    double[] gradient = new double[weights.length];
    for (float[] end : ends) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] += (weights[i] - (double) end[from + i]) / ends.size();
      }
    }
    if (!STEP.step(weights, momentum, gradient, weights.length)) {
      throw new IllegalStateException("a merge came out with weights that are not finite");
    }
  }

  /// Puts the group's weights in their place.
  void give(float[] into) {
    System.arraycopy(weights, 0, into, from, weights.length);
  }
}
