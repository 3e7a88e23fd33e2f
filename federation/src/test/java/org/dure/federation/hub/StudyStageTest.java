package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// The table of stages: every transition is taken, the drawing is the table.
class StudyStageTest {
  @Test
  void everyTransitionOfTheTableHappensInAStudyAndNoOther() {
    Set<TestHub.Seen> seen = new HashSet<>();
    seen.addAll(aStudyThatPrepares().seen);
    seen.addAll(aStudyWithAQuorum().seen);
    for (int earlier = 0; earlier <= 1; earlier++) {
      seen.addAll(aStudyWhoseRoundsAreDropped(earlier, false).seen);
      seen.addAll(aStudyWhoseRoundsAreDropped(earlier, true).seen);
    }

    Set<TestHub.Seen> table = new HashSet<>();
    StudyStage.transitions()
        .forEach(
            (stage, row) -> row.keySet().forEach(what -> table.add(new TestHub.Seen(stage, what))));
    assertThat(seen).isEqualTo(table);
  }

  private static TestHub aStudyThatPrepares() {
    CommonPreparation join = TestPreparations.of(parts -> String.join("+", parts.keySet()));
    TestHub hub =
        new TestHub(
            TestStudies.with("quorum = 1", "ja", "ko"), new MemoryRoundStore(), Optional.of(join));
    hub.hello("ko");
    hub.hello("ja");
    hub.hub.enrol("vi", "vi", hub.now);
    hub.hello("vi");
    hub.prepare("ko", "k");
    hub.prepare("ja", "j");
    hub.poll();
    return hub;
  }

  private static TestHub aStudyWithAQuorum() {
    TestHub hub =
        new TestHub(TestStudies.with("quorum = 2\nrounds = 2", "fr", "ja", "ko", "vi", "xx"));
    hub.hello("ko");
    hub.hello("ja");
    hub.hello("fr");
    hub.contribute("ko", 1);
    hub.contribute("ja", 1);
    hub.contribute("fr", 1);
    hub.hello("vi");
    hub.now += 60_000;
    hub.poll();
    hub.contribute("ja", 1);
    hub.contribute("ko", 1);
    hub.now += 60_000;
    hub.poll();
    hub.hello("xx");
    hub.start();
    for (String region : new String[] {"fr", "ja", "ko", "vi", "xx"}) {
      hub.hello(region);
      hub.score(region, 1);
    }
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.FINISHED);
    hub.hub.enrol("zz", "vi", hub.now);
    hub.hello("zz");
    aRegionMayJoinAnOpenRound(hub.seen);
    roundsMayBeTakenBackAtAnyTime(hub.seen);
    return hub;
  }

  private static void roundsMayBeTakenBackAtAnyTime(Set<TestHub.Seen> seen) {
    TestHub hub = new TestHub(TestStudies.with("quorum = 1\nrounds = 1", "ja", "ko", "vi"));
    hub.hello("ja");
    hub.hello("ko");
    hub.hello("vi");
    hub.hub.revoke("vi", hub.key("vi").getPublic(), "", hub.now);
    hub.contribute("ja", 1);
    var inGrace = hub.hub.undo("1", "vi", 1, "", hub.now);
    var whileCollecting = hub.hub.undo("2", "vi", 1, "", hub.now);
    finish(hub);
    var whileMeasuring = hub.hub.undo("3", "vi", 1, "", hub.now);
    finish(hub);
    hub.score("ja", 1);
    hub.score("ko", 1);
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.FINISHED);
    var whenFinished = hub.hub.undo("4", "vi", 1, "", hub.now);
    assertThat(List.of(inGrace, whileCollecting, whileMeasuring, whenFinished))
        .allMatch(Optional::isPresent);
    seen.addAll(hub.seen);
  }

  private static void finish(TestHub hub) {
    hub.contribute("ja", 1);
    hub.now += 60_000;
    hub.poll();
    assertThat(hub.hub.state().stage()).isEqualTo(StudyStage.MEASURING);
  }

  /// In secret sums, for want of members and for shares that make no seed, also when no more may
  /// be dropped.
  private static TestHub aStudyWhoseRoundsAreDropped(int earlier, boolean falsely) {
    TestHub hub =
        new TestHub(TestStudies.with(SecretSumHubTest.SECRET + "rounds = 1\n", "fr", "ja", "ko"));
    String[] all = {"fr", "ja", "ko"};
    for (String region : all) {
      hub.hello(region);
    }
    SecretMembers members = new SecretMembers(hub);
    for (int i = 0; i < earlier; i++) {
      members.keys(all);
      hub.poll();
      members.withdraw("ko");
    }
    members.keys(all);
    hub.poll();
    if (!falsely) {
      members.withdraw("ko");
      return hub;
    }
    members.shares("fr", "ja");
    members.shareFalsely("ko");
    hub.poll();
    members.delta(1, all);
    hub.poll();
    members.confirm(all);
    members.reveal(all);
    return hub;
  }

  /// Here while the round is still below its quorum.
  private static void aRegionMayJoinAnOpenRound(Set<TestHub.Seen> seen) {
    TestHub hub = new TestHub(TestStudies.with("quorum = 1", "ja", "ko"));
    hub.hello("ja");
    hub.hello("ko");
    seen.addAll(hub.seen);
  }

  @Test
  void whatIsNotInTheTableIsRefusedWithTheReason() {
    for (StudyStage stage : StudyStage.values()) {
      for (StudyStage.Happening happening : StudyStage.Happening.values()) {
        if (!StudyStage.transitions().getOrDefault(stage, Map.of()).containsKey(happening)) {
          assertThatThrownBy(() -> stage.next(happening))
              .isInstanceOf(DureException.class)
              .hasMessageStartingWith("%s while %s: ".formatted(happening, stage));
        }
      }
    }
  }

  /// `-Ddure.update=true` writes the drawing instead of comparing it.
  @Test
  void theDrawingInTheDocumentsIsTheTable() throws Exception {
    StringBuilder drawing = new StringBuilder("@startuml\ntitle How a study proceeds\n");
    drawing.append("[*] --> WAITING\n");
    for (StudyStage stage : StudyStage.values()) {
      new TreeMap<>(StudyStage.transitions().getOrDefault(stage, Map.of()))
          .forEach(
              (happening, next) ->
                  drawing.append("%s --> %s : %s%n".formatted(stage, next, happening)));
    }
    drawing.append("FINISHED --> [*]\n@enduml\n");

    Path file = Path.of("..", "docs", "round.puml");
    if (Boolean.getBoolean("dure.update")) {
      AtomicFiles.write(file, drawing.toString());
    }
    assertThat(file)
        .as("-Ddure.update=true writes the drawing instead of comparing it")
        .hasContent(drawing.toString());
  }
}
