package org.dure.model;

import java.util.List;

/// How the learning rate goes on after the warm-up.
public enum Schedule {
  /// Half a cosine from the peak to the floor (Loshchilov and Hutter 2017).
  COSINE,
  /// Warm-up, stable, decay: the peak until 80 % of the steps, then a line to the floor (Hu et al.
  /// 2024, MiniCPM). Can be prolonged without a new start.
  STABLE_DECAY;

  private static final double DECAY_BEGINS = 0.8;

  /// As written in a study file.
  public String key() {
    return switch (this) {
      case COSINE -> "cosine";
      case STABLE_DECAY -> "stable-decay";
    };
  }

  static List<String> keys() {
    return List.of(COSINE.key(), STABLE_DECAY.key());
  }

  static Schedule of(String key) {
    return key.equals(STABLE_DECAY.key()) ? STABLE_DECAY : COSINE;
  }

  /// Share of the peak learning rate.
  ///
  /// @param done share of the steps after the warm-up that are done, 0 to 1
  /// @param floor share of the peak at the end
  double at(double done, double floor) {
    double above =
        switch (this) {
          case COSINE -> 0.5 * (1 + StrictMath.cos(Math.PI * done));
          case STABLE_DECAY -> Math.min(1, (1 - done) / (1 - DECAY_BEGINS));
        };
    return floor + (1 - floor) * above;
  }
}
