package org.dure.federation.merge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.federation.log.Event;
import org.dure.federation.log.Verdict;
import org.dure.federation.protocol.Exceeding;
import org.dure.federation.protocol.Study;

/// Says of each delta of a round whether it counts, and cut to what length: a function of a few
/// figures and the log, so that anyone can check a verdict without the deltas.
///
/// A region is held against the others of the round and against the study's own last merges, always
/// by a median: fewer than half of the regions cannot move it. Nobody is told from the others
/// among fewer than three. docs/protocol.md has the rules in words, docs/experiments.md what they
/// catch and what they do not.
public final class Judge {
  /// Merges that are the study's history.
  public static final int HISTORY = 10;

  /// Regions among which one can be told from the others.
  static final int TELLING = 3;

  /// Lengths without which there is no history.
  private static final int LEAST_HISTORY = 3;

  /// What two unrelated vectors have as cosine is spread by 1/sqrt(values): beyond so many times
  /// that, they are related.
  private static final double SIGMAS = 5;

  /// How much more than that the regions must agree, for noise to be told from them.
  private static final double CLEARLY = 3;

  /// A delta that has no more than this of the usual length is empty.
  private static final double LEAST_LENGTH = 1e-3;

  /// What of the whole's usual length a group that nobody moves may have.
  private static final double LEAST_GROUP = 0.01;

  /// What of the log a round's deltas are held against.
  ///
  /// @param norms by group of tensors, of the deltas that counted in the last merges, as they did
  /// @param counted how many contributions of a region have counted before
  /// @param suspended regions that sit this round out
  /// @param deltas digests of the lists of a region's earlier deltas, the newest first
  public record Past(
      List<List<Double>> norms,
      Map<String, Integer> counted,
      Set<String> suspended,
      Map<String, List<String>> deltas) {
    /// Of a study that begins.
    public static final Past NONE = new Past(List.of(), Map.of(), Set.of(), Map.of());
  }

  /// What was measured of a delta.
  ///
  /// @param repeat see [Repeats#largest]
  /// @param norms by group of tensors
  public record Measured(double repeat, List<Double> norms) {
    double norm() {
      double squares = 0;
      for (double norm : norms) {
        squares += norm * norm;
      }
      return Math.sqrt(squares);
    }
  }

  private final Study.Judging rules;
  private final TensorGroups groups;
  private final Past past;
  private final SortedMap<String, Measured> measured;

  /// @param measured of every region in the round
  public Judge(
      Study.Judging rules, TensorGroups groups, Past past, SortedMap<String, Measured> measured) {
    this.rules = rules;
    this.groups = groups;
    this.past = past;
    this.measured = measured;
  }

  /// What is wrong with a delta by itself; COUNTED if nothing is.
  private Verdict alone(String region) {
    Measured one = measured.getOrDefault(region, new Measured(0, List.of()));
    double usual =
        measured.size() < TELLING
            ? 0
            : lowerMedian(measured.values().stream().mapToDouble(Measured::norm).toArray());
    if (past.suspended().contains(region)) {
      return Verdict.SUSPENDED;
    }
    if (one.repeat() >= rules.repeatBound()) {
      return Verdict.REPEATED;
    }
    return one.norm() <= LEAST_LENGTH * usual || one.norm() == 0
        ? Verdict.EMPTY
        : Verdict.COUNTED;
  }

  /// The regions with which the others are compared.
  public SortedSet<String> comparable() {
    SortedSet<String> comparable = new TreeSet<>();
    for (String region : measured.keySet()) {
      if (alone(region) == Verdict.COUNTED) {
        comparable.add(region);
      }
    }
    return comparable;
  }

  /// The middle one of a region's cosines with the others, the upper of two; 0 of none.
  public static double agreement(double[] cosines) {
    double[] sorted = cosines.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
  }

