package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;
import org.dure.federation.protocol.Study;

/// Every region's share of a merge.
public final class MergeShares {
  /// Steps of Weiszfeld's method; far more than it needs.
  private static final int STEPS = 100;

  /// Distances below this share of the mean one are taken for it, so that none is zero.
  private static final double LEAST_DISTANCE = 1e-9;

  private MergeShares() {}

  /// Shares of those that count, by the study's rule.
  ///
  /// @param weights what shares are in proportion to
  /// @param limits the largest share of each; none below an equal one
  /// @param squaredDistance between the deltas of two regions, as they count
  public static SortedMap<String, Double> of(
      Study.Merge merge,
      SortedMap<String, Double> weights,
      SortedMap<String, Double> limits,
      ToDoubleBiFunction<String, String> squaredDistance) {
    if (weights.isEmpty()) {
      return new TreeMap<>();
    }
    SortedMap<String, Double> shares = capped(weights, limits);
    return switch (merge.rule()) {
      case MEAN -> shares;
      case MEDIAN, TRIMMED_MEAN -> equal(List.copyOf(weights.keySet()));
      case GEOMETRIC_MEDIAN -> geometricMedian(shares, squaredDistance);
      case KRUM ->
          equal(nearest(List.copyOf(weights.keySet()), merge.judging().hostile(), squaredDistance));
    };
  }

  /// In proportion to the weights, none above `cap` (or above an equal share, where that is more).
  public static SortedMap<String, Double> capped(SortedMap<String, Double> weights, double cap) {
    SortedMap<String, Double> limits = new TreeMap<>(weights);
    limits.replaceAll((region, weight) -> Math.max(cap, 1.0 / weights.size()));
    return capped(weights, limits);
  }

  /// In proportion to the weights, none above its limit; what the limits take goes to the others in
  /// proportion. The shares add up to 1.
  static SortedMap<String, Double> capped(
      SortedMap<String, Double> weights, SortedMap<String, Double> limits) {
    SortedMap<String, Double> shares = new TreeMap<>();
    SortedMap<String, Double> open = new TreeMap<>(weights);
    boolean found = true;
    while (found && !open.isEmpty()) {
      double free = 1.0 - sum(shares);
      double total = sum(open);
      found = false;
      for (Map.Entry<String, Double> region : new TreeMap<>(open).entrySet()) {
        double limit = limits.getOrDefault(region.getKey(), 1.0);
        // The last ones, to whom only what is left can go, are no more above it than by rounding.
        if (open.size() > 1 && free * region.getValue() / total > limit) {
          shares.put(region.getKey(), limit);
          open.remove(region.getKey());
          found = true;
        }
      }
    }
    double free = 1.0 - sum(shares);
    double total = sum(open);
    open.forEach((region, weight) -> shares.put(region, free * weight / total));
    return shares;
  }

  private static double sum(SortedMap<String, Double> values) {
    double sum = 0;
    for (double value : values.values()) {
      sum += value;
    }
    return sum;
  }

  private static SortedMap<String, Double> equal(List<String> regions) {
    SortedMap<String, Double> shares = new TreeMap<>();
    regions.forEach(region -> shares.put(region, 1.0 / regions.size()));
    return shares;
  }

  /// Weiszfeld's method: each delta by its share over its distance to where they meet, which is
  /// itself a mean of them, so that distances between them are all that it needs.
  private static SortedMap<String, Double> geometricMedian(
      SortedMap<String, Double> shares, ToDoubleBiFunction<String, String> squaredDistance) {
    List<String> regions = List.copyOf(shares.keySet());
    int count = regions.size();
    double[] own = shares.values().stream().mapToDouble(share -> share).toArray();
    double[] meeting = own.clone();
    double[][] squares = new double[count][count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        squares[i][j] = squaredDistance.applyAsDouble(regions.get(i), regions.get(j));
      }
    }
    for (int step = 0; step < STEPS; step++) {
      double[] distances = distances(squares, meeting);
      double mean = 0;
      for (double distance : distances) {
        mean += distance / count;
      }
      double total = 0;
      for (int i = 0; i < count && mean > 0; i++) {
        meeting[i] = own[i] / Math.max(distances[i], LEAST_DISTANCE * mean);
        total += meeting[i];
      }
      for (int i = 0; i < count && mean > 0; i++) {
        meeting[i] /= total;
      }
    }
    SortedMap<String, Double> found = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      found.put(regions.get(i), meeting[i]);
    }
    return found;
  }

  /// From each point to the mean with these weights w: |x_i - m|^2 = sum_j w_j d_ij - v with v =
  /// sum_jk w_j w_k d_jk / 2, of squared distances d.
  private static double[] distances(double[][] squares, double[] weights) {
    double[] distances = new double[weights.length];
    double spread = 0;
    for (int i = 0; i < weights.length; i++) {
      for (int j = 0; j < weights.length; j++) {
        distances[i] += weights[j] * squares[i][j];
      }
      spread += weights[i] * distances[i] / 2;
    }
    for (int i = 0; i < weights.length; i++) {
      distances[i] = Math.sqrt(Math.max(0, distances[i] - spread));
    }
    return distances;
  }

  /// The n - f - 2 regions with the least sum of squared distances to their n - f - 2 nearest (El
  /// Mhamdi et al. 2018, arXiv 1802.07927); where fewer are left than protect from f, from as many
  /// as they do.
  private static List<String> nearest(
      List<String> regions, int hostile, ToDoubleBiFunction<String, String> squaredDistance) {
    int reckoned = Math.clamp((regions.size() - 3) / 2, 0, hostile);
    int most = Math.max(1, regions.size() - reckoned - 2);
    Map<String, Double> scores = new TreeMap<>();
    for (String region : regions) {
      scores.put(
          region,
          regions.stream()
              .filter(other -> !other.equals(region))
              .mapToDouble(other -> squaredDistance.applyAsDouble(region, other))
              .sorted()
              .limit(most)
              .sum());
    }
    List<String> sorted = new ArrayList<>(regions);
    sorted.sort(Comparator.comparing(scores::get));
    return List.copyOf(sorted.subList(0, most));
  }
}
