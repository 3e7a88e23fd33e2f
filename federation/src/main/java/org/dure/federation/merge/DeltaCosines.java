package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.List;

/// The angles between each delta and the merged one, for people to see: sums over all values in
/// their order, added by the thread whose turn it is.
final class DeltaCosines {
  private final double[] products;
  private final double[] squares;
  private double merged;

  DeltaCosines(int parts) {
    this.products = new double[parts];
    this.squares = new double[parts];
  }

  void add(double[] gradient, float[][] deltas, int count) {
    double sum = merged;
    for (int i = 0; i < count; i++) {
      sum += gradient[i] * gradient[i];
    }
    merged = sum;
    for (int p = 0; p < products.length; p++) {
      float[] values = deltas[p];
      double product = products[p];
      double square = squares[p];
      for (int i = 0; i < count; i++) {
        double value = values[i];
        product += value * gradient[i];
        square += value * value;
      }
      products[p] = product;
      squares[p] = square;
    }
  }

  /// Cosine between each delta and the merged one; 0 where either is zero.
  List<Double> cosines() {
    List<Double> cosines = new ArrayList<>();
    for (int p = 0; p < products.length; p++) {
      double lengths = Math.sqrt(squares[p]) * Math.sqrt(merged);
      cosines.add(lengths == 0 ? 0.0 : products[p] / lengths);
    }
    return cosines;
  }
}
