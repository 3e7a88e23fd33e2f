package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.Map;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.junit.jupiter.api.Test;

final class ViewTest {
  private static View view(StudyStatus status) {
    return new View(status, Messages.of("en"), ZoneOffset.UTC, "/");
  }

  private static Region region(String name, String language, Map<String, Double> scores) {
    return ConsoleSamples.region(
        name, language, RegionState.FINISHED, 1, 0, ActivityKind.NONE, 0, 0, 1, 1, 1, 1, scores);
  }

  @Test
  void timeLeftFollowsFromTheLengthOfMergedRounds() {
    long length = ConsoleSamples.ROUND_LENGTH;
    assertThat(view(ConsoleSamples.training(0, 5)).timeLeft()).isEmpty();
    assertThat(view(ConsoleSamples.training(5, 0)).timeLeft()).hasValue(10 * length);
    assertThat(view(ConsoleSamples.training(5, 5)).timeLeft()).hasValue(10 * length - length / 2);
  }

  @Test
  void noTimeIsPromisedWhileNothingMovesOrNothingIsLeft() {
    assertThat(view(ConsoleSamples.waiting()).timeLeft()).isEmpty();
    assertThat(view(ConsoleSamples.stalled()).timeLeft()).isEmpty();
    assertThat(view(ConsoleSamples.measuring()).timeLeft()).isEmpty();
    assertThat(view(ConsoleSamples.finished()).timeLeft()).isEmpty();
  }

  @Test
  void theShareDoneCountsWhatTheOpenRoundHasDone() {
    assertThat(view(ConsoleSamples.waiting()).share()).isZero();
    assertThat(view(ConsoleSamples.training(3, 0)).share()).isEqualTo(3 / 15.0);
    assertThat(view(ConsoleSamples.training(3, 5)).share()).isEqualTo(3.25 / 15);
    assertThat(view(ConsoleSamples.training(3, 10)).share()).isEqualTo(4 / 15.0);
    assertThat(view(ConsoleSamples.finished()).share()).isEqualTo(1);
  }

  @Test
  void aStudyIsStalledOnlyWhenNoLeaseHolds() {
    assertThat(view(ConsoleSamples.stalled()).stalled()).isTrue();
    assertThat(view(ConsoleSamples.oneAbsent()).stalled()).isFalse();
    assertThat(view(ConsoleSamples.waiting()).stalled()).isFalse();
    assertThat(view(ConsoleSamples.finished()).stalled()).isFalse();
  }

  @Test
  void aRegionIsCalledAsItsLanguageCallsItself() {
    assertThat(View.ownName(region("ko", "ko", Map.of()))).isEqualTo("한국어");
    assertThat(View.ownName(region("id", "id", Map.of()))).isEqualTo("Indonesia");
    assertThat(View.ownName(region("north", "qqq", Map.of()))).isEqualTo("north");
    View view = view(ConsoleSamples.waiting());
    assertThat(view.label(region("ko", "ko", Map.of()))).isEqualTo("한국어");
    assertThat(view.label(region("daejeon", "ko", Map.of()))).isEqualTo("한국어 (daejeon)");
  }

  @Test
  void anInventedLanguageCodeGivesNoLanguageTag() {
    assertThat(View.languageTag(region("x", "\"><b>", Map.of()))).isEmpty();
    assertThat(View.languageTag(region("x", "zh-Hant", Map.of()))).isEqualTo("zh-Hant");
  }

  @Test
  void theVerdictIsTheEvaluationsOwn() {
    assertThat(ConsoleSamples.finished().regions().stream().map(EvaluationPage::verdict))
        .containsExactly(
            EvaluationPage.Verdict.BETTER,
            EvaluationPage.Verdict.BETTER,
            EvaluationPage.Verdict.LEVEL,
            EvaluationPage.Verdict.WORSE);
    assertThat(EvaluationPage.verdict(region("ko", "ko", Map.of("end", 1.0))))
        .isEqualTo(EvaluationPage.Verdict.UNKNOWN);
  }

  @Test
  void theStatusSentenceCountsInTheSingularToo() {
    StudyStatus one =
        ConsoleSamples.regions(
            ConsoleSamples.training(6, 3),
            r -> r.name().equals("ko") ? r : ConsoleSamples.stalled().regions().getLast());
    assertThat(BeltPage.sentence(view(one))).contains(": 1 of 4 regions is present, 0 have");
    View french = new View(one, Messages.of("fr"), ZoneOffset.UTC, "/");
    assertThat(BeltPage.sentence(french))
        .contains(": 1 région sur 4 est présente, 0 a contribué.", "il faut 4 régions", "Absentes");
    assertThat(BeltPage.sentence(view(ConsoleSamples.measuring())))
        .endsWith("2 of 4 have published their scores.");
  }

  @Test
  void theStatusSentenceTellsWhoIsAway() {
    assertThat(BeltPage.sentence(view(ConsoleSamples.oneAbsent())))
        .isEqualTo(
            "Round 7 of 15 is open: 3 of 4 regions are present, 0 have contributed. It waits for"
                + " more: a merge needs 4 of them. Absent: Tiếng Việt.");
    assertThat(BeltPage.sentence(view(ConsoleSamples.training(6, 3))))
        .doesNotContain("waits for more");
    assertThat(BeltPage.sentence(view(ConsoleSamples.stalled())))
        .startsWith("Round 7 of 15 is waiting: no region is present. Nothing is lost")
        .endsWith("Absent: 한국어, 日本語, français, Tiếng Việt.");
    assertThat(BeltPage.sentence(view(ConsoleSamples.finished()))).startsWith("The study is");
  }

  @Test
  void nobodyWaitsForARegionThatWasShutOut() {
    StudyStatus here = ConsoleSamples.quorum(ConsoleSamples.training(6, 3), 3);
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(here, "fr"))))
        .contains(": 3 of 3 regions are present")
        .doesNotContain("Absent", "waits for more");
    StudyStatus away = ConsoleSamples.quorum(ConsoleSamples.oneAbsent(), 3);
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(away, "vi"))))
        .contains(": 3 of 3 regions are present")
        .doesNotContain("Absent", "waits for more");
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(away, "fr"))))
        .contains(": 2 of 3 regions are present", "a merge needs 3 of them. Absent: Tiếng Việt.");
    assertThat(StatusTable.plain(view(ConsoleSamples.revoked(away, "vi"))))
        .contains("Revoked")
        .doesNotContain("Absent");
  }

  @Test
  void whereTooFewAreLeftForAMergeTheSentenceSaysWhatToDo() {
    String few = "Too few regions are left (1; a merge needs 2): invite another one.";
    StudyStatus training = ConsoleSamples.quorum(ConsoleSamples.training(6, 3), 2);
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(training, "ko", "ja", "fr"))))
        .contains(": 1 of 1 regions is present", few)
        .doesNotContain("waits for more");
    StudyStatus stalled = ConsoleSamples.quorum(ConsoleSamples.stalled(), 2);
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(stalled, "ko", "ja", "fr"))))
        .contains("no region is present", few);
    StudyStatus waiting = ConsoleSamples.quorum(ConsoleSamples.waiting(), 2);
    assertThat(BeltPage.sentence(view(ConsoleSamples.revoked(waiting, "ko", "ja", "fr"))))
        .contains(few)
        .doesNotContain("Training starts");
  }
}
