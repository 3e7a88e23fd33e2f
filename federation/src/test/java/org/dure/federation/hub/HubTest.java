package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;
import org.junit.jupiter.api.Test;

class HubTest {
  private static TestHub training(Study study) {
    TestHub hub = new TestHub(study);
    study.regions().forEach(region -> hub.hello(region.name()));
    return hub;
  }

  private static void assertRefused(Runnable action, RejectReason refusal) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(refusal));
  }

  @Test
  void theFirstRoundOpensWhenAllHaveSaidHello() {
    TestHub hub = new TestHub(TestStudies.of("ja", "ko"));
    hub.hello("ko");
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.WAITING);
    hub.hello("ja");
    assertThat(hub.view("ko").progress().phase()).isEqualTo(Phase.TRAINING);
    assertThat(hub.view("ko").progress().round()).isEqualTo(1);
  }

  @Test
  void aRoundIsMergedOnceEveryRegionHasContributed() {
    TestHub hub =
        training(TestStudies.with("outer-learning-rate = 1.0\nouter-momentum = 0.0", "ja", "ko"));
    List<Float> before = hub.weights();
    hub.contribute("ja", 0.5f);
    hub.now += 1_000_000_000;
    hub.poll();
    assertThat(hub.weights()).isEqualTo(before);

    hub.contribute("ko", 0.25f);
    hub.poll();

    assertThat(hub.weights().getFirst()).isCloseTo(before.getFirst() - 0.375f, within(1e-6f));
    assertThat(hub.view("ko").progress().round()).isEqualTo(2);
  }

  @Test
  void aRoundWithAQuorumWaitsForTheGraceTimeAndNoLonger() {
    TestHub hub =
        training(
            TestStudies.with("quorum = 1\ngrace-seconds = 10\nlease-seconds = 60", "ja", "ko"));
    hub.now += 40_000;
    hub.contribute("ja", 1);
    hub.now += 9_999;
    hub.poll();
    assertThat(hub.view("ko").progress().round()).isEqualTo(1);
    hub.now += 1;
    hub.poll();
    assertThat(hub.view("ko").progress().round()).isEqualTo(2);
    assertThat(hub.hub.state().rounds().getFirst().contributions).containsOnlyKeys("ja");
  }

  @Test
  void theSameMessageTwiceIsOneContributionWithOneReceipt() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    Message.Contribution message = hub.contribution("ja", 1, 10);
    Receipt first = hub.send(message);
    long events = hub.log.last();

    assertThat(hub.send(message)).isEqualTo(first);
    hub.start();
    hub.hello("ja");
    assertThat(hub.send(message)).isEqualTo(first);
    hub.hello("ko");
    hub.contribute("ko", 1);
    hub.poll();
    assertThat(hub.send(message)).isEqualTo(first);
    assertThat(hub.log.last()).isEqualTo(events + 2);
  }

  @Test
  void everythingAboutAMessageThatIsWrongIsRefusedByName() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    Message.Contribution good = hub.contribution("ja", 1, 10);
    long events = hub.log.last();

    assertRefused(
        () -> raw(hub, good, "\"sequence\":1", "\"sequence\":2"), RejectReason.WRONG_SEQUENCE);
    assertRefused(() -> raw(hub, good, "\"sequence\":1", "\"sequence\":0"), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "\"round\":1", "\"round\":2"), RejectReason.WRONG_ROUND);
    assertRefused(() -> raw(hub, good, "\"round\":1", "\"round\":-1"), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "\"weight\":10", "\"weight\":0"), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "1.5", "\"NaN\""), RejectReason.NOT_FINITE);
    assertRefused(() -> raw(hub, good, "1.5", "1e999"), RejectReason.NOT_FINITE);
    assertRefused(
        () -> raw(hub, good, "\"loss\"", "\"a secret sentence\""), RejectReason.MALFORMED);
    assertRefused(
        () -> raw(hub, good, "\"weight\"", "\"text\":1,\"weight\""), RejectReason.MALFORMED);
    assertRefused(
        () -> raw(hub, good, "{\"kind\"", "{\"kind\":\"x\",\"kind\""), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "contribution", "gossip"), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "}", ""), RejectReason.MALFORMED);
    assertRefused(
        () -> raw(hub, good, hub.study.digest(), "0".repeat(64)), RejectReason.WRONG_STUDY);
    assertRefused(() -> raw(hub, good, good.base(), "0".repeat(64)), RejectReason.WRONG_BASE);
    assertRefused(() -> raw(hub, good, good.delta(), "0".repeat(64)), RejectReason.CHUNK_MISSING);
    assertRefused(() -> raw(hub, good, good.delta(), "..xyz"), RejectReason.MALFORMED);
    assertRefused(() -> raw(hub, good, "\"ja\"", "\"ko\""), RejectReason.WRONG_REGION);
    assertRefused(
        () -> raw(hub, good, "{", "{" + " ".repeat(Message.MOST_BYTES)), RejectReason.TOO_LARGE);

    assertThat(hub.log.last()).isEqualTo(events);
    hub.send(good);
    assertThat(hub.log.last()).isEqualTo(events + 1);
  }

  @Test
  void anActivityThatNobodyKnowsIsRefusedWithThoseThatAreKnown() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    Message.Activity activity =
        new Message.Activity(
            "activity", hub.study.digest(), "ja", 0, 1, ActivityKind.TRAINING, 3, 10);

    assertThatThrownBy(() -> raw(hub, activity, "\"training\"", "\"dreaming\""))
        .isInstanceOf(MessageRejected.class)
        .hasMessageContaining("dreaming")
        .hasMessageContaining("training-twin");
    assertRefused(() -> raw(hub, activity, "\"training\"", "3"), RejectReason.MALFORMED);
    raw(hub, activity, "\"training\"", "\"sending\"");
  }

  private static void raw(TestHub hub, Message message, String from, String to) {
    String json = new String(message.bytes(), StandardCharsets.UTF_8);
    assertThat(json).contains(from);
    byte[] changed = json.replace(from, to).getBytes(StandardCharsets.UTF_8);
    Receipt unused =
        hub.receive(message.region(), changed, hub.signer(message.region()).sign(changed));
  }

  private static Message.Spending spending(TestHub hub, int round, String delta, long steps) {
    return new Message.Spending(
        Message.Spending.KIND,
        hub.study.digest(),
        "ja",
        hub.view("ja").member().sequence() + 1,
        round,
        delta.repeat(64),
        new Message.Spent(1.1, 0.02, steps));
  }

  @Test
  void whatARegionHasToldOfItsDocumentsOnlyGrows() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    assertThat(hub.view("ja").member().spentSteps()).isZero();

    hub.send(spending(hub, 1, "1", 5));
    hub.start();
    hub.hello("ja");

    assertThat(hub.view("ja").member().spentSteps()).isEqualTo(5);
    assertThat(hub.view("ja").member().spentDelta()).isEqualTo("1".repeat(64));
    assertRefused(() -> hub.send(spending(hub, 1, "2", 5)), RejectReason.REGION_FORKED);
    assertRefused(() -> hub.send(spending(hub, 1, "2", 4)), RejectReason.REGION_FORKED);
    assertRefused(() -> hub.send(spending(hub, 1, "1", 10)), RejectReason.REGION_FORKED);
    assertRefused(() -> hub.send(spending(hub, 2, "2", 10)), RejectReason.WRONG_ROUND);
    assertRefused(() -> hub.send(spending(hub, 1, "2", 0)), RejectReason.MALFORMED);
    hub.send(spending(hub, 1, "2", 10));
    hub.contribute("ja", 1);
    assertRefused(() -> hub.send(spending(hub, 1, "3", 15)), RejectReason.WRONG_ROUND);
    assertThat(hub.view("ko").member().spentSteps()).isZero();
  }

  @Test
  void aRegionThatSpendsAndNeverDeliversIsRefusedInTheEnd() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    for (int i = 1; i <= 64; i++) {
      hub.send(spending(hub, 1, i % 2 == 0 ? "1" : "2", i));
    }
    assertRefused(() -> hub.send(spending(hub, 1, "3", 65)), RejectReason.QUOTA_USED);
  }

  @Test
  void aSignatureOfOtherBytesOrAnotherKeyIsRefused() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    byte[] bytes = hub.contribution("ja", 1, 10).bytes();

    assertRefused(
        () -> hub.receive("ja", bytes, hub.signer("ko").sign(bytes)), RejectReason.BAD_SIGNATURE);
    assertRefused(() -> hub.receive("ja", bytes, new byte[0]), RejectReason.BAD_SIGNATURE);
    assertRefused(
        () -> hub.receive("ja", bytes, hub.signer("ja").sign(new byte[3])),
        RejectReason.BAD_SIGNATURE);
  }

  @Test
  void aStrangerIsNotAdmitted() {
    TestHub hub = training(TestStudies.of("ja", "ko"));

    assertRefused(() -> hub.hello("mallory"), RejectReason.NOT_ADMITTED);
  }

  @Test
  void aRegionOnAnotherStudyLayoutOrProtocolIsRefusedAtHello() {
    TestHub hub = new TestHub(TestStudies.of("ja", "ko"));
    String digest = hub.study.digest();
    String layout = ArithmeticWorkload.LAYOUT.digest();

    assertRefused(
        () -> hub.send(Message.Hello.of("0".repeat(64), "ja", layout)), RejectReason.WRONG_STUDY);
    assertRefused(
        () -> hub.send(Message.Hello.of(digest, "ja", "0".repeat(64))), RejectReason.WRONG_LAYOUT);
    assertRefused(
        () -> raw(hub, Message.Hello.of(digest, "ja", layout), "\"protocol\":3", "\"protocol\":2"),
        RejectReason.WRONG_PROTOCOL);
    assertThat(hub.view("ja").member().joined()).isFalse();
  }

  @Test
  void aRegionThatHasNotSaidHelloMayNotContribute() {
    TestHub hub = new TestHub(TestStudies.with("quorum = 1", "ja", "ko"));
    hub.hello("ko");

    assertRefused(() -> hub.contribute("ja", 1), RejectReason.NO_HELLO);
  }

  @Test
  void aNewKeyOfARegionIsLoggedAtItsNextHelloAndTheOldOneIsNoLongerTaken() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    var renewed = Signatures.newKeyPair();
    var peer = new Hub.Peer("ja", renewed.getPublic(), "");
    var signer = Signatures.signer(renewed.getPrivate(), renewed.getPublic());
    byte[] contribution = hub.contribution("ja", 1, 10).bytes();
    assertRefused(
        () ->
            hub.hub.receive(
                peer, SignedMessage.parse(contribution, signer.sign(contribution)), hub.now),
        RejectReason.NO_HELLO);

    byte[] hello =
        Message.Hello.of(hub.study.digest(), "ja", ArithmeticWorkload.LAYOUT.digest()).bytes();
    hub.hub.receive(peer, SignedMessage.parse(hello, signer.sign(hello)), hub.now);

    hub.hub.receive(peer, SignedMessage.parse(contribution, signer.sign(contribution)), hub.now);
    assertRefused(() -> hub.contribute("ja", 1), RejectReason.NO_HELLO);
  }

  @Test
  void aRegionThatTheOperatorAdmitsLaterWorksLikeOneOfTheStudyFile() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    assertRefused(() -> hub.hello("vi"), RejectReason.NOT_ADMITTED);

    hub.hub.enrol("vi", "vi", hub.now);
    hub.hub.enrol("vi", "vi", hub.now);
    hub.start();
    for (String region : List.of("ja", "ko", "vi")) {
      hub.hello(region);
      hub.contribute(region, 1);
    }
    hub.poll();

    assertThat(hub.hub.state().rounds().getFirst().contributions)
        .containsOnlyKeys("ja", "ko", "vi");
    assertThat(hub.hub.state().member("vi").language()).isEqualTo("vi");
    assertThatThrownBy(() -> hub.hub.enrol("../vi", "vi", hub.now)).hasMessageContaining("name");
  }

  @Test
  void aRevokedKeyIsRefusedAtOnceAndForGoodButTheRegionMayComeWithANewOne() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    hub.contribute("ja", 1);
    hub.hub.revoke("ja", hub.key("ja").getPublic(), "lost laptop", hub.now);
    long events = hub.log.last();
    hub.hub.revoke("ja", hub.key("ja").getPublic(), "lost laptop", hub.now);

    assertThat(hub.log.last()).isEqualTo(events);
    assertRefused(() -> hub.hello("ja"), RejectReason.KEY_REVOKED);
    assertRefused(() -> hub.hub.checkKey(hub.peer("ja")), RejectReason.KEY_REVOKED);
    hub.start();
    assertRefused(() -> hub.hello("ja"), RejectReason.KEY_REVOKED);
    hub.renew("ja");
    hub.hello("ja");
    assertThat(hub.view("ja").member().delivered()).isTrue();
  }

  /// The others would see that one's delta in the merge, which nobody has agreed to.
  @Test
  void whateverTheOperatorRevokesNoMergeIsOfOneRegionAloneWhereTheStudySaysSeveral() {
    TestHub hub = training(TestStudies.with("quorum = 2", "ja", "ko", "vi"));
    for (String region : List.of("ko", "vi")) {
      hub.hub.revoke(region, hub.key(region).getPublic(), "", hub.now);
    }
    hub.contribute("ja", 1);
    hub.now += 3_600_000;
    hub.poll();
    assertThat(hub.hub.state().roundNumber()).isEqualTo(1);
    assertThat(hub.hub.state().quorum()).isEqualTo(2);

    hub.renew("vi");
    hub.hello("vi");
    hub.contribute("vi", 1);
    hub.poll();
    assertThat(hub.hub.state().roundNumber()).isEqualTo(2);
  }

  @Test
  void aDeltaOfTheWrongShapeOrWithValuesThatAreNoNumbersIsRefused() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      assertRefused(() -> hub.contribute("ja", bad), RejectReason.NOT_FINITE);
    }
    FragmentList good = hub.upload("ja", 1);
    String layout = good.layout();
    refuseList(
        hub,
        new FragmentList("fp16", layout, good.bytes(), 64, good.fragments()),
        RejectReason.WRONG_ENCODING);
    refuseList(
        hub,
        new FragmentList("fp32", "0", good.bytes(), 64, good.fragments()),
        RejectReason.WRONG_LAYOUT);
    refuseList(
        hub,
        new FragmentList("fp32", layout, 128, 64, good.fragments().subList(0, 2)),
        RejectReason.WRONG_LENGTH);
    refuseList(
        hub,
        new FragmentList("fp32", layout, good.bytes(), 64, good.fragments().subList(0, 2)),
        RejectReason.MALFORMED);
    String shortOne = hub.received("ja").put(new byte[8]);
    List<String> fragments = new ArrayList<>(good.fragments());
    fragments.set(1, shortOne);
    refuseList(
        hub,
        new FragmentList("fp32", layout, good.bytes(), 64, fragments),
        RejectReason.WRONG_LENGTH);
    fragments.set(1, "f".repeat(64));
    refuseList(
        hub,
        new FragmentList("fp32", layout, good.bytes(), 64, fragments),
        RejectReason.CHUNK_MISSING);
  }

  private static void refuseList(TestHub hub, FragmentList list, RejectReason refusal) {
    String digest = hub.received("ja").put(list.encode());
    Message.Contribution good = hub.contribution("ja", 1, 10);
    assertRefused(() -> raw(hub, good, good.delta(), digest), refusal);
  }

  @Test
  void aSecondContributionToARoundIsRefusedAndOneThatDiffersNamedAsOfASecondCopyOfTheRegion() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    hub.contribute("ja", 1);

    assertRefused(() -> hub.send(hub.contribution("ja", 1, 10)), RejectReason.WRONG_ROUND);
    assertRefused(() -> hub.contribute("ja", 2), RejectReason.REGION_FORKED);
  }

  @Test
  void noNewRegionHasMoreThanAnEqualShareWhateverItSaysOfItsTokens() {
    TestHub hub =
        training(
            TestStudies.with("outer-learning-rate = 1.0\nouter-momentum = 0.0", "ja", "ko", "vi"));
    List<Float> before = hub.weights();
    hub.send(hub.contribution("ja", 0.5f, hub.study.mostWeight()));
    hub.send(hub.contribution("ko", 0.25f, 1));
    hub.send(hub.contribution("vi", 0.25f, 1));
    hub.poll();

    assertThat(hub.weights().getFirst()).isCloseTo(before.getFirst() - 1 / 3f, within(1e-6f));
  }

  @Test
  void theCommonPreparationIsMadeOfEveryRegionsPart() {
    CommonPreparation join =
        TestPreparations.of(
            parts -> {
              StringBuilder all = new StringBuilder();
              parts.forEach(
                  (region, part) -> all.append(region).append('=').append(part).append(';'));
              return all.toString();
            });
    TestHub hub =
        new TestHub(TestStudies.of("ja", "ko"), new MemoryRoundStore(), Optional.of(join));
    hub.hello("ko");
    hub.hello("ja");
    assertThat(hub.view("ja").progress().phase()).isEqualTo(Phase.PREPARING);
    hub.prepare("ko", "long part that needs more than one fragment of sixty-four bytes in all");
    hub.poll();
    assertThat(hub.view("ja").progress().phase()).isEqualTo(Phase.PREPARING);
    hub.prepare("ja", "short");
    hub.poll();

    assertThat(hub.view("ja").progress().phase()).isEqualTo(Phase.TRAINING);
    hub.published.list().forEach(hub.published::remove);
    hub.start();
    FragmentList list = FragmentList.parse(hub.published.get(hub.view("ja").progress().common()));
    assertThat(new String(Fragments.bytes(list, hub.published), StandardCharsets.UTF_8))
        .isEqualTo(
            "ja=short;ko=long part that needs more than one fragment of sixty-four bytes in all;");
  }

  @Test
  void aHubThatLostItsWeightsMakesThemAgainFromTheDeltasToTheSameBits() {
    TestHub hub = training(TestStudies.with("rounds = 9", "ja", "ko"));
    for (int round = 0; round < 5; round++) {
      hub.contribute("ja", 0.1f * round);
      hub.contribute("ko", -0.3f + round);
      hub.poll();
    }
    List<Float> weights = hub.weights();
    hub.published.list().forEach(hub.published::remove);

    hub.start();

    assertThat(hub.weights()).isEqualTo(weights);
    hub.hello("ja");
    hub.hello("ko");
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    hub.poll();
    assertThat(hub.view("ja").progress().round()).isEqualTo(7);
  }

  @Test
  void onlyTheLastTwoRoundsWeightsAreKept() {
    TestHub hub = training(TestStudies.with("rounds = 9", "ja", "ko"));
    int most = 0;
    for (int round = 0; round < 6; round++) {
      hub.contribute("ja", 0.1f * round);
      hub.contribute("ko", -0.3f + round);
      hub.poll();
      most = Math.max(most, hub.published.list().size());
    }
    int chunksOfARound = 2 * (1 + 4);
    assertThat(most).isLessThanOrEqualTo(2 * chunksOfARound);
  }

  @Test
  void aLogOfAnotherStudyIsRefused() {
    TestHub hub = training(TestStudies.of("ja", "ko"));

    assertThatThrownBy(
            () ->
                Hub.open(
                    TestStudies.with("rounds = 4", "ja", "ko"),
                    hub.around(),
                    hub.now,
                    (stage, happening) -> {}))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_CONFLICT));
  }

  @Test
  void aLogInWhichAnythingWasChangedIsRefused() {
    TestHub hub = training(TestStudies.of("ja", "ko"));
    hub.contribute("ja", 1);
    MemoryRoundStore changed = new MemoryRoundStore();
    hub.log.read(
        1,
        (number, event) -> {
          if (number == 3) {
            event[event.length / 2] ^= 1;
          }
          changed.append(number, event);
        });

    assertThatThrownBy(() -> new TestHub(hub.study, changed, Optional.empty()))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
  }

  @Test
  void aRegionsLeaseRunsOutAndComesBackWithItsNextWord() {
    TestHub hub = training(TestStudies.with("lease-seconds = 15", "ja", "ko"));
    assertThat(state(hub, "ja")).isEqualTo(StudyStatus.RegionState.PRESENT);
    hub.now += 15_000;
    hub.poll();
    assertThat(state(hub, "ja")).isEqualTo(StudyStatus.RegionState.ABSENT);
    hub.send(
        new Message.Activity(
            "activity", hub.study.digest(), "ja", 0, 1, ActivityKind.TRAINING, 3, 10));

    assertThat(state(hub, "ja")).isEqualTo(StudyStatus.RegionState.PRESENT);
    assertThat(hub.view("ja").lease().leaseUntil()).isEqualTo(hub.now + 15_000);
    StudyStatus.Region region =
        StatusBuilder.of(hub.hub, new TrafficCounters(), new RegionStats(15_000), null, hub.now)
            .regions()
            .getFirst();
    assertThat(region.activity().doing()).isEqualTo(ActivityKind.TRAINING);
    assertThat(region.presence().leaseUntil()).isEqualTo(hub.view("ja").lease().leaseUntil());
  }

  private static StudyStatus.RegionState state(TestHub hub, String region) {
    return StatusBuilder.of(hub.hub, new TrafficCounters(), new RegionStats(15_000), null, hub.now)
        .regions()
        .stream()
        .filter(candidate -> candidate.name().equals(region))
        .findFirst()
        .orElseThrow()
        .presence()
        .state();
  }

  @Test
  void theStatusTellsNormsAnglesAndScores() {
    TestHub hub = training(TestStudies.with("rounds = 1", "ja", "ko"));
    hub.contribute("ja", 1);
    hub.contribute("ko", -0.5f);
    hub.poll();
    hub.score("ja", 1.25);

    StudyStatus status =
        StatusBuilder.of(hub.hub, new TrafficCounters(), new RegionStats(15_000), null, hub.now);
    StudyStatus.Round round = status.history().getFirst();
    assertThat(round.contributions().get("ja").norm()).isCloseTo(Math.sqrt(51), within(1e-6));
    assertThat(round.contributions().get("ja").cosine()).isCloseTo(1, within(1e-9));
    assertThat(round.contributions().get("ko").cosine()).isCloseTo(-1, within(1e-9));
    assertThat(status.progress().phase()).isEqualTo(Phase.MEASURING);
    assertThat(status.regions().getFirst().work().scores()).containsEntry("end", 1.25);
    assertThat(status.regions().getFirst().presence().state())
        .isEqualTo(StudyStatus.RegionState.FINISHED);
  }

  @Test
  void aRegionThatHasPublishedDoesNothingAnyMore() {
    TestHub hub = training(TestStudies.with("rounds = 1", "ja", "ko"));
    hub.contribute("ja", 1);
    hub.contribute("ko", -0.5f);
    hub.poll();
    hub.send(
        new Message.Activity(
            "activity", hub.study.digest(), "ja", 0, 1, ActivityKind.EVALUATING_TWIN, 512, 512));
    hub.score("ja", 1.25);
    StudyStatus.Region region =
        StatusBuilder.of(hub.hub, new TrafficCounters(), new RegionStats(15_000), null, hub.now)
            .regions()
            .getFirst();
    assertThat(region.presence().state()).isEqualTo(StudyStatus.RegionState.FINISHED);
    assertThat(region.activity().doing()).isEqualTo(ActivityKind.NONE);
    assertThat(region.activity().total()).isZero();
    assertThat(region.activity().round()).isOne();
  }

  @Test
  void theScoresOfTheLastRegionFinishTheStudy() {
    TestHub hub = training(TestStudies.with("rounds = 1", "ja", "ko"));
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    hub.poll();
    assertRefused(() -> hub.contribute("ja", 1), RejectReason.WRONG_ROUND);
    hub.score("ja", 1);
    hub.score("ko", 2);

    assertThat(hub.view("ja").progress().phase()).isEqualTo(Phase.FINISHED);
  }
}
