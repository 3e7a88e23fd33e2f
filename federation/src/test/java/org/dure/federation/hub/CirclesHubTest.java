package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// All regions are one circle at first, those with the same kind of text later.
class CirclesHubTest {
  private static final String[] REGIONS = {"fr-1:law", "fr-2:law", "vi-1:wiki", "vi-2:wiki"};
  private static final List<String> NAMES = List.of("fr-1", "fr-2", "vi-1", "vi-2");

  /// One outer step without momentum before it moves by so much of the mean delta.
  private static final float STEP = 0.7f * 1.9f;

  @TempDir Path folder;

  private static TestHub study(String more) {
    TestHub hub = new TestHub(TestStudies.circled(more, REGIONS));
    NAMES.forEach(hub::hello);
    return hub;
  }

  private static void round(TestHub hub, float fr1, float fr2, float vi1, float vi2) {
    hub.contribute("fr-1", fr1);
    hub.contribute("fr-2", fr2);
    hub.contribute("vi-1", vi1);
    hub.contribute("vi-2", vi2);
    hub.poll();
  }

  /// Only these contribute, and nobody waits longer for the others.
  private static void some(TestHub hub, String... regions) {
    for (String region : regions) {
      hub.contribute(region, 0.01f);
    }
    hub.now += 60_000;
    hub.poll();
  }

  private static String weights(TestHub hub, String region) {
    return hub.view(region).progress().weights();
  }

  private static void finish(TestHub hub) {
    for (String region : NAMES) {
      hub.score(region, 1);
    }
  }

  @Test
  void eachCircleGoesItsOwnWayFromWhereAllStoodTogether() {
    TestHub hub = study("rounds = 3\ncircles = [\"all:1\", \"kind\"]");
    float start = hub.first("fr-1");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);

    assertThat(NAMES.stream().map(region -> weights(hub, region)).distinct()).hasSize(1);
    float together = hub.first("fr-1");
    assertThat(together).isCloseTo(start - STEP * 0.025f, within(1e-6f));

    round(hub, 0.01f, 0.03f, -0.02f, -0.04f);

