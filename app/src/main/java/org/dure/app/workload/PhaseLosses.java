package org.dure.app.workload;

import java.util.SortedMap;
import java.util.TreeMap;

/// Mean losses of the parts of one phase of training, so that a curve has points between two
/// merges. Not thread-safe.
final class PhaseLosses {
  /// Parts that a phase is cut into, where it has as many steps.
  static final int PARTS = 4;

  private final double[] sums;
  private final int[] counts;
  private final int steps;
  private int done;

  /// @param steps of the phase, from 1
  PhaseLosses(int steps) {
    this.steps = steps;
    int parts = Math.min(PARTS, steps);
    this.sums = new double[parts];
    this.counts = new int[parts];
  }

  /// Takes the loss of the next step.
  void add(double loss) {
    int part = (int) ((long) done * sums.length / steps);
    sums[part] += loss;
    counts[part]++;
    done++;
  }

  /// By `1of4` and so on, in their order; none where the phase had a single step.
  SortedMap<String, Double> means() {
    SortedMap<String, Double> means = new TreeMap<>();
    for (int part = 0; part < sums.length && sums.length > 1; part++) {
      means.put("%dof%d".formatted(part + 1, sums.length), sums[part] / counts[part]);
    }
    return means;
  }
}
