package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dure.core.Weights;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern.Code;
import org.junit.jupiter.api.Test;

/// What deltas do at the hub that were made to do harm.
class HostileDeltaTest {
  private static final String[] REGIONS = {"fr", "ja", "ko", "vi"};

  private final SplittableRandom random = new SplittableRandom(3);

  private static TestHub hub(String more) {
    TestHub hub =
        new TestHub(
            TestStudies.with(
                "rounds = 40\nmerge.repeat-bound = 0.999\nmerge.step-weight = 2\n" + more,
                REGIONS));
    for (String region : REGIONS) {
      hub.hello(region);
    }
    return hub;
  }

  /// What a healthy region would send: much in common with the others, something of its own.
  private Weights healthy() {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (int i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, (float) (0.01 * Math.cos(i) + 0.004 * random.nextGaussian()));
    }
    return delta;
  }

  private static Weights filled(double value) {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (int i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, (float) value);
    }
    return delta;
  }

  private static void send(TestHub hub, String region, Weights delta) {
    FragmentList list = Fragments.put(delta, hub.study.fragmentBytes(), hub.received(region));
    hub.send(hub.contribution(region, list, 10));
  }

  private Event.Merged round(TestHub hub, String hostile, Weights delta) {
    int round = hub.hub.round();
    for (String region : REGIONS) {
      send(hub, region, region.equals(hostile) ? delta : healthy());
    }
    hub.poll();
    Event.Merged merged = hub.hub.state().round(round).merged;
    assertThat(merged).isNotNull();
    return Objects.requireNonNull(merged);
  }

  private static Event.Judgement judgement(Event.Merged merged, String region) {
    return Merger.of(merged.parts(), region).judgement();
  }

  private static Optional<Code> concern(TestHub hub, String region) {
    return hub.status().regions().stream()
        .filter(one -> one.name().equals(region))
        .findFirst()
        .map(StudyStatus.Region::concern)
        .map(StudyStatus.Concern::code);
  }

  private static double distance(TestHub hub, List<Float> before) {
    List<Float> after = hub.weights();
    double squares = 0;
    for (int i = 0; i < after.size(); i++) {
      squares += Math.pow(after.get(i) - before.get(i), 2);
    }
    return Math.sqrt(squares);
  }

  @Test
  void aConstantWithAllTheWeightOfTheWorldIsRefusedAndWithLessDoesNoHarm() {
    TestHub hub = hub("");
    assertThatThrownBy(() -> hub.send(hub.contribution("ko", 0.5f, Long.MAX_VALUE)))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> {
              assertThat(e.refusal()).isEqualTo(RejectReason.WRONG_WEIGHT);
              assertThat(e.reason()).contains("ko", "at most 10");
            });
    List<Float> before = hub.weights();
    Event.Merged merged = round(hub, "ko", filled(0.5));
    assertThat(
            judgement(merged, "ko").verdict().isStrike()
                || judgement(merged, "ko").verdict() == DeltaVerdict.CLIPPED)
        .isTrue();
    assertThat(distance(hub, before)).isLessThan(0.2);
    assertThat(concern(hub, "ko")).isPresent();
    for (String honest : List.of("fr", "ja", "vi")) {
      assertThat(judgement(merged, honest).verdict()).isEqualTo(DeltaVerdict.COUNTED);
      assertThat(concern(hub, honest)).isEmpty();
    }
  }

  @Test
  void theLargestNumbersThatThereAreLeaveTheWeightsFiniteInEveryRoundAndRule() {
    for (String rule : List.of("mean", "median", "trimmed-mean", "geometric-median")) {
      TestHub hub = hub("merge.rule = \"%s\"".formatted(rule));
      for (int i = 0; i < 6; i++) {
        Event.Merged merged = round(hub, "ko", filled(i % 2 == 0 ? 3.4e38 : -3.4e38));
        assertThat(hub.weights()).as(rule).allMatch(Float::isFinite);
        assertThat(judgement(merged, "fr").verdict()).isEqualTo(DeltaVerdict.COUNTED);
      }
      hub.start();
      assertThat(hub.weights()).allMatch(Float::isFinite);
    }
  }

  /// With one contribution there is nobody to hold it against but the weights themselves.
  @Test
  void whereARegionIsAloneItsDeltaIsNoLongerThanTheWeights() {
    TestHub hub = new TestHub(TestStudies.with("quorum = 1\ngrace-seconds = 0", "ja", "ko"));
    hub.hello("ja");
    List<Float> before = hub.weights();
    double norm = Math.sqrt(before.stream().mapToDouble(value -> (double) value * value).sum());
    send(hub, "ja", filled(3.4e38));
    hub.now += 20_000;
    hub.poll();
    assertThat(hub.hub.round()).isEqualTo(2);
    assertThat(distance(hub, before)).isLessThan(1.4 * norm);
  }

  @Test
  void aDeltaThatIsTooLongIsCutToTheUsualLengthOrLeftOutAsTheStudySays() {
    for (String rule : List.of("clip", "refuse")) {
      TestHub hub = hub("merge.when-exceeding = \"%s\"".formatted(rule));
      round(hub, "", healthy());
      Weights longOne = healthy();
      for (int i = 0; i < longOne.layout().elements(); i++) {
        longOne.set(i, 100 * longOne.get(i));
      }
      Event.Judgement judged = judgement(round(hub, "vi", longOne), "vi");
      if (rule.equals("clip")) {
        assertThat(judged.verdict()).isEqualTo(DeltaVerdict.CLIPPED);
        assertThat(judged.scales()).hasSize(2).allMatch(scale -> scale < 0.02);
        assertThat(concern(hub, "vi")).contains(Code.CLIPPED);
      } else {
        assertThat(judged.verdict()).isEqualTo(DeltaVerdict.TOO_LONG);
        assertThat(concern(hub, "vi")).contains(Code.LEFT_OUT);
      }
    }
  }

  /// Not much of the whole, and all of one small tensor.
  @Test
  void whatIsHiddenInOneTensorIsCutThere() {
    TestHub hub = hub("");
    Weights hidden = healthy();
    for (int i = 0; i < 21; i++) {
      hidden.set(i, 8 * hidden.get(i));
    }
    Event.Judgement judged = judgement(round(hub, "vi", hidden), "vi");
    assertThat(judged.verdict()).isEqualTo(DeltaVerdict.CLIPPED);
    assertThat(judged.scales().getFirst()).isLessThan(0.3);
    assertThat(judged.scales().getLast()).isEqualTo(1);
  }

  @Test
  void anOldDeltaIsKnownAgainWhateverItsLengthSignAndALittleNoise() {
    TestHub hub = hub("");
    Weights first = healthy();
    Event.Merged begun = round(hub, "vi", first);
    assertThat(judgement(begun, "vi").verdict()).isEqualTo(DeltaVerdict.COUNTED);
    for (double factor : new double[] {1, 0.5, -0.25}) {
      Weights again = Weights.allocate(first.layout(), Arena.ofAuto());
      for (int i = 0; i < first.layout().elements(); i++) {
        again.set(i, (float) (factor * first.get(i) * (1 + 0.02 * random.nextGaussian())));
      }
      assertThat(judgement(round(hub, "vi", again), "vi").verdict())
          .isEqualTo(DeltaVerdict.REPEATED);
    }
    assertThat(concern(hub, "vi")).contains(Code.SUSPENDED);
  }

  @Test
  void whoIsLeftOutAgainAndAgainSitsOutAndIsNamedAndComesBack() {
    TestHub hub = hub("merge.suspend-rounds = 2");
    TreeMap<Integer, DeltaVerdict> verdicts = new TreeMap<>();
    for (int round = 1; round <= 6; round++) {
      Weights delta = healthy();
      for (int i = 0; i < delta.layout().elements() && round <= 3; i++) {
        delta.set(i, -delta.get(i));
      }
      verdicts.put(round, judgement(round(hub, "ja", delta), "ja").verdict());
      if (round == 4) {
        assertThat(concern(hub, "ja")).contains(Code.SUSPENDED);
      }
    }
    assertThat(verdicts.values())
        .containsExactly(
            DeltaVerdict.AGAINST,
            DeltaVerdict.AGAINST,
            DeltaVerdict.AGAINST,
            DeltaVerdict.SUSPENDED,
            DeltaVerdict.SUSPENDED,
            DeltaVerdict.COUNTED);
  }

  @Test
  void aNewRegionHasNoMoreThanAnEqualShareUntilTenOfItsDeltasHaveCounted() {
    TestHub hub = hub("weight-cap = 1.0");
    for (int round = 1; round <= 11; round++) {
      for (String region : REGIONS) {
        FragmentList list =
            Fragments.put(healthy(), hub.study.fragmentBytes(), hub.received(region));
        hub.send(hub.contribution(region, list, region.equals("ko") ? 10 : 2));
      }
      hub.poll();
      Event.Merged merged = Objects.requireNonNull(hub.hub.state().round(round).merged);
      double share = Merger.of(merged.parts(), "ko").share();
      assertThat(share).as("round %d", round).isEqualTo(round <= 10 ? 0.25 : 10 / 16.0);
    }
  }

  @Test
  void whereNothingCountsTheWeightsStayAsTheyAre() {
    TestHub hub = hub("");
    round(hub, "", healthy());
    List<Float> before = hub.weights();
    for (String region : REGIONS) {
      send(hub, region, filled(0));
    }
    hub.poll();
    assertThat(hub.hub.round()).isEqualTo(3);
    assertThat(hub.weights()).isEqualTo(before);
  }
}
