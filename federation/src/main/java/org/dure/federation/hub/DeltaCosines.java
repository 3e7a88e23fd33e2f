package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;

/// The angles between each delta and the merged one, for people to see: sums over all values in
/// their order, whatever the number of threads. Fragments are added one after the other; who has a
/// later one waits for its turn.
final class DeltaCosines {
  private final double[] products;
  private final double[] squares;
  private double merged;
  private int turn;
  private boolean broken;

  DeltaCosines(int parts) {
    this.products = new double[parts];
    this.squares = new double[parts];
  }

  /// Waits until all values of the fragments before `fragment` have been added.
  ///
  /// @return false if another thread has given up, so that the turn will never come
  synchronized boolean await(int fragment) throws InterruptedException {
    while (turn != fragment && !broken) {
      wait();
    }
    return !broken;
  }

  /// Adds values; only by the thread whose turn it is.
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

  /// All values of the fragment have been added.
  synchronized void next() {
    turn++;
    notifyAll();
  }

  /// Lets all who wait go.
  synchronized void giveUp() {
    broken = true;
    notifyAll();
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
