package org.dure.federation.hub;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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
  private final double learningRate;
  private final double momentum;

  public OuterStep(double learningRate, double momentum) {
    this.learningRate = learningRate;
    this.momentum = momentum;
  }

  /// Adds `share * delta` to `gradient`, value by value.
  public static void accumulate(double[] gradient, float[] delta, double share, int count) {
    for (int i = 0; i < count; i++) {
      gradient[i] += share * delta[i];
    }
  }

  /// One step on the first `count` values of `weights` and `velocity`, in place.
  public void step(float[] weights, float[] velocity, double[] gradient, int count) {
    for (int i = 0; i < count; i++) {
      double v = momentum * velocity[i] + gradient[i];
      double w = weights[i] - learningRate * (gradient[i] + momentum * v);
      velocity[i] = (float) v;
      weights[i] = (float) w;
    }
  }

  /// Every region's share of the merge: in proportion to its weight, none above `cap` (or above an
  /// equal share, where `cap` is less than that); what the cap takes goes to the others in
  /// proportion. The shares add up to 1.
  public static SortedMap<String, Double> shares(SortedMap<String, Double> weights, double cap) {
    double limit = Math.max(cap, 1.0 / weights.size());
    SortedMap<String, Double> shares = new TreeMap<>();
    SortedMap<String, Double> open = new TreeMap<>(weights);
    boolean found = true;
    while (found && !open.isEmpty()) {
      double free = 1.0 - limit * shares.size();
      double total = sum(open);
      found = false;
      for (Map.Entry<String, Double> region : new TreeMap<>(open).entrySet()) {
        if (free * region.getValue() / total > limit) {
          shares.put(region.getKey(), limit);
          open.remove(region.getKey());
          found = true;
        }
      }
    }
    double free = 1.0 - limit * shares.size();
    double total = sum(open);
    open.forEach((region, weight) -> shares.put(region, free * weight / total));
    return shares;
  }

  private static double sum(SortedMap<String, Double> weights) {
    double sum = 0;
    for (double weight : weights.values()) {
      sum += weight;
    }
    return sum;
  }
}
