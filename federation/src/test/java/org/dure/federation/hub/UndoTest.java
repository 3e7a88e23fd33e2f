package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The study goes back to the weights of an earlier merge, bit for bit, and on from there.
class UndoTest {
  private static final int ROUNDS = 6;

  @TempDir Path folder;

  private static TestHub study(String... regions) {
    TestHub hub = new TestHub(TestStudies.with("rounds = " + ROUNDS + "\nquorum = 2\n", regions));
    for (String region : regions) {
      hub.hello(region);
    }
    return hub;
  }

  /// What an honest region sends depends on how manieth of the rounds that count it is.
  private static void contribute(TestHub hub, String region) {
    int place = hub.view(region).progress().place();
    hub.contribute(region, 0.01f * place + 0.001f * region.hashCode() % 7);
  }

  private static void round(TestHub hub, String... regions) {
    for (String region : regions) {
      contribute(hub, region);
    }
    hub.now += 60_000;
    hub.poll();
  }

  private static void attack(TestHub hub) {
    hub.contribute("vi", 1e6f);
    round(hub, "ja", "ko");
  }

  private static Optional<Event.Undone> undo(TestHub hub, int from) {
    hub.hub.revoke("vi", hub.key("vi").getPublic(), "hostile", hub.now);
    return hub.hub.undo("decision", "vi", from, "hostile", hub.now);
  }

  private static void finish(TestHub hub) {
    while (hub.hub.state().stage() == StudyStage.COLLECTING) {
      round(hub, "ja", "ko");
    }
    hub.score("ja", 1);
    hub.score("ko", 1);
  }

  private static String momentum(TestHub hub) {
    return Merger.of(hub.hub.state().circles().now(), Circles.ALL).momentum();
  }

