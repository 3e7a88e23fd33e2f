package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What one region of a small circle can do to the others of it, and to the study.
class CirclesUnderAttackTest {
  private static final List<String> NAMES = List.of("fr-1", "fr-2", "vi-1", "vi-2");

  @TempDir Path folder;

  private static TestHub study(String more, String... regions) {
    TestHub hub = new TestHub(TestStudies.circled(more, regions));
    hub.study.regions().forEach(region -> hub.hello(region.name()));
    return hub;
  }

  private static TestHub pairs(String more) {
    return study("circles = [\"kind\"]\n" + more, "fr-1:law", "fr-2:law", "vi-1:wiki", "vi-2:wiki");
  }

  private static void round(TestHub hub, float fr1, float fr2, float vi1, float vi2) {
    hub.contribute("fr-1", fr1);
    hub.contribute("fr-2", fr2);
    hub.contribute("vi-1", vi1);
    hub.contribute("vi-2", vi2);
    hub.poll();
  }

  private static Event.Part part(TestHub hub, int round, String region) {
    return Merger.of(hub.hub.state().round(round).merged.parts(), region);
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip", "refuse"})
  void aPartnerThatSendsNextToNothingNeitherStopsTheCircleNorHarmsTheOther(String exceeding) {
    TestHub hub = pairs("rounds = 40\nmerge.when-exceeding = \"%s\"".formatted(exceeding));
    for (int i = 1; i <= 12; i++) {
      float law = hub.first("fr-1");
      float wiki = hub.first("vi-1");
      round(hub, 0.01f, 0.00001f, 0.01f, 0.01f);
      assertThat(part(hub, i, "fr-1").judgement().verdict()).isEqualTo(DeltaVerdict.COUNTED);
      assertThat(hub.first("fr-1") - law).isCloseTo((hub.first("vi-1") - wiki) / 2, within(1e-4f));
    }
    assertThat(hub.hub.state().member("fr-1").strikes).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip", "refuse"})
  void whatARegionLearntWhileItsCircleWasNotMergedCountsWhenTheOtherIsBack(String exceeding) {
    TestHub hub =
        pairs("rounds = 40\nquorum = 3\nmerge.when-exceeding = \"%s\"".formatted(exceeding));
    for (int i = 1; i <= 3; i++) {
      round(hub, 0.01f, 0.01f, 0.01f, 0.01f);
    }
    float before = hub.first("fr-1");
    for (int i = 1; i <= 10; i++) {
      hub.contribute("fr-1", 0.01f * i);
      hub.contribute("vi-1", 0.01f);
      hub.contribute("vi-2", 0.01f);
      hub.now += 600_000;
      List.of("fr-1", "vi-1", "vi-2").forEach(hub::hello);
      hub.poll();
    }
    assertThat(hub.first("fr-1")).isEqualTo(before);
    hub.hello("fr-2");
    round(hub, 0.11f, 0.01f, 0.01f, 0.01f);

    assertThat(part(hub, 14, "fr-1").judgement().verdict()).isEqualTo(DeltaVerdict.COUNTED);
    assertThat(hub.hub.state().member("fr-1").strikes).isZero();

    round(hub, 0.11f, 0.01f, 0.01f, 0.01f);
    assertThat(part(hub, 15, "fr-1").judgement().verdict()).isNotEqualTo(DeltaVerdict.COUNTED);
    assertThat(hub.hub.state().member("fr-1").strikes).isZero();
  }

  @Test
  void aRoundInWhichNoCircleWouldBeMergedWaitsForMore() {
    TestHub hub = pairs("rounds = 5\nquorum = 2");
    hub.contribute("fr-1", 0.01f);
    hub.contribute("vi-1", 0.01f);
    hub.now += 3_600_000;
    hub.poll();
    assertThat(hub.hub.round()).isEqualTo(1);
    hub.contribute("fr-2", 0.01f);
    hub.now += 3_600_000;
    hub.poll();
    assertThat(hub.hub.round()).isEqualTo(2);
  }

  @Test
  void deltasFromACircleThatIsNoMoreDoNotHoldUpTheirRound() {
    TestHub hub =
        study(
            "circles = [\"all:1\", \"kind\"]\nrounds = 9\nquorum = 2",
            "fr-1:law",
            "fr-2:law",
            "vi-1:wiki",
            "vi-2:wiki");
    Message.Contribution late = hub.contribution("fr-2", 0.01f, 10);
    hub.contribute("fr-1", 0.01f);
    hub.contribute("vi-1", 0.01f);
    hub.now += 600_000;
    hub.poll();
    hub.send(late);
    hub.contribute("fr-1", 0.01f);
    hub.now += 600_000;
    hub.poll();
    assertThat(hub.hub.round()).as("with fr-2, whose delta is in no merge").isEqualTo(3);
    hub.contribute("fr-1", 0.01f);
    hub.contribute("fr-2", 0.01f);
    hub.now += 600_000;
    hub.poll();
    assertThat(hub.hub.state().round(3).merged.parts()).containsOnlyKeys("fr-1", "fr-2");
  }

  @Test
  void anEmptyDeltaDoesNotShowTheOnlyOtherOne() {
    TestHub hub =
        study(
            "circles = [\"kind\"]\nquorum = 4\nrounds = 9",
            "fr-1:law",
            "fr-2:law",
            "fr-3:law",
            "vi-1:wiki",
            "vi-2:wiki");
    float before = hub.first("fr-1");
    hub.contribute("fr-1", 0.01f);
    hub.contribute("fr-2", 0);
    hub.contribute("vi-1", 0.01f);
    hub.contribute("vi-2", 0.01f);
    hub.now += 600_000;
    hub.poll();

    assertThat(part(hub, 1, "fr-2").judgement().verdict()).isEqualTo(DeltaVerdict.EMPTY);
    assertThat(part(hub, 1, "fr-1").share()).isZero();
    assertThat(hub.first("fr-1")).isEqualTo(before);
    assertThat(hub.first("vi-1")).isNotEqualTo(before);
  }

  @Test
  void weightsThatNoMergeMadeAreNoCirclesOutcome() {
    TestHub hub = pairs("rounds = 1");
    hub.hub.enrol("yy", "vi", hub.now);
    round(hub, 0.01f, 0.01f, 0.02f, 0.02f);
    NAMES.forEach(region -> hub.score(region, 1));
    hub.hub.enrol("zz", "vi", hub.now);

    Ledger.Verified verified = Ledger.verify(hub.ledger(folder, "ledger"));
    assertThat(verified.finished()).isTrue();
    assertThat(verified.weights()).containsOnlyKeys("kind:law", "kind:wiki");
    Ledger.Verified law = verified.endingWith(Merger.of(verified.weights(), "kind:law"));
    assertThat(law.weights()).containsOnlyKeys("kind:law");
    assertThat(law.published()).containsOnlyKeys("fr-1", "fr-2");
    assertThat(law.contributions()).isEqualTo(Map.of("fr-1", 1, "fr-2", 1));
    assertThat(verified.contributions()).hasSize(4);
  }

  @Test
  void aNormThatIsNotThatOfTheWeightsIsFoundByReplay() {
    TestHub hub = pairs("rounds = 2");
    for (String region : NAMES) {
      hub.contribute(region, 0.01f);
    }
    Merger merger = new Merger(hub.study, ArithmeticWorkload.LAYOUT, hub.published, hub::received);
    Event.Merged honest =
        merger.merge(hub.hub.state().round(), hub.hub.state().circles().merging());
    SortedMap<String, Event.Circle> circles = new TreeMap<>();
    honest
        .circles()
        .forEach(
            (name, circle) ->
                circles.put(
                    name,
                    new Event.Circle(
                        circle.weights(),
                        circle.momentum(),
                        1.01 * circle.norm(),
                        circle.parts())));
    Event.Logged logged =
        Event.log(hub.number() + 1, hub.now, hub.head(), new Event.Merged(1, circles));
    hub.log.append(logged.number(), logged.bytes());
    Path ledger = hub.ledger(folder, "lie");

    assertThatThrownBy(
            () ->
                Ledger.recompute(
                    ledger,
                    folder.resolve("hub"),
                    ArithmeticWorkload::initial,
                    folder.resolve("scratch")))
        .hasMessageContaining("the norm of the weights");
  }

  @Test
  void askingForWeightsThatAreLongGoneMakesTheHubDoNothing() {
    TestHub hub = pairs("rounds = 20");
    HubSnapshot snapshot = new HubSnapshot(hub.published);
    String old = hub.view("fr-1").progress().weights();
    for (int i = 0; i < 6; i++) {
      round(hub, 0.01f, 0.01f, 0.01f, 0.01f);
    }
    hub.hub.show(snapshot);
    assertThat(hub.published.contains(old)).isFalse();
    assertThat(snapshot.mayHave("fr-1", old)).isFalse();
    assertThat(snapshot.givesOut(old)).isFalse();
  }
}
