package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.List;
import org.dure.core.TensorLayout;
import org.dure.core.TensorLayout.Tensor;

/// Tensors that are measured together, e.g. those of one layer: neighbours whose names agree up to
/// their first number, and at most [#MOST] groups of them. So what is done to a small tensor shows,
/// and what one value does among thousands does not matter.
///
/// @param ends where each group ends in the vector of all values
public record TensorGroups(List<Long> ends) {
  /// Above it neighbours become one group, two by two.
  static final int MOST = 16;

  public TensorGroups {
    ends = List.copyOf(ends);
  }

  public static TensorGroups of(TensorLayout layout) {
    List<Long> ends = new ArrayList<>();
    String last = "";
    long end = 0;
    for (Tensor tensor : layout.tensors()) {
      String group = group(tensor.name());
      if (end > 0 && !group.equals(last)) {
        ends.add(end);
      }
      last = group;
      end += tensor.elements();
    }
    ends.add(end);
    while (ends.size() > MOST) {
      ends = everySecond(ends);
    }
    return new TensorGroups(ends);
  }

  private static List<Long> everySecond(List<Long> ends) {
    List<Long> fewer = new ArrayList<>();
    for (int i = 1; i < ends.size(); i += 2) {
      fewer.add(ends.get(i));
    }
    if (ends.size() % 2 == 1) {
      fewer.add(ends.getLast());
    }
    return fewer;
  }

  /// `model.layers.3` of `model.layers.3.mlp.up_proj.weight`.
  private static String group(String name) {
    int at = 0;
    for (String word : name.split("\\.", -1)) {
      at += word.length();
      if (!word.isEmpty() && word.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return name.substring(0, at);
      }
      at++;
    }
    return name;
  }

  public int count() {
    return ends.size();
  }

  /// Number of all values.
  public long elements() {
    return ends.getLast();
  }

  /// The group of the value at this place.
  int at(long place) {
    int group = 0;
    while (ends.get(group) <= place) {
      group++;
    }
    return group;
  }

  /// What is done to values of one group that lie side by side.
  @FunctionalInterface
  interface Run {
    /// @param from of the first, counted from where the caller began
    void take(int group, int from, int to);
  }

  /// Cuts `count` values from `place` on into runs of one group each.
  void cut(long place, int count, Run run) {
    int from = 0;
    while (from < count) {
      int group = at(place + from);
      int to = (int) Math.min(count, ends.get(group) - place);
      run.take(group, from, to);
      from = to;
    }
  }
}
