package org.dure.console;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// A vertical axis from `low` to `high` with a tick at every `step`, a round number.
///
/// @param top of the picture's `high`, units of the drawing
/// @param bottom of its `low`
record ChartScale(double low, double high, double step, double top, double bottom) {
  /// Values fewer than this are all within the scale.
  private static final int SEVERAL = 16;

  /// A scale for a curve that falls fast at first: it covers what comes after the first third, and
  /// what comes before runs in from beyond the edge. So the height shows what still changes.
  ///
  /// @param values in their order; at least one
  /// @param within values of a curve that begins higher, in their order
  /// @param least span, so that noise is not drawn as if it were news
  static ChartScale settled(
      List<Double> values, List<Double> within, double least, double top, double bottom) {
    int from = values.size() < SEVERAL ? 0 : values.size() / 3;
    List<Double> covered = new ArrayList<>(values.subList(from, values.size()));
    covered.addAll(within.subList((within.size() + 2) / 3, within.size()));
    return whole(covered, least, top, bottom);
  }

  /// A scale that covers every value.
  static ChartScale whole(List<Double> values, double least, double top, double bottom) {
    double low = values.stream().mapToDouble(v -> v).min().orElse(0);
    double high = values.stream().mapToDouble(v -> v).max().orElse(0);
    double span = Math.max(high - low, least);
    double power = Math.pow(10, Math.floor(Math.log10(span / 3)));
    double ratio = span / 3 / power;
    double step = (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10) * power;
    double first = Math.floor(low / step) * step;
    double last = Math.max(Math.ceil(high / step) * step, first + step);
    return new ChartScale(first, last, step, top, bottom);
  }

  /// The values that a line of the grid stands for, from below.
  double[] ticks() {
    // Adding zero makes zero of minus zero.
    return LongStream.rangeClosed(Math.round(low / step), Math.round(high / step))
        .mapToDouble(tick -> tick * step + 0.0)
        .toArray();
  }

  double y(double value) {
    return bottom - (bottom - top) * (value - low) / (high - low);
  }

  /// Where between two values the scale ends, as a share of the way from the first.
  double crossing(double from, double to) {
    double edge = Math.max(from, to) > high ? high : low;
    return (edge - from) / (to - from);
  }

  boolean holds(double value) {
    // An edge that was made from the value itself may miss it by its last bits.
    double slack = step * 1e-9;
    return value >= low - slack && value <= high + slack;
  }

  /// Digits behind the separator that tell one tick from the next.
  int digits() {
    return Math.clamp((int) Math.ceil(-Math.log10(step) - 1e-9), 0, 6);
  }
}
