package org.dure.federation.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dure.core.Seeded;
import org.dure.core.TensorLayout;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.MergeRule;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

class JudgeTest {
  private static TensorGroups groups(String... names) {
    return TensorGroups.of(
        new TensorLayout(
            Arrays.stream(names)
                .map(name -> new TensorLayout.Tensor(name, List.of(10L)))
                .toList()));
  }

  @Test
  void tensorsOfALayerAreOneGroup() {
    assertThat(
            groups(
                    "model.embed_tokens.weight",
                    "model.layers.0.self_attn.q_proj.weight",
                    "model.layers.0.mlp.up_proj.weight",
                    "model.layers.1.mlp.up_proj.weight",
                    "model.norm.weight",
                    "lm_head.weight")
                .ends())
        .containsExactly(10L, 30L, 40L, 50L, 60L);
  }

  @Test
  void ofManyGroupsNeighboursBecomeOne() {
    String[] names = new String[100];
    for (int i = 0; i < names.length; i++) {
      names[i] = "rehearsal.%05d".formatted(i);
    }
    TensorGroups groups = groups(names);
    assertThat(groups.count()).isLessThanOrEqualTo(TensorGroups.MOST);
    assertThat(groups.elements()).isEqualTo(1_000);
  }

  @Test
  void aRunOfValuesIsCutWhereGroupsEnd() {
    List<String> runs = new ArrayList<>();
    groups("a", "b", "c").cut(8, 14, (group, from, to) -> runs.add(group + ":" + from + "-" + to));
    assertThat(runs).containsExactly("0:0-2", "1:2-12", "2:12-14");
  }

  private static Event.Judgement alone(double length, List<List<Double>> past) {
    TensorGroups groups = groups("a");
    Judge.Past known = new Judge.Past(past, List.of(), Map.of(), Set.of(), Map.of());
    TreeMap<String, Judge.Measured> measured = new TreeMap<>();
    measured.put("ko", new Judge.Measured(0, 0, 0, List.of(length)));
    Study.Judging rules = TestStudies.of("ja", "ko").merge().judging();
    return new Judge(rules, groups, known, measured)
        .judge(new TreeMap<>(Map.of("ko", 0.0)), 100)
        .get("ko");
  }

  /// In a circle of two whose deltas have had the length 1 so far.
  private static Map<String, Event.Judgement> pair(double ko, double ja) {
    List<List<Double>> past = List.of(List.of(1.0), List.of(1.0));
    Judge.Past known =
        new Judge.Past(
            past,
            List.of(),
            Map.of(),
            Set.of(),
            Map.of(),
            Map.of("ko", past, "ja", past),
            Map.of());
    TreeMap<String, Judge.Measured> measured = new TreeMap<>();
    measured.put("ko", new Judge.Measured(0, 0, 0, List.of(ko)));
    measured.put("ja", new Judge.Measured(0, 0, 0, List.of(ja)));
    Study.Judging rules = TestStudies.of("ja", "ko").merge().judging();
    return new Judge(rules, groups("a"), known, measured)
        .judge(new TreeMap<>(Map.of("ko", 0.5, "ja", 0.5)), 100);
  }

  @Test
  void inACircleOfTwoDeltasMayGrowTogether() {
    assertThat(pair(6, 5).values()).allMatch(one -> one.verdict() == DeltaVerdict.COUNTED);
  }

  @Test
  void inACircleOfTwoNobodyIsCutToWhatThePartnerSendsNorGrowsAlone() {
    assertThat(pair(6, 0.01).get("ko"))
        .extracting(Event.Judgement::scales)
        .isEqualTo(List.of(1.0 / 6));
    assertThat(pair(6, 600).get("ja")).extracting(Event.Judgement::scales).isEqualTo(List.of(0.01));
    assertThat(pair(6, 600).get("ko"))
        .extracting(Event.Judgement::verdict)
        .isEqualTo(DeltaVerdict.COUNTED);
  }

  @Test
  void aDeltaThatIsAloneInItsRoundIsHeldAgainstTheStudysLastMerges() {
    List<List<Double>> past = List.of(List.of(1.0), List.of(1.1), List.of(0.9));
    assertThat(alone(1.5, past).verdict()).isEqualTo(DeltaVerdict.COUNTED);
    assertThat(alone(90, past).verdict()).isEqualTo(DeltaVerdict.CLIPPED);
    assertThat(alone(90, past).scales()).containsExactly(1.0 / 90);
    assertThat(alone(90, List.of()).verdict()).isEqualTo(DeltaVerdict.COUNTED);
    assertThat(alone(110, List.of()).verdict()).isEqualTo(DeltaVerdict.CLIPPED);
  }

