package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.Sha256;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.log.DropReason;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.secret.SecretRound;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;

/// The hub's side of a secret sum, one step after the other.
class SecretSumHubTest {
  static final String SECRET =
      "quorum = 3\ngrace-seconds = 5\nlease-seconds = 10\nouter-momentum = 0\n"
          + "outer-learning-rate = 1\naggregation = \"secret\"\nsecret.norm-bound = 16\n"
          + "secret.threshold = 3\n";

  private static final String[] ALL = {"fr", "ja", "ko", "ru", "vi"};
  private static final String[] THREE = {"fr", "ja", "ko"};
  private static final String[] FOUR = {"fr", "ja", "ko", "ru"};

  private final TestHub hub = open(SECRET);
  private final SecretMembers members = new SecretMembers(hub);

  /// A study whose regions have all come.
  private static TestHub open(String more) {
    TestHub hub = new TestHub(TestStudies.with(more, ALL));
    for (String region : ALL) {
      hub.hello(region);
    }
    return hub;
  }

  private SecretStep step() {
    SecretRound secret = hub.hub.state().round().secret;
    return secret == null ? SecretStep.KEYS : secret.step();
  }

  private void toDeltas() {
    members.keys(ALL);
    hub.poll();
    members.shares(ALL);
    hub.poll();
    assertThat(step()).isEqualTo(SecretStep.DELTAS);
  }

