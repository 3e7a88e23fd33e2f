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
import java.util.stream.IntStream;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
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

  /// Merges over which agreement is averaged, this one included: what is within chance in one
  /// round shows in several.
  public static final int WINDOW = 8;

  /// Regions among which one can be told from the others.
  public static final int TELLING = 3;

  /// Lengths without which there is no history.
  private static final int LEAST_HISTORY = 3;

  /// What two unrelated vectors have as cosine is spread by 1/sqrt(values): beyond so many times
  /// that, they are related.
  private static final double SIGMAS = 5;

  /// How much more than that the regions must agree, for noise to be told from them, and what part
  /// of it noise has: a region of which little is to be told has more in common with the others.
  private static final double CLEARLY = 3;

  private static final double NOISE = 0.5;

  /// Least cosine of an echo with the momentum, and how much nearer to it than the others' it is.
  private static final double LEAST_ECHO = 0.9;

  private static final double NEARER = 0.15;

  /// A delta that has no more than this of the usual length is empty.
  private static final double LEAST_LENGTH = 1e-3;

  /// What of the whole's usual length a group that nobody moves may have.
  private static final double LEAST_GROUP = 0.01;

  /// What of the log a round's deltas are held against.
  ///
  /// @param norms by group of tensors, of the deltas that counted in the last merges, as they did
  /// @param agreements of those that could be compared in the last merges, by region, the newest
  ///     first
  /// @param counted how many contributions of a region have counted before
  /// @param suspended regions that sit this round out
  /// @param deltas digests of the lists of a region's earlier deltas, the newest first
  /// @param own where circles may be of two, a region's own part of `norms`
  /// @param phases how many rounds' work a delta may hold, where that can be more than one
  public record Past(
      List<List<Double>> norms,
      List<Map<String, Double>> agreements,
      Map<String, Integer> counted,
      Set<String> suspended,
      Map<String, List<String>> deltas,
      Map<String, List<List<Double>>> own,
      Map<String, Integer> phases) {
    /// Of a study that begins.
    public static final Past NONE = new Past(List.of(), List.of(), Map.of(), Set.of(), Map.of());

    /// In a study with one circle.
    public Past(
        List<List<Double>> norms,
        List<Map<String, Double>> agreements,
        Map<String, Integer> counted,
        Set<String> suspended,
        Map<String, List<String>> deltas) {
      this(norms, agreements, counted, suspended, deltas, Map.of(), Map.of());
    }

    int phases(String region) {
      return phases.getOrDefault(region, 1);
    }
  }

  /// What was measured of a delta.
  ///
  /// @param repeat see [Repeats#largest]
  /// @param onward cosine with the momentum before the merge; 0 where there is none
  /// @param behind how many rounds before this one it started
  /// @param norms by group of tensors
  public record Measured(double repeat, double onward, int behind, List<Double> norms) {
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
  private DeltaVerdict alone(String region) {
    Measured one = measured(region);
    double usual =
        measured.size() < TELLING
            ? 0
            : lowerMedian(measured.values().stream().mapToDouble(Measured::norm).toArray());
    if (past.suspended().contains(region)) {
      return DeltaVerdict.SUSPENDED;
    }
    if (one.repeat() >= rules.repeatBound()) {
      return DeltaVerdict.REPEATED;
    }
    return one.norm() <= LEAST_LENGTH * usual || one.norm() == 0
        ? DeltaVerdict.EMPTY
        : DeltaVerdict.COUNTED;
  }

  private Measured measured(String region) {
    return measured.getOrDefault(region, new Measured(0, 0, 0, List.of()));
  }

  /// The regions with which the others are compared.
  public SortedSet<String> comparable() {
    SortedSet<String> comparable = new TreeSet<>();
    for (String region : measured.keySet()) {
      if (alone(region) == DeltaVerdict.COUNTED) {
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
    SortedMap<String, DeltaVerdict> verdicts = new TreeMap<>();
    measured.keySet().forEach(region -> verdicts.put(region, alone(region)));
    compare(verdicts, agreements);
    Lengths ofAll = lengths(verdicts, norm);
    SortedMap<String, Event.Judgement> judgements = new TreeMap<>();
    measured.forEach(
        (region, one) -> {
          DeltaVerdict verdict = verdicts.getOrDefault(region, DeltaVerdict.COUNTED);
          Lengths lengths = own(region, norm, ofAll).times(past.phases(region));
          if (verdict.isCounted() && lengths.exceeds(one, lengths.bound)) {
            verdict =
                rules.exceeding() == Study.Exceeding.CLIP
                    ? DeltaVerdict.CLIPPED
                    : DeltaVerdict.TOO_LONG;
          }
          judgements.put(
              region,
              new Event.Judgement(
                  verdict,
                  agreements.getOrDefault(region, 0.0),
                  one.repeat(),
                  one.onward(),
                  one.norms(),
                  verdict.isCounted() ? lengths.scales(one) : List.of()));
        });
    return judgements;
  }

  /// How a region and the others agree.
  ///
  /// @param own sum over `rounds` of its agreement
  /// @param usual sum of what was usual
  /// @param highest of its agreements
  /// @param largest of them without their signs
  private record Evidence(double own, double usual, int rounds, double highest, double largest) {
    static Evidence of(double agreement, double typical) {
      return new Evidence(agreement, typical, 1, agreement, Math.abs(agreement));
    }

    Evidence and(double agreement, double typical) {
      return new Evidence(
          own + agreement,
          usual + typical,
          rounds + 1,
          Math.max(highest, agreement),
          Math.max(largest, Math.abs(agreement)));
    }

    /// In every single round, and clearly over all: a region that learns faster than the others may
    /// well point against them after it has pointed with them.
    ///
    /// @param chance what two unrelated vectors may have as cosine, of one round
    boolean isAgainst(double bound, double chance) {
      double spread = chance * Math.sqrt(rounds);
      return highest < 0 && usual > spread && own < -spread && own <= -bound * usual;
    }

    boolean isUnrelated(double chance) {
      return largest < NOISE * chance && usual >= CLEARLY * chance * Math.sqrt(rounds);
    }
  }

  private void compare(
      SortedMap<String, DeltaVerdict> verdicts, SortedMap<String, Double> agreements) {
    List<String> compared =
        verdicts.keySet().stream()
            .filter(region -> verdicts.get(region) == DeltaVerdict.COUNTED)
            .toList();
    if (compared.size() < TELLING) {
      return;
    }
    double chance = SIGMAS / Math.sqrt(groups.elements());
    double typical = lowerMedian(values(compared, agreements));
    double onward =
        lowerMedian(compared.stream().mapToDouble(one -> measured(one).onward()).toArray());
    for (String region : compared) {
      double agreement = agreements.getOrDefault(region, 0.0);
      Evidence now = Evidence.of(agreement, typical);
      // What it did before speaks against it only as long as it does not do better.
      Evidence lately = 2 * agreement < Math.max(typical, chance) ? lately(region, now) : now;
      if (now.isAgainst(rules.againstBound(), chance)
          || lately.isAgainst(rules.againstBound(), chance)) {
        verdicts.put(region, DeltaVerdict.AGAINST);
      } else if (now.isUnrelated(chance) || lately.isUnrelated(chance)) {
        verdicts.put(region, DeltaVerdict.UNRELATED);
      } else if (measured(region).onward() >= LEAST_ECHO
          && 1 - measured(region).onward() < NEARER * (1 - onward)) {
        verdicts.put(region, DeltaVerdict.ECHOED);
      }
    }
  }

  private static double[] values(Iterable<String> regions, Map<String, Double> agreements) {
    List<Double> values = new ArrayList<>();
    regions.forEach(region -> values.add(agreements.getOrDefault(region, 0.0)));
    return values.stream().mapToDouble(value -> value).toArray();
  }

  private Evidence lately(String region, Evidence now) {
    Evidence sum = now;
    for (Map<String, Double> merge : past.agreements()) {
      Double agreement = merge.get(region);
      if (agreement != null && merge.size() >= TELLING) {
        sum = sum.and(agreement, lowerMedian(values(merge.keySet(), merge)));
      }
    }
    return sum;
  }

  /// The usual length of every group, and of the whole.
  ///
  /// @param bound times a usual length that a delta may have
  private record Lengths(List<Double> groups, double whole, double bound) {
    private double usual(int group) {
      return Math.max(groups.get(group), LEAST_GROUP * whole);
    }

    /// Of a delta that holds so many rounds' work.
    Lengths times(int phases) {
      return phases == 1
          ? this
          : new Lengths(
              groups.stream().map(length -> phases * length).toList(),
              groups.isEmpty() ? whole : phases * whole,
              bound);
    }

    /// Whether the delta is anywhere longer than `times` the usual.
    boolean exceeds(Measured one, double times) {
      if (groups.isEmpty()) {
        return whole > 0 && one.norm() > times * whole;
      }
      return IntStream.range(0, groups.size())
          .anyMatch(group -> one.norms().get(group) > times * usual(group));
    }

    /// By what a delta's groups are to be cut; empty where none is. One that comes late goes from
    /// weights that the others have left behind: of it no more than the usual counts.
    List<Double> scales(Measured one) {
      double times = one.behind() > 0 ? 1 : bound;
      if (!exceeds(one, times)) {
        return List.of();
      }
      if (groups.isEmpty()) {
        return one.norms().stream().map(norm -> whole / one.norm()).toList();
      }
      return IntStream.range(0, groups.size())
          .mapToObj(
              group -> {
                double norm = one.norms().get(group);
                return norm > times * usual(group) ? usual(group) / norm : 1.0;
              })
          .toList();
    }
  }

  /// In a circle of two a region is held against itself and against the shorter of both, whichever
  /// is more. By the shorter alone a partner that sends next to nothing would cut the other to
  /// nothing; by itself alone a region would be cut while deltas grow in a warm-up. A first delta
  /// may be as long as the weights.
  private Lengths own(String region, double norm, Lengths ofAll) {
    if (past.own().isEmpty() || measured.size() >= TELLING) {
      return ofAll;
    }
    List<List<Double>> norms = past.own().getOrDefault(region, List.of());
    if (norms.isEmpty()) {
      return new Lengths(List.of(), norm, 1);
    }
    List<Double> usual = new ArrayList<>();
    double squares = 0;
    for (int group = 0; group < groups.count(); group++) {
      double length = Math.max(median(norms, group), shorter(group));
      usual.add(length);
      squares += length * length;
    }
    return new Lengths(usual, Math.sqrt(squares), rules.normBound());
  }

  /// Of two deltas; 0 of one.
  private double shorter(int group) {
    return comparable().size() < 2
        ? 0
        : comparable().stream()
            .mapToDouble(region -> measured(region).norms().get(group))
            .min()
            .orElse(0);
  }

  /// What is usual in this round or in the last ones, whichever is more: in a warm-up deltas grow,
  /// later they shrink. A delta that is alone in its round is held against the last ones only.
  /// Where neither tells, a delta may be as long as the weights.
  private Lengths lengths(SortedMap<String, DeltaVerdict> verdicts, double norm) {
    List<List<Double>> round = new ArrayList<>();
    measured.forEach(
        (region, one) -> {
          if (verdicts.get(region) == DeltaVerdict.COUNTED) {
            round.add(one.norms());
          }
        });
    boolean history = past.norms().size() >= LEAST_HISTORY;
    if (round.isEmpty() || (round.size() < TELLING && !history)) {
      return new Lengths(List.of(), norm, 1);
    }
    List<Double> usual = new ArrayList<>();
    double squares = 0;
    for (int group = 0; group < groups.count(); group++) {
      double here = round.size() == 1 ? 0 : median(round, group);
      double length = Math.max(here, history ? median(past.norms(), group) : 0);
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
