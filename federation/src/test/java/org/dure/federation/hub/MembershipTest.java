package org.dure.federation.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// Who is waited for, what comes late, and what was rolled back.
class MembershipTest {
  private static final String QUORUM = "quorum = 2\nrounds = 40\nlease-seconds = 600\n";

  private static TestHub training(String more, String... regions) {
    TestHub hub = new TestHub(TestStudies.with(more, regions));
    hub.quick = true;
    hub.study.regions().forEach(region -> hub.hello(region.name()));
    return hub;
  }

  private static void assertRefused(Runnable action, RejectReason refusal) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(refusal));
  }

  /// A contribution that was prepared while an earlier round was open.
  private static Message.Contribution late(TestHub hub, Message.Contribution made) {
    return new Message.Contribution(
        made.kind(),
        made.study(),
        made.region(),
        hub.view(made.region()).member().sequence() + 1,
        made.round(),
        made.base(),
        made.delta(),
        made.weight(),
        made.metrics(),
        ExportHead.NONE);
  }

  private static void merge(TestHub hub, float value, String... regions) {
    for (String region : regions) {
      hub.contribute(region, value);
    }
    hub.now += 61_000;
    hub.poll();
  }

  @Test
  void everyChangeOfWhoIsPresentIsAnEpochInTheLogOfWhichEveryoneIsTold() {
    TestHub hub = training("lease-seconds = 15", "ja", "ko");
    assertThat(hub.view("ja").lease().epoch()).isEqualTo(2);
    assertThat(hub.view("ja").lease().present()).containsExactly("ja", "ko");

    hub.now += 10_000;
    hub.hello("ko");
    hub.now += 5_000;
    hub.poll();
    assertThat(hub.view("ja").lease().epoch()).isEqualTo(3);
    assertThat(hub.view("ja").lease().present()).containsExactly("ko");
    assertThat(hub.view("ko").lease().present()).containsExactly("ko");

    hub.hello("ja");
    assertThat(hub.view("ko").lease().epoch()).isEqualTo(4);
    assertThat(hub.view("ko").lease().present()).containsExactly("ja", "ko");
  }

  @Test
  void afterARestartOfTheHubEveryoneWhoWasPresentHasOneFreshLease() {
    TestHub hub = training("lease-seconds = 15", "ja", "ko");
    hub.now += 3_600_000;
    hub.start();
    hub.poll();
    assertThat(hub.view("ja").lease().present()).containsExactly("ja", "ko");
    assertThat(hub.view("ja").lease().leaseUntil()).isEqualTo(hub.now + 15_000);

    hub.now += 15_000;
    hub.poll();
    assertThat(hub.view("ja").lease().present()).isEmpty();
  }

  @Test
  void aClockThatIsSetBackByHoursHoldsUpNeitherALeaseNorAWindow() {
    TestHub hub = training("quorum = 1\nlease-seconds = 60", "ja", "ko");
    hub.now += 40_000;
    hub.contribute("ja", 1);
    hub.now -= 5 * 3_600_000;
    hub.poll();
    hub.now += 10_000;
    hub.poll();
    assertThat(hub.view("ja").progress().round()).isEqualTo(2);
    hub.now += 51_000;
    hub.poll();
    assertThat(hub.view("ja").lease().present()).isEmpty();
  }

  @Test
  void aRoundWithAQuorumDoesNotWaitForTheAbsentNorForWhoIsKnownToTakeLonger() {
    TestHub hub = training(QUORUM, "ja", "ko", "vi");
    hub.now += 40_000;
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    Message.Contribution slow = hub.contribution("vi", 1, 10);
    hub.poll();
    assertThat(hub.view("vi").progress().round()).as("vi is waited for: unknown").isEqualTo(1);
    hub.now += 10_000;
    hub.poll();
    assertThat(hub.view("vi").progress().round()).isEqualTo(2);

    hub.now += 110_000;
    hub.send(late(hub, slow));
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    hub.poll();
    assertThat(hub.view("vi").progress().round()).isEqualTo(3);

    hub.now += 10_000;
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    hub.poll();
    assertThat(hub.view("vi").progress().round()).as("vi takes long").isEqualTo(4);
  }

  @Test
  void aLateDeltaCountsOnceAgainstItsOwnBaseAtADiscountedWeight() {
    TestHub hub = training(QUORUM + "weight-cap = 1.0\n", "ja", "ko", "vi");
    Message.Contribution slow = hub.contribution("vi", 1, 10);
    for (int round = 0; round < 3; round++) {
      merge(hub, 0.5f, "ja", "ko");
    }
    assertThat(hub.view("vi").progress().round()).isEqualTo(4);

    hub.send(late(hub, slow));
    hub.contribute("ja", 1);
    hub.poll();

    Event.Merged merged = hub.hub.state().round(4).merged;
    double discounted = 10 / Math.sqrt(1 + 3);
    assertThat(merged).isNotNull();
    assertThat(merged.parts().get("vi").started()).isEqualTo(1);
    assertThat(hub.hub.state().round(4).mergeWeights().get("vi"))
        .isCloseTo(discounted, within(1e-12));
    // Both are new, and a new region has at most an equal share.
    assertThat(merged.parts().get("vi").share()).isEqualTo(0.5);
    assertRefused(() -> hub.send(late(hub, slow)), RejectReason.WRONG_ROUND);
    assertThat(hub.view("vi").member().counted()).isEqualTo(1);
  }

  @Test
  void aDeltaThatIsTooManyRoundsBehindOrFromOtherWeightsIsRefusedByName() {
    TestHub hub = training(QUORUM + "late-rounds = 2\n", "ja", "ko", "vi");
    Message.Contribution slow = hub.contribution("vi", 1, 10);
    merge(hub, 0.5f, "ja", "ko");
    merge(hub, 0.5f, "ja", "ko");
    Message.Contribution moved =
        new Message.Contribution(
            slow.kind(),
            slow.study(),
            "vi",
            1,
            2,
            slow.base(),
            slow.delta(),
            10,
            Map.of(),
            ExportHead.NONE);
    assertRefused(() -> hub.send(moved), RejectReason.WRONG_BASE);
    merge(hub, 0.5f, "ja", "ko");
    assertRefused(() -> hub.send(late(hub, slow)), RejectReason.TOO_LATE);
  }

  @Test
  void aHubThatWasSetBackSaysSoAndRefusesToGoOnUntilTheNewerCopyIsBack() {
    TestHub hub = training("rounds = 9", "ja", "ko");
    MemoryRoundStore old = new MemoryRoundStore();
    hub.log.read(1, old::append);
    hub.contribute("ja", 1);
    StudyView seen = hub.view("ja");

    TestHub restored = new TestHub(hub.study, old, Optional.empty());
    restored.adopt(hub);
    Message.Hello hello = hello(restored, seen, 0, "");
    assertRefused(() -> restored.send(hello), RejectReason.HUB_SET_BACK);
    assertRefused(() -> restored.contribute("ko", 1), RejectReason.HUB_SET_BACK);
    assertThatThrownBy(restored::poll)
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SET_BACK))
        .hasMessageContaining("ja has seen event " + seen.log().number());

    hub.start();
    hub.send(hello(hub, seen, 1, hub.hub.state().member("ja").countedDelta));
    hub.poll();
  }

  @Test
  void aRegionThatHasSeenWhatTheHubNeverSaidIsRefusedByNameAndHoldsNobodyUp() {
    TestHub hub = training("rounds = 9", "ja", "ko");
    TestHub stranger = training("rounds = 9", "ja", "ko");
    stranger.headMac = new LogHeadMac("another hub's key, of 32 bytes...".getBytes(US_ASCII));
    stranger.start();
    TestHub elsewhere = training("rounds = 8", "ja", "ko");
    StudyView seen = hub.view("ja");
    String made = "f".repeat(64);
    long later = seen.log().number() + 5;
    for (Message.Hello lie :
        List.of(
            claim(hub, later, made, ""),
            claim(hub, later, made, made),
            claim(hub, later, made, seen.log().proof()),
            claim(hub, later, seen.log().head(), seen.log().proof()),
            claim(hub, seen.log().number(), made, seen.log().proof()),
            claim(hub, seen.log().number(), seen.log().head(), ""),
            claim(hub, seen.log().number(), seen.log().head(), stranger.view("ja").log().proof()),
            claim(
                hub, seen.log().number(), seen.log().head(), elsewhere.view("ja").log().proof()))) {
      assertRefused(() -> hub.send(lie), RejectReason.HEAD_UNPROVEN);
    }

    hub.send(claim(hub, seen.log().number(), seen.log().head(), seen.log().proof()));
    hub.contribute("ko", 1);
    hub.contribute("ja", 1);
    hub.poll();
    assertThat(hub.view("ko").progress().round()).isEqualTo(2);
  }

  private static Message.Hello claim(TestHub hub, long number, String head, String proof) {
    return hello(hub, number, head, proof, 0, "");
  }

  @Test
  void aHubThatStartsMergesNothingBeforeEveryoneWhomItsLogCallsPresentHasSaidHello() {
    TestHub hub = training("quorum = 2", "ja", "ko", "vi");
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);

    hub.start();
    hub.hello("ja");
    hub.hello("ko");
    hub.now += 5_000;
    hub.poll();
    assertThat(hub.view("ja").progress().round()).as("vi may know of a merge").isEqualTo(1);
    hub.hello("vi");
    hub.poll();
    assertThat(hub.view("ja").progress().round()).isEqualTo(2);
  }

  private static Message.Hello hello(TestHub hub, StudyView seen, int newest, String delta) {
    return hello(hub, seen.log().number(), seen.log().head(), seen.log().proof(), newest, delta);
  }

  private static Message.Hello hello(
      TestHub hub, long number, String head, String proof, int newest, String delta) {
    return Message.Hello.of(
        hub.study.digest(),
        "ja",
        ArithmeticWorkload.LAYOUT.digest(),
        new Message.Past(
            hub.view("ja").member().sequence(),
            new LogHead(number, head, proof),
            newest,
            delta,
            ExportHead.NONE,
            ""));
  }

  @Test
  void aRegionWhoseFolderWasSetBackIsNotedOnceAndASecondCopyOfItRefusedByName() {
    TestHub hub = training("rounds = 9", "ja", "ko");
    hub.contribute("ja", 1);
    StudyView seen = hub.view("ja");
    long events = hub.log.last();

    hub.send(hello(hub, seen, 0, ""));
    hub.send(hello(hub, seen, 0, ""));
    assertThat(hub.log.last()).isEqualTo(events + 1);
    assertThat(Event.parse(hub.log.event(events + 1), events + 1, seen.log().head()).event())
        .isEqualTo(new Event.SetBack("ja", Event.SetBack.FOLDER, 1, 0, ""));
    assertRefused(() -> hub.send(hello(hub, seen, 1, "f".repeat(64))), RejectReason.REGION_FORKED);
  }

  @Test
  void whatIsRememberedOfRoundsAndMessagesDoesNotGrowWithTheirNumber() {
    TestHub hub = training("rounds = 100000", "ja");
    for (int round = 0; round < 1_100; round++) {
      hub.contribute("ja", 0);
      hub.poll();
    }
    assertThat(hub.hub.state().rounds()).hasSize(Rounds.MOST);
    assertThat(hub.hub.state().rounds().getFirst().number).isEqualTo(102);
    assertThat(hub.view("ja").progress().round()).isEqualTo(1_101);
    assertThat(List.copyOf(hub.hub.state().members().keySet())).containsExactly("ja");
  }

  @Test
  void oneSlowRegionAndOneThatIsHalfTheTimeAwayCostLessThanATenthOfTheHubsPace() {
    double healthy = rounds(1, false);
    double burdened = rounds(4, true);
    System.out.printf("rounds in an hour: %.0f of %.0f%n", burdened, healthy);
    assertThat(burdened / healthy).isGreaterThanOrEqualTo(0.9);
  }

  /// Rounds merged in an hour of virtual time, a region's round being 60 s of work at pace 1.
  private static double rounds(int paceOfVi, boolean koIsAway) {
    TestHub hub =
        training("quorum = 2\nrounds = 1000\nlease-seconds = 15\n", "fr", "ja", "ko", "vi");
    Map<String, Message.Contribution> work = new TreeMap<>();
    Map<String, Long> ready = new TreeMap<>();
    long end = hub.now + 3_600_000;
    for (long second = 0; hub.now < end; second++, hub.now += 1_000) {
      for (String region : List.of("fr", "ja", "ko", "vi")) {
        if (koIsAway && region.equals("ko") && second / 300 % 2 == 1) {
          continue;
        }
        if (second % 2 == 0) {
          hub.send(
              new Message.Activity(
                  "activity", hub.study.digest(), region, 0, 1, ActivityKind.TRAINING, 0, 0));
        }
        StudyView view = hub.view(region);
        Message.Contribution made = work.get(region);
        if (made != null && hub.now >= ready.get(region) && !view.member().delivered()) {
          if (view.progress().round() - made.round() <= hub.study.patience().lateRounds()) {
            hub.send(late(hub, made));
          }
          work.remove(region);
          view = hub.view(region);
        }
        if (!work.containsKey(region) && view.progress().round() > view.member().counted()) {
          work.put(region, hub.contribution(region, 0, 10));
          ready.put(region, hub.now + 60_000L * (region.equals("vi") ? paceOfVi : 1));
        }
      }
      hub.poll();
    }
    assertThat(hub.hub.state().member("vi").contributed).isGreaterThan(5);
    assertThat(hub.hub.state().member("ko").contributed).isGreaterThan(15);
    return hub.hub.state().merges();
  }

  @Test
  void aJoinersContributionCountsWithinOneRound() {
    TestHub hub = training(QUORUM, "ja", "ko");
    merge(hub, 1, "ja", "ko");
    hub.hub.enrol("vi", "vi", hub.now);
    hub.hello("vi");
    hub.contribute("vi", 1);
    hub.contribute("ja", 1);
    hub.now += 61_000;
    hub.poll();

    Event.Merged merged = hub.hub.state().round(2).merged;
    assertThat(merged).isNotNull();
    assertThat(merged.parts()).containsOnlyKeys("ja", "vi");
  }
}