  private static void refused(RejectReason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(reason));
  }

  /// Time passes in which only these are heard of.
  private void pass(long millis, String... alive) {
    pass(hub, millis, alive);
  }

  private static void pass(TestHub study, long millis, String... alive) {
    study.now += millis;
    for (String region : alive) {
      study.send(
          new Message.Activity(
              Message.Activity.KIND,
              study.study.digest(),
              region,
              0,
              1,
              ActivityKind.WAITING,
              0,
              0));
    }
    study.poll();
  }

  private List<Event.Dropped> dropped() {
    List<Event.Dropped> dropped = new ArrayList<>();
    String[] head = {Sha256.NONE};
    hub.log.read(
        1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, head[0]);
          head[0] = logged.digest();
          if (logged.event() instanceof Event.Dropped event) {
            dropped.add(event);
          }
        });
    return dropped;
  }

  private void assertMovedBy(List<Float> before, float mean) {
    List<Float> after = hub.weights();
    for (int i = 0; i < before.size(); i++) {
      assertThat(after.get(i)).isCloseTo(before.get(i) - mean, offset(1e-6f));
    }
  }

  @Test
  void theStudyBeginsWhenAllHaveComeOrWereRevoked() {
    TestHub some = new TestHub(TestStudies.with(SECRET, ALL));
    for (String region : FOUR) {
      some.hello(region);
    }
    assertThat(some.hub.round()).isZero();
    assertThat(some.hub.state().toBegin()).isEqualTo(5);
    some.hub.revoke("vi", some.key("vi").getPublic(), "never came", some.now);
    assertThat(some.hub.round()).isEqualTo(1);
    assertThat(some.hub.state().round().secret.roster()).containsExactly(FOUR);
  }

  @Test
  void aNewcomerWaitsForAnotherAndIsInTheSumWhenTooFewOfTheOthersAreLeft() {
    TestHub study = new TestHub(TestStudies.with(SECRET, FOUR));
    for (String region : FOUR) {
      study.hello(region);
    }
    study.hub.enrol("vi", "vi", study.now);
    study.hello("vi");
    SecretMembers all = new SecretMembers(study);
    all.keys(FOUR);
    study.poll();
    all.withdraw("fr", "ja");
    study.poll();
    assertThat(study.hub.round()).isEqualTo(2);
    assertThat(study.hub.state().round().secret.roster()).containsExactly(FOUR);

    // Two fall silent: of the roster two are left, and one more is here.
    String[] here = {"ko", "ru", "vi"};
    for (int i = 0; i < 3; i++) {
      pass(study, 6_000, here);
    }
    assertThat(study.hub.round()).isEqualTo(3);
    assertThat(study.hub.state().round().secret.roster()).containsExactly(here);
    pass(study, 9_000, here);
    pass(study, 9_000, here);
    assertThat(study.hub.round()).isEqualTo(3);

    // One that comes back alone waits for another.
    study.hello("fr");
    study.poll();
    assertThat(study.hub.state().round().secret.roster()).containsExactly(here);
  }

  @Test
  void aRoundWithEveryoneMovesTheWeightsByTheMean() {
    assertThat(hub.hub.state().round().secret.roster()).containsExactly(ALL);
    List<Float> before = hub.weights();
    toDeltas();
    members.delta(1, "fr");
    members.delta(2, "ja", "ko");
    members.delta(1, "ru");
    members.delta(-1, "vi");
    hub.poll();
    members.confirm(ALL);
    members.reveal(THREE);

    assertThat(hub.hub.state().merges()).isEqualTo(1);
    assertMovedBy(before, 1);
    Event.Merged merged = hub.hub.state().rounds().getFirst().merged;
    assertThat(merged.parts().values()).allMatch(part -> part.share() == 0.2);
  }

  @Test
  void whoHasNotSentInTimeIsLeftOutAndTheSumOfTheOthersIsExact() {
    List<Float> before = hub.weights();
    toDeltas();
    pass(1000, ALL);
    members.delta(1, "fr", "ja");
    members.delta(4, "ko");
    hub.poll();
    assertThat(step()).isEqualTo(SecretStep.DELTAS);
    pass(11_000, THREE);
    assertThat(step()).isEqualTo(SecretStep.CONFIRMATIONS);
    hub.hello("vi");
    refused(
        RejectReason.WRONG_ROUND,
        () -> hub.send(members.contribution("vi", 1, hub.upload("vi", 1).digest(), 1)));
    assertThat(hub.view("vi").member().delivered()).isTrue();
    members.confirm(THREE);
    members.reveal(THREE);
    assertMovedBy(before, 2);
  }

  @Test
  void aRoundIsDroppedWhenTooFewAreLeftAndMovesNothing() {
    List<Float> before = hub.weights();
    toDeltas();
    members.delta(1, ALL);
    hub.poll();
    members.confirm(THREE);
    members.withdraw("vi", "ko", "ru");
    assertThat(hub.hub.round()).isEqualTo(2);
    assertThat(step()).isEqualTo(SecretStep.KEYS);
    assertThat(hub.weights()).isEqualTo(before);
    members.keys(ALL);
    hub.poll();
    members.shares(ALL);
    hub.poll();
    pass(6_000, "fr", "ja");
    pass(6_000, "fr", "ja");
    assertThat(hub.hub.round()).isEqualTo(2);
    pass(6_000, "fr", "ja");
    assertThat(hub.hub.round()).isEqualTo(3);
    assertThat(hub.hub.state().merges()).isZero();
    assertThat(hub.hub.takenBack().place(3)).isEqualTo(1);
    hub.hello("ko");
    hub.hello("ru");
    hub.hello("vi");
    for (int i = 0; i < 2; i++) {
      members.keys(ALL);
      hub.poll();
      members.withdraw("vi", "ko", "ru");
    }
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.MEASURING);
    assertThat(hub.hub.state().merges()).isZero();
    assertThat(dropped()).hasSize(4);
    StudyStatus.Drops told = hub.status().progress().undone().drops();
    assertThat(told.count()).isEqualTo(4).isGreaterThan(told.most());
    assertThat(told.newest()).extracting(StudyStatus.Drop::round).containsExactly(1, 2, 3, 4);
    assertThat(told.newest().getLast().why())
        .isEqualTo("its secret sum needs 3 regions, 2 are left");
    assertThat(hub.weights()).isEqualTo(before);
  }

  @Test
  void aMemberWhoseSharesAreNotOfItsSeedsIsNamedAndTheRoundDropped() {
    members.keys(ALL);
    hub.poll();
    members.shares(FOUR);
    members.shareFalsely("vi");
    hub.poll();
    members.delta(1, ALL);
    hub.poll();
    members.confirm(THREE);
    members.reveal(THREE);
    assertThat(dropped().getLast())
        .isEqualTo(new Event.Dropped(1, DropReason.FALSE_SHARES, 5, 5, List.of("vi")));
    assertThat(hub.hub.round()).isEqualTo(2);
  }

  @Test
  void aMemberThatIsShutOutIsLeftOutOrTheRoundIsDropped() {
    List<Float> before = hub.weights();
    toDeltas();
    members.delta(3, "vi");
    hub.hub.revoke("vi", hub.key("vi").getPublic(), "", hub.now);
    members.delta(1, FOUR);
    hub.poll();
    assertThat(step()).isEqualTo(SecretStep.CONFIRMATIONS);
    members.confirm(THREE);
    members.reveal(THREE);
    assertMovedBy(before, 1);
    members.keys(FOUR);
    hub.poll();
    members.shares(FOUR);
    hub.poll();
    members.delta(1, FOUR);
    hub.poll();
    hub.hub.revoke("ko", hub.key("ko").getPublic(), "", hub.now);
    hub.poll();
    assertThat(dropped().getLast())
        .isEqualTo(new Event.Dropped(2, DropReason.SHUT_OUT, 3, 3, List.of("ko")));
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    members.keys(FOUR);
    refused(RejectReason.WRONG_ROUND, () -> members.keys("fr"));
    members.seeds.put("vi", members.seeds.get("fr"));
    refused(RejectReason.WRONG_SECRET, () -> hub.send(members.keysOf("vi", Sha256.NONE)));
    members.keys("vi");
    hub.poll();
    refused(RejectReason.WRONG_ROUND, () -> hub.send(members.keysOf("vi", Sha256.NONE)));
    MaskingMessage.RoundShares shares = members.sharesOf("fr", members.seeds.get("fr"));
    Map<String, MaskingMessage.ShareBox> fewer = new TreeMap<>(shares.boxes());
    fewer.remove("ja");
    refused(
        RejectReason.WRONG_SECRET,
        () ->
            hub.send(
                new MaskingMessage.RoundShares(
                    MaskingMessage.RoundShares.KIND,
                    hub.study.digest(),
                    "fr",
                    shares.sequence(),
                    shares.round(),
                    fewer)));
    members.shares(ALL);
    hub.poll();
    String masked = members.upload("fr", 1).digest();
    refused(RejectReason.ABOVE_BOUND, () -> hub.send(members.contribution("fr", 1, masked, 16.1)));
    refused(RejectReason.MALFORMED, () -> hub.send(members.contribution("fr", 1, masked, -1)));
    refused(
        RejectReason.WRONG_ENCODING,
        () -> hub.send(members.contribution("fr", 1, hub.upload("fr", 1).digest(), 1)));
    refused(
        RejectReason.CHUNK_MISSING,
        () -> hub.send(members.contribution("fr", 1, "1".repeat(64), 1)));
    refused(RejectReason.MALFORMED, () -> hub.contribute("fr", 1));
    members.delta(1, ALL);
    hub.poll();
    refused(
        RejectReason.WRONG_SECRET,
        () ->
            hub.send(
                new MaskingMessage.Confirmation(
                    MaskingMessage.Confirmation.KIND,
                    hub.study.digest(),
                    "fr",
                    hub.view("fr").member().sequence() + 1,
                    hub.hub.round(),
                    List.of(THREE))));
    members.confirm(ALL);
    assertThat(step()).isEqualTo(SecretStep.REVELATIONS);
    refused(
        RejectReason.WRONG_SECRET,
        () -> hub.send(members.revelation("fr", Set.of(THREE), share -> share)));
    refused(
        RejectReason.WRONG_SECRET,
        () ->
            hub.send(
                members.revelation(
                    "fr",
                    Set.of(ALL),
                    share -> {
                      byte[] other = share.clone();
                      other[32] ^= 1;
                      return other;
                    })));
  }

  @Test
  void aHubThatRestartsAtAnyStepGoesOn() {
    List<Float> before = hub.weights();
    members.keys(ALL);
    again();
    members.shares(ALL);
    again();
    members.delta(1, ALL);
    again();
    members.confirm(THREE);
    again();
    members.reveal(THREE);
    assertMovedBy(before, 1);
    hub.published.list().forEach(hub.published::remove);
    again();
    assertMovedBy(before, 1);
  }

  private void again() {
    hub.start();
    for (String region : ALL) {
      hub.hello(region);
    }
    hub.poll();
  }
}