  private static Study.Merge rule(String rule, int hostile) {
    return TestStudies.with(
            "merge.rule = \"%s\"\nmerge.hostile = %d".formatted(rule, hostile),
            "a",
            "b",
            "c",
            "d",
            "e",
            "f",
            "g")
        .merge();
  }

  /// Points on a line.
  private static TreeMap<String, Double> shares(String rule, int hostile, double... points) {
    TreeMap<String, Double> weights = new TreeMap<>();
    TreeMap<String, Double> limits = new TreeMap<>();
    for (int i = 0; i < points.length; i++) {
      String name = String.valueOf((char) ('a' + i));
      weights.put(name, 1.0);
      limits.put(name, 1.0);
    }
    return new TreeMap<>(
        MergeShares.of(
            rule(rule, hostile),
            weights,
            limits,
            (one, other) ->
                Math.pow(points[one.charAt(0) - 'a'] - points[other.charAt(0) - 'a'], 2)));
  }

  /// On a line it is the median.
  @Test
  void theGeometricMedianIsWhereTheSumOfDistancesIsLeast() {
    double[] points = {1, 2, 3, 50, 1000};
    TreeMap<String, Double> shares = shares("geometric-median", 1, points);
    double meeting = 0;
    for (int i = 0; i < points.length; i++) {
      meeting += shares.getOrDefault(String.valueOf((char) ('a' + i)), 0.0) * points[i];
    }
    assertThat(meeting).isCloseTo(3, within(0.05));
    assertThat(shares.values().stream().mapToDouble(x -> x).sum()).isCloseTo(1, within(1e-9));
  }

  @Test
  void krumTakesThoseThatHaveTheNearestNeighbours() {
    assertThat(shares("krum", 2, 1, 1.1, 1.2, 0.9, 1.05, 90, 90.1).keySet())
        .containsExactly("a", "b", "e");
    assertThat(shares("krum", 2, 5, 7).keySet()).hasSize(1);
  }

  @Test
  void everyValueHasItsMedianOrTheMeanOfTheMiddleOnes() {
    assertThat(mix(MergeRule.MEDIAN, 0, 1, 2, 100)).isEqualTo(2);
    assertThat(mix(MergeRule.MEDIAN, 0, 1, 2, 4, 100)).isEqualTo(3);
    assertThat(mix(MergeRule.TRIMMED_MEAN, 1, -50, 1, 2, 3, 100)).isEqualTo(2);
    assertThat(mix(MergeRule.TRIMMED_MEAN, 7, 1, 5)).isEqualTo(3);
    assertThat(mix(MergeRule.MEAN, 1, 1, 2, 6)).isCloseTo(3, within(1e-12));
  }

  private static double mix(MergeRule rule, int hostile, double... values) {
    TensorGroups groups = groups("a");
    List<MergeWork.Part> parts = new ArrayList<>();
    float[][] deltas = new float[values.length][1];
    for (int i = 0; i < values.length; i++) {
      parts.add(Parts.of(1.0 / values.length));
      deltas[i][0] = (float) values[i];
    }
    double[] mixed = new double[1];
    Mixture.of(rule, groups, values.length, hostile).desk(parts).mix(mixed, deltas, 0, 1);
    return mixed[0];
  }

  @Test
  void sharesWithLimitsOfTheirOwnAddUpToOneAndStayBelowThem() {
    SplittableRandom random = Seeded.random("limits");
    for (int trial = 0; trial < 2_000; trial++) {
      int regions = random.nextInt(1, 9);
      TreeMap<String, Double> weights = new TreeMap<>();
      TreeMap<String, Double> limits = new TreeMap<>();
      for (int i = 0; i < regions; i++) {
        weights.put("r" + i, (double) random.nextLong(1, 1L << random.nextInt(1, 62)));
        double equal = 1.0 / regions;
        limits.put(
            "r" + i, equal + (random.nextBoolean() ? 0 : random.nextDouble(1 - equal + 1e-9)));
      }
      var shares = MergeShares.capped(weights, limits);
      assertThat(shares.values().stream().mapToDouble(share -> share).sum())
          .isCloseTo(1, within(1e-9));
      shares.forEach(
          (region, share) ->
              assertThat(share).isBetween(0.0, limits.getOrDefault(region, 0.0) + 1e-9));
    }
  }
}