  @Test
  void theStudyEndsWithTheWeightsOfOneThatHadNoAttacker() {
    TestHub quiet = study("ja", "ko", "vi");
    finish(quiet);

    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    round(hub, "ja", "ko");
    String weights = hub.digestOfWeights();
    String momentum = momentum(hub);
    attack(hub);
    attack(hub);
    attack(hub);
    contribute(hub, "ja");
    Event.Undone undone = undo(hub, 0).orElseThrow();

    assertThat(undone.base()).isEqualTo(2);
    assertThat(undone.round()).isEqualTo(6);
    assertThat(hub.digestOfWeights()).isEqualTo(weights);
    assertThat(momentum(hub)).isEqualTo(momentum);
    assertThat(hub.view("ja").progress().round()).isEqualTo(7);
    assertThat(hub.view("ja").progress().place()).isEqualTo(3);
    assertThat(hub.view("ja").progress().takenBack().spans())
        .containsExactly(new TakenBack.Span(3, 6));
    assertThat(hub.view("ja").member().delivered()).isFalse();
    assertThat(hub.published.contains(momentum)).as("only of the last two rounds").isFalse();
    hub.poll();
    assertThat(hub.published.contains(weights)).isTrue();
    assertThat(hub.published.contains(momentum)).as("made again from the deltas").isTrue();

    finish(hub);
    assertThat(hub.digestOfWeights()).isEqualTo(quiet.digestOfWeights());
    assertThat(momentum(hub)).isEqualTo(momentum(quiet));
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.FINISHED);
    assertThat(hub.hub.state().roundNumber()).isEqualTo(ROUNDS + 4);
    assertThat(hub.hub.state().member("ja").merged).isEqualTo(ROUNDS);
    assertThat(hub.hub.state().member("ja").strikes)
        .isEqualTo(quiet.hub.state().member("ja").strikes);
  }

  @Test
  void nothingThatWasBegunBeforeCountsAfterwards() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    attack(hub);
    Message.Contribution begun = hub.contribution("ko", 0.25f, 10);
    undo(hub, 0);

    assertThatThrownBy(() -> hub.send(begun))
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(RejectReason.TAKEN_BACK));
    contribute(hub, "ko");
    assertThat(hub.hub.state().round().contributions).containsOnlyKeys("ko");
  }

  @Test
  void itGoesBackToTheStartIfTheFirstRoundIsTakenBack() {
    TestHub hub = study("ja", "ko", "vi");
    String start = hub.digestOfWeights();
    attack(hub);
    attack(hub);
    undo(hub, 0);
    hub.start();
    hub.poll();

    assertThat(hub.digestOfWeights()).isEqualTo(start);
    assertThat(momentum(hub)).isEmpty();
    hub.hello("ja");
    hub.hello("ko");
    TestHub quiet = study("ja", "ko", "vi");
    finish(quiet);
    finish(hub);
    assertThat(hub.digestOfWeights()).isEqualTo(quiet.digestOfWeights());
  }

  @Test
  void aStudyThatIsFinishedGoesOn() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    attack(hub);
    finish(hub);
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.MEASURING);
    hub.hub.revoke("vi", hub.key("vi").getPublic(), "hostile", hub.now);
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.FINISHED);
    undo(hub, 0);

    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.COLLECTING);
    finish(hub);
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.FINISHED);
    TestHub quiet = study("ja", "ko", "vi");
    finish(quiet);
    assertThat(hub.digestOfWeights()).isEqualTo(quiet.digestOfWeights());
  }

  @Test
  void aMergeThatIsBeingMadeIsDroppedAndOneDecisionIsCarriedOnce() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    hub.contribute("vi", 1e6f);
    contribute(hub, "ja");
    contribute(hub, "ko");
    Hub.Step merging = hub.hub.due(hub.now).orElseThrow();
    Optional<Event> made = merging.work().get();
    undo(hub, 0);
    long number = hub.number();
    hub.hub.finish(merging, made, hub.now);

    assertThat(hub.number()).isEqualTo(number);
    assertThat(hub.view("ja").progress().round()).isEqualTo(3);
    assertThat(undo(hub, 0)).isEmpty();
    hub.start();
    assertThat(undo(hub, 0)).isEmpty();
    hub.renew("vi");
    hub.hello("vi");
    hub.hello("ja");
    hub.hello("ko");
    attack(hub);
    assertThat(hub.hub.undo("another", "vi", 0, "", hub.now)).as("it is in again").isEmpty();
    assertThat(undo(hub, 0)).as("the same decision").isEmpty();
    assertThat(hub.hub.undo("another", "vi", 0, "", hub.now)).isPresent();
    assertThat(hub.hub.state().takenBack().spans()).containsExactly(new TakenBack.Span(2, 4));
  }

  @Test
  void aRoundCanBeNamed() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    attack(hub);
    attack(hub);
    String weights = hub.digestOfWeights();
    attack(hub);
    assertThat(hub.hub.undo("early", "vi", 3, "", hub.now)).as("not revoked").isEmpty();
    assertThat(undo(hub, 6)).as("no such round").isEmpty();
    assertThat(undo(hub, 4).orElseThrow().base()).isEqualTo(3);
    assertThat(hub.digestOfWeights()).isEqualTo(weights);
    hub.start();
    hub.hello("ja");
    hub.hello("ko");
    round(hub, "ja", "ko");
    assertThat(hub.hub.state().takenBack().spans()).containsExactly(new TakenBack.Span(4, 5));
    assertThat(hub.hub.state().rounds().getLast().number).isEqualTo(7);
  }

  @Test
  void whatLiesFurtherBackThanIsRememberedIsFoundInTheLog() {
    TestHub hub = new TestHub(TestStudies.with("rounds = 5000\nquorum = 1\n", "ja", "vi"));
    hub.hello("ja");
    hub.hello("vi");
    round(hub, "ja");
    String weights = hub.digestOfWeights();
    hub.contribute("vi", 1);
    for (int i = 0; i < Rounds.MOST + 5; i++) {
      round(hub, "ja");
    }
    assertThat(undo(hub, 0).orElseThrow().base()).isEqualTo(1);
    assertThat(hub.digestOfWeights()).isEqualTo(weights);
    hub.poll();
    assertThat(hub.published.contains(weights)).isTrue();
    hub.start();
    assertThat(hub.digestOfWeights()).isEqualTo(weights);
  }

  /// Regions tell what they measured of the weights that they began with.
  private static void measured(TestHub hub, String region, double value) {
    Message.Contribution made = hub.contribution(region, 0.1f, 10);
    hub.send(
        new Message.Contribution(
            made.kind(),
            made.study(),
            region,
            made.sequence(),
            made.round(),
            made.base(),
            made.delta(),
            made.weight(),
            Map.of(Rollback.MEASURE, value),
            made.exportLog()));
  }

  private static TestHub measuring(double... second) {
    String[] regions = {"fr", "ja", "ko", "vi"};
    TestHub hub = new TestHub(TestStudies.with("rounds = 6\n", regions));
    for (String region : regions) {
      hub.hello(region);
    }
    for (String region : regions) {
      measured(hub, region, 3.4);
    }
    hub.poll();
    for (int i = 0; i < second.length; i++) {
      measured(hub, regions[i], second[i]);
      hub.poll();
    }
    return hub;
  }

  @Test
  void aMergeThatMostRegionsMeasureAsWorseIsTakenBackByRule() {
    TestHub hub = measuring(5.7, 5.6);
    assertThat(hub.hub.state().takenBack()).as("two of four").isEqualTo(TakenBack.NONE);
    measured(hub, "ko", 3.75);
    hub.poll();

    assertThat(hub.hub.state().takenBack().spans()).containsExactly(new TakenBack.Span(1, 2));
    Event.Cause cause = hub.hub.state().history().undoings().newest().getFirst().event().cause();
    assertThat(cause.byRule()).isTrue();
    assertThat(cause.reason())
        .isEqualTo(
            "3 of 4 regions measured the merge of round 1 as worse: fr 5.7000, 3.4000 before, ja"
                + " 5.6000, 3.4000 before, ko 3.7500, 3.4000 before");
    for (int more = 2; more <= Rollback.MOST_IN_A_ROW; more++) {
      again(hub);
      assertThat(hub.hub.state().takenBack().rounds()).isEqualTo(2 * more);
    }
    again(hub);
    assertThat(hub.hub.state().takenBack().rounds())
        .as("what comes out so again and again stays")
        .isEqualTo(2 * Rollback.MOST_IN_A_ROW);
  }

  /// Else two that lie need only wait until others are away.
  @Test
  void regionsThatAreAwayCountAmongThoseOfWhomMostMustMeasureItAsWorse() {
    TestHub hub = measuring(5.7, 5.6);
    hub.now += 1_000_000;
    hub.hello("fr");
    hub.hello("ja");
    hub.poll();
    assertThat(hub.hub.state().present()).containsExactly("fr", "ja");
    assertThat(hub.hub.state().takenBack()).isEqualTo(TakenBack.NONE);
  }

  private static void again(TestHub hub) {
    for (double value : new double[] {3.4, 5.7}) {
      for (String region : List.of("fr", "ja", "ko", "vi")) {
        if (hub.hub.state().rounds().getLast().contributions.size() < 4
            && !hub.view(region).member().delivered()) {
          measured(hub, region, value);
        }
      }
      hub.poll();
    }
  }

  @Test
  void oneRegionsWordNeverSufficesNorDoNoiseAndSilence() {
    assertThat(measuring(99, 3.4, 3.4, 3.4).hub.state().takenBack()).isEqualTo(TakenBack.NONE);
    assertThat(measuring(3.7, 3.7, 3.7, 3.7).hub.state().takenBack()).isEqualTo(TakenBack.NONE);
    TestHub alone = new TestHub(TestStudies.with("quorum = 1\n", "ja", "ko"));
    alone.hello("ja");
    measured(alone, "ja", 1);
    alone.poll();
    measured(alone, "ja", 99);
    alone.poll();
    assertThat(alone.hub.state().takenBack()).isEqualTo(TakenBack.NONE);
  }

  @Test
  void aLedgerHoldsAcrossItAndReplayIsBitExact() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    attack(hub);
    Path before = hub.ledger(folder, "before");
    attack(hub);
    undo(hub, 0);
    Path open = hub.ledger(folder, "open");
    hub.poll();
    finish(hub);
    Path after = hub.ledger(folder, "after");

    Ledger.Verified verified =
        Ledger.recompute(
            after, folder.resolve("hub"), ArithmeticWorkload::initial, folder.resolve("scratch"));
    assertThat(verified.weights()).containsEntry(Circles.ALL, hub.digestOfWeights());
    assertThat(verified.finished()).isTrue();
    assertThat(verified.merges().made()).isEqualTo(ROUNDS + 2);
    assertThat(verified.merges().counted()).isEqualTo(ROUNDS);
    assertThat(verified.contributions()).containsOnlyKeys("ja", "ko");
    assertThat(Ledger.verify(open).merges().last()).isEqualTo(1);
    assertThat(Ledger.verify(open).weights().get(Circles.ALL))
        .isEqualTo(hub.hub.state().round(2).weights(Circles.ALL));
    assertThat(Ledger.continues(after, before)).isTrue();
    assertThat(Ledger.continues(before, after)).isFalse();
    assertThat(Ledger.lastRound(before, hub.study.digest())).contains(2);
    assertThat(Ledger.lastRound(after, hub.study.digest())).contains(ROUNDS + 3);
    assertThat(Ledger.lastRound(after, "another")).isEmpty();
    assertThat(verified.merges().takenBack().contains(Ledger.verify(before).merges().last()))
        .isTrue();
  }

  @Test
  void aLedgerThatGoesBackToWhatNobodyMadeIsRefused() {
    TestHub hub = study("ja", "ko", "vi");
    round(hub, "ja", "ko");
    attack(hub);
    String wrong = hub.digestOfWeights();
    append(
        hub,
        new Event.Undone(
            3,
            1,
            new TreeMap<>(Map.of(Circles.ALL, new Event.Standing(wrong, ""))),
            new Event.Cause("d", "vi", "")));
    assertRefused(hub.ledger(folder, "weights"));

    TestHub other = study("ja", "ko", "vi");
    round(other, "ja", "ko");
    attack(other);
    Event.Undone byRule =
        Rollback.before(2, other.hub.state())
            .orElseThrow()
            .undone(3, new Event.Cause("", "", "because"));
    append(other, byRule);
    assertRefused(other.ledger(folder, "rule"));
  }

  private static void append(TestHub hub, Event event) {
    Event.Logged logged = Event.log(hub.number() + 1, hub.now, hub.head(), event);
    hub.log.append(logged.number(), logged.bytes());
  }

  private static void assertRefused(Path ledger) {
    assertThatThrownBy(() -> Ledger.verify(ledger))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
        .hasMessageContaining("goes back");
  }
}