  /// What becomes of every delta.
  ///
  /// @param agreements of every region with the [#comparable] ones
  /// @param norm of the weights before the merge
  public SortedMap<String, Event.Judgement> judge(
      SortedMap<String, Double> agreements, double norm) {
    SortedMap<String, Verdict> verdicts = new TreeMap<>();
    measured.keySet().forEach(region -> verdicts.put(region, alone(region)));
    compare(verdicts, agreements);
    Lengths lengths = lengths(verdicts, norm);
    SortedMap<String, Event.Judgement> judgements = new TreeMap<>();
    measured.forEach(
        (region, one) -> {
          Verdict verdict = verdicts.getOrDefault(region, Verdict.COUNTED);
          List<Double> scales = verdict.isCounted() ? lengths.scales(one) : List.of();
          if (!scales.isEmpty()) {
            verdict = rules.exceeding() == Exceeding.CLIP ? Verdict.CLIPPED : Verdict.TOO_LONG;
          }
          judgements.put(
              region,
              new Event.Judgement(
                  verdict,
                  agreements.getOrDefault(region, 0.0),
                  one.repeat(),
                  one.norms(),
                  verdict == Verdict.CLIPPED ? scales : List.of()));
        });
    return judgements;
  }

  private void compare(
      SortedMap<String, Verdict> verdicts, SortedMap<String, Double> agreements) {
    List<String> compared =
        verdicts.keySet().stream()
            .filter(region -> verdicts.get(region) == Verdict.COUNTED)
            .toList();
    if (compared.size() < TELLING) {
      return;
    }
    double typical =
        lowerMedian(
            compared.stream()
                .mapToDouble(region -> agreements.getOrDefault(region, 0.0))
                .toArray());
    double chance = SIGMAS / Math.sqrt(groups.elements());
    if (typical <= chance) {
      return;
    }
    for (String region : compared) {
      double agreement = agreements.getOrDefault(region, 0.0);
      if (agreement <= -rules.againstBound() * typical && agreement < -chance) {
        verdicts.put(region, Verdict.AGAINST);
      } else if (typical >= CLEARLY * chance && Math.abs(agreement) < chance) {
        verdicts.put(region, Verdict.UNRELATED);
      }
    }
  }

  /// The usual length of every group, and of the whole.
  ///
  /// @param bound times a usual length that a delta may have
  private record Lengths(List<Double> groups, double whole, double bound) {
    /// By what a delta's groups are to be cut; empty where none is too long.
    List<Double> scales(Measured one) {
      List<Double> scales = new ArrayList<>();
      boolean exceeds = false;
      if (groups.isEmpty()) {
        exceeds = whole > 0 && one.norm() > bound * whole;
        return exceeds
            ? one.norms().stream().map(norm -> whole / one.norm()).toList()
            : List.of();
      }
      for (int group = 0; group < groups.size(); group++) {
        double usual = Math.max(groups.get(group), LEAST_GROUP * whole);
        double norm = one.norms().get(group);
        boolean cut = norm > bound * usual;
        exceeds |= cut;
        scales.add(cut ? usual / norm : 1.0);
      }
      return exceeds ? scales : List.of();
    }
  }

  /// What is usual in this round or in the last ones, whichever is more: in a warm-up deltas grow,
  /// later they shrink. Where neither tells, a delta may be as long as the weights.
  private Lengths lengths(SortedMap<String, Verdict> verdicts, double norm) {
    List<List<Double>> round = new ArrayList<>();
    measured.forEach(
        (region, one) -> {
          if (verdicts.get(region) == Verdict.COUNTED) {
            round.add(one.norms());
          }
        });
    boolean history = past.norms().size() >= LEAST_HISTORY;
    if (round.size() < 2 || (round.size() < TELLING && !history)) {
      return new Lengths(List.of(), norm, 1);
    }
    List<Double> usual = new ArrayList<>();
    double squares = 0;
    for (int group = 0; group < groups.count(); group++) {
      double length =
          Math.max(median(round, group), history ? median(past.norms(), group) : 0);
      usual.add(length);
      squares += length * length;
    }
    return new Lengths(usual, Math.sqrt(squares), rules.normBound());
  }

  private static double median(List<List<Double>> norms, int group) {
    return lowerMedian(norms.stream().mapToDouble(one -> one.get(group)).toArray());
  }

  private static double lowerMedian(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
