package org.dure.federation.merge;

import java.util.Arrays;
import java.util.List;
import org.dure.federation.protocol.MergeRule;

/// How values of several deltas become one: their mean by shares, or for each value the median, or
/// the mean of the middle ones. In double precision, in the order of the parts.
///
/// @param groups by which parts are scaled
/// @param trimmed how many of the largest and of the smallest values do not count; -1 where shares
///     do the counting
public record Mixture(TensorGroups groups, int trimmed) {
  /// For `parts` deltas that count.
  ///
  /// @param hostile how many of them the rule reckons with
  public static Mixture of(MergeRule rule, TensorGroups groups, int parts, int hostile) {
    int middle = Math.max(0, (parts - 1) / 2);
    return new Mixture(
        groups,
        switch (rule) {
          case MEAN, GEOMETRIC_MEDIAN, KRUM -> -1;
          case MEDIAN -> middle;
          case TRIMMED_MEAN -> Math.min(hostile, middle);
        });
  }

  /// The mean by shares.
  public static Mixture mean(TensorGroups groups) {
    return new Mixture(groups, -1);
  }

  Desk desk(List<MergeWork.Part> parts) {
    return new Desk(parts);
  }

  /// Where one thread mixes.
  final class Desk {
    private final List<MergeWork.Part> parts;
    private final double[] column;

    private Desk(List<MergeWork.Part> parts) {
      this.parts = parts;
      this.column = new double[(int) parts.stream().filter(part -> part.share() > 0).count()];
    }

    /// @param gradient takes the result
    /// @param deltas of the parts
    /// @param place of the first value among all of the model
    void mix(double[] gradient, float[][] deltas, long place, int count) {
      Arrays.fill(gradient, 0, count, 0);
      if (trimmed >= 0) {
        groups.cut(place, count, (group, from, to) -> middle(gradient, deltas, group, from, to));
        return;
      }
      for (int p = 0; p < parts.size(); p++) {
        MergeWork.Part part = parts.get(p);
        float[] delta = deltas[p];
        if (part.share() > 0) {
          groups.cut(
              place,
              count,
              (group, from, to) ->
                  OuterStep.accumulate(
                      gradient, delta, part.share() * part.scale(group), from, to));
        }
      }
    }

    private void middle(double[] gradient, float[][] deltas, int group, int from, int to) {
      for (int i = from; i < to; i++) {
        int found = 0;
        for (int p = 0; p < parts.size(); p++) {
          if (parts.get(p).share() > 0) {
            column[found++] = parts.get(p).scale(group) * deltas[p][i];
          }
        }
        Arrays.sort(column);
        double sum = 0;
        for (int k = trimmed; k < found - trimmed; k++) {
          sum += column[k];
        }
        gradient[i] = found == 0 ? 0 : sum / (found - 2 * trimmed);
      }
    }
  }
}