    assertThat(weights(hub, "fr-1")).isEqualTo(weights(hub, "fr-2"));
    assertThat(weights(hub, "vi-1")).isEqualTo(weights(hub, "vi-2"));
    assertThat(hub.first("fr-1")).isCloseTo(together - STEP * 0.02f, within(1e-6f));
    assertThat(hub.first("vi-1")).isCloseTo(together + STEP * 0.03f, within(1e-6f));
    assertThat(hub.status().regions().getFirst().circle()).isEqualTo("kind:law");
  }

  @Test
  void aCircleWithOneContributionStaysAsItWasAndTheOthersAreMerged() {
    TestHub hub = study("rounds = 3\nquorum = 3\ncircles = [\"kind\"]");
    String before = weights(hub, "vi-1");
    some(hub, "fr-1", "fr-2", "vi-1");

    assertThat(hub.view("fr-1").progress().round()).isEqualTo(2);
    assertThat(weights(hub, "fr-1")).isNotEqualTo(before);
    assertThat(weights(hub, "vi-1")).isEqualTo(before);
    assertThat(hub.hub.state().round(1).merged.parts()).containsOnlyKeys("fr-1", "fr-2");
  }

  @Test
  void aDeltaFromACircleThatIsNoMoreIsInNone() {
    TestHub hub = study("rounds = 4\nquorum = 3\ncircles = [\"all:1\", \"kind\"]");
    Message.Contribution late = hub.contribution("vi-2", 0.5f, 10);
    some(hub, "fr-1", "fr-2", "vi-1");
    hub.send(late);
    some(hub, "fr-1", "fr-2");

    Event.Merged merged = hub.hub.state().round(2).merged;
    assertThat(merged.parts()).containsOnlyKeys("fr-1", "fr-2");
    assertThat(hub.view("vi-2").member().counted()).isEqualTo(1);
  }

  @Test
  void aLateDeltaCountsInItsOwnCircle() {
    TestHub hub = study("rounds = 4\nquorum = 3\ncircles = [\"kind\"]");
    Message.Contribution late = hub.contribution("vi-2", 0.01f, 10);
    some(hub, "fr-1", "fr-2", "vi-1");
    hub.send(late);
    some(hub, "fr-1", "vi-1");

    assertThat(hub.hub.state().round(2).merged.parts()).containsOnlyKeys("vi-1", "vi-2");
  }

  @Test
  void aHubThatDiesAndLosesEverythingMakesEveryCircleAgain() {
    TestHub hub = study("rounds = 4\ncircles = [\"all:1\", \"kind\"]");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    round(hub, 0.01f, 0.02f, -0.03f, -0.04f);
    round(hub, 0.01f, 0.01f, 0.01f, 0.01f);
    List<String> before = hub.digestsOfWeights();
    hub.published.list().forEach(hub.published::remove);
    hub.start();

    assertThat(hub.digestsOfWeights()).isEqualTo(before);
    assertThat(before).hasSize(2).allMatch(hub.published::contains);
  }

  @Test
  void goingBackAcrossTheNarrowingJoinsAllAgain() {
    TestHub hub = study("rounds = 5\nquorum = 2\ncircles = [\"all:2\", \"kind\"]");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    String wide = weights(hub, "fr-1");
    for (int i = 0; i < 3; i++) {
      round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    }
    hub.hub.revoke("vi-2", hub.key("vi-2").getPublic(), "hostile", hub.now);
    Event.Undone undone = hub.hub.undo("d", "vi-2", 2, "hostile", hub.now).orElseThrow();
    hub.poll();

    assertThat(undone.circles()).containsOnlyKeys("all");
    assertThat(weights(hub, "fr-1")).isEqualTo(wide).isEqualTo(weights(hub, "vi-1"));
    assertThat(hub.published.contains(wide)).isTrue();
  }

  @Test
  void aLedgerOfCirclesHoldsAndIsRecomputedBitForBit() {
    TestHub hub = study("rounds = 3\ncircles = [\"all:1\", \"kind\"]");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    round(hub, 0.01f, 0.02f, -0.03f, -0.04f);
    round(hub, 0.01f, 0.01f, 0.01f, 0.01f);
    String law = weights(hub, "fr-1");
    finish(hub);

    Ledger.Verified verified =
        Ledger.recompute(
            hub.ledger(folder, "ledger"),
            folder.resolve("hub"),
            ArithmeticWorkload::initial,
            folder.resolve("scratch"));
    assertThat(verified.finished()).isTrue();
    assertThat(verified.weights()).containsOnlyKeys("kind:law", "kind:wiki");
    assertThat(verified.weights()).containsEntry("kind:law", law);
    assertThat(verified.contributions()).containsEntry("vi-2", 3);
    assertThat(verified.endingWith(law).contributions())
        .isEqualTo(Map.of("fr-1", 3, "fr-2", 3, "vi-1", 1, "vi-2", 1));
  }

  @Test
  void aLedgerWhoseMergeMixesCirclesIsRefused() {
    TestHub hub = study("rounds = 3\ncircles = [\"kind\"]");
    hub.contribute("fr-1", 0.01f);
    hub.contribute("fr-2", 0.02f);
    hub.contribute("vi-1", 0.03f);
    hub.contribute("vi-2", 0.04f);
    List<CircleStandings.Work> works = hub.hub.state().circles().merging();
    Merger merger = new Merger(hub.study, ArithmeticWorkload.LAYOUT, hub.published, hub::received);
    Event.Merged honest = merger.merge(hub.hub.state().round(), works);
    SortedMap<String, Event.Circle> mixed = new TreeMap<>(honest.circles());
    mixed.put("kind:law", Merger.of(honest.circles(), "kind:wiki"));
    Event.Logged logged =
        Event.log(hub.number() + 1, hub.now, hub.head(), new Event.Merged(1, mixed));
    hub.log.append(logged.number(), logged.bytes());

    assertThatThrownBy(() -> Ledger.verify(hub.ledger(folder, "ledger")))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("the parts are not those of the round");
  }

  @Test
  void aRegionThatIsEnrolledWithoutAKindIsInNoCircleAndStartsWithTheStudy() {
    TestHub hub = study("rounds = 4\nquorum = 3\ncircles = [\"all:1\", \"kind\"]");
    String start = weights(hub, "fr-1");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    hub.hub.enrol("zz", "vi", hub.now);
    hub.hello("zz");
    hub.poll();

    assertThat(weights(hub, "zz")).isEqualTo(start);
    hub.contribute("zz", 0.01f);
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);

    assertThat(weights(hub, "zz")).isEqualTo(start);
    assertThat(hub.hub.state().round(2).merged.parts())
        .containsOnlyKeys(NAMES.toArray(String[]::new));
    var before = hub.hub.state().circles().now();
    hub.start();
    assertThat(hub.hub.state().circles().now()).isEqualTo(before);
  }

  @Test
  void aRegionThatIsEnrolledWhileAMergeIsMadeDoesNotSpoilIt() {
    TestHub hub = study("rounds = 4\nquorum = 4\ncircles = [\"kind\"]");
    for (String region : NAMES) {
      hub.contribute(region, 0.01f);
    }
    Hub.Step step = hub.hub.due(hub.now).orElseThrow();
    Optional<Event> made = step.work().get();
    assertThat(step.merges()).isTrue();
    hub.hub.enrol("zz", "vi", hub.now);
    hub.hub.finish(step, made, hub.now);
    hub.poll();

    assertThat(hub.view("fr-1").progress().round()).isEqualTo(2);
    assertThat(hub.hub.state().round(1).merged.circles()).containsKey("alone:zz");
  }

  @Test
  void aRegionMayHaveTheWeightsOfItsOwnCirclesAlone() {
    TestHub hub = study("rounds = 4\ncircles = [\"all:1\", \"kind\"]\nlate-rounds = 1");
    HubSnapshot snapshot = new HubSnapshot(hub.published);
    String wide = weights(hub, "fr-1");
    round(hub, 0.01f, 0.02f, 0.03f, 0.04f);
    round(hub, 0.01f, 0.02f, -0.03f, -0.04f);
    hub.hub.show(snapshot);
    String law = weights(hub, "fr-1");
    String fragment = FragmentList.parse(hub.published.get(law)).fragments().getFirst();

    assertThat(snapshot.mayHave("fr-2", law)).isTrue();
    assertThat(snapshot.mayHave("fr-2", fragment)).isTrue();
    assertThat(snapshot.mayHave("vi-1", law)).isFalse();
    assertThat(snapshot.mayHave("vi-1", fragment)).isFalse();
    assertThat(snapshot.givesOut(law)).isTrue();
    assertThat(
            snapshot.mayHave(
                "fr-2", Merger.of(hub.hub.state().circles().now(), "kind:law").momentum()))
        .as("nobody needs momentum")
        .isFalse();
    assertThat(snapshot.mayHave("fr-2", wide)).as("too long ago").isFalse();
  }
}
