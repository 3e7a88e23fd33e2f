package org.dure.federation.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Concern.Code;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Refused;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;
import org.junit.jupiter.api.Test;

/// One test for each thing that can be wrong with a region.
class DiagnosisTest {
  private static final long DAY = 86_400_000;

  private static List<Concern> all(
      Consumer<SampleStatuses.Patient> spoil, UnaryOperator<List<Round>> history) {
    SampleStatuses.Patient patient = new SampleStatuses.Patient();
    spoil.accept(patient);
    StudyStatus found = Diagnosis.of(SampleStatuses.of(patient, history));
    assertThat(found.regions().stream().filter(region -> region.concern() != null))
        .allMatch(region -> region.name().equals("ja"));
    return found.regions().stream().map(r -> r.concern()).filter(Objects::nonNull).toList();
  }

  private static Concern one(Consumer<SampleStatuses.Patient> spoil) {
    return one(spoil, history -> history);
  }

  private static Concern one(
      Consumer<SampleStatuses.Patient> spoil, UnaryOperator<List<Round>> history) {
    List<Concern> concerns = all(spoil, history);
    assertThat(concerns).hasSize(1);
    return concerns.getFirst();
  }

  private static List<Concern> none(Consumer<SampleStatuses.Patient> spoil) {
    return all(spoil, history -> history);
  }

  @Test
  void aHealthyBeltHasNoConcern() {
    assertThat(none(ja -> {})).isEmpty();
  }

  @Test
  void anAbsentRegionIsNamedWithTheRoundInWhichItWasLastHeard() {
    Concern concern =
        one(
            ja -> {
              ja.state = RegionState.ABSENT;
              ja.lastSeen = SampleStatuses.NOW - 83_000;
            });
    assertThat(concern.code()).isEqualTo(Code.ABSENT);
    assertThat(concern.since()).isEqualTo(SampleStatuses.NOW - 83_000);
    assertThat(concern.values()).containsOnly(entry("seconds", 83.0), entry("round", 5.0));
  }

  @Test
  void aRegionThatNeverCameIsNamedOnceTheStudyRuns() {
    Concern concern = one(ja -> ja.state = RegionState.EXPECTED);
    assertThat(concern.code()).isEqualTo(Code.NEVER_SEEN);
    assertThat(concern.values()).containsOnly(entry("seconds", 380.0));
    assertThat(concern.since()).isEqualTo(SampleStatuses.NOW - 380_000);
  }

  @Test
  void aRegionFourTimesSlowerThanTheMedianIsSlow() {
    Concern concern = one(ja -> ja.takes = 164_000);
    assertThat(concern.code()).isEqualTo(Code.SLOW);
    assertThat(concern.values())
        .containsOnly(entry("times", 4.1), entry("seconds", 164.0), entry("median", 40.0));
  }

  @Test
  void aRegionThatNeverCameIsNoConcernBeforeThereIsARoundWithoutIt() {
    assertThat(all(ja -> ja.state = RegionState.EXPECTED, history -> List.of())).isEmpty();
  }

  /// As on a machine that became busy: the others take as long in the same round.
  @Test
  void whereEveryoneTakesLongerThanUsualNobodyIsSlow() {
    SampleStatuses.Patient busy = new SampleStatuses.Patient();
    busy.open = 100_000;
    StudyStatus one = SampleStatuses.of(busy, history -> history);
    assertThat(Diagnosis.of(one).regions()).anyMatch(region -> region.concern() != null);
    for (String quick : List.of("", "ko")) {
      StudyStatus all =
          one.with(
              one.regions().stream()
                  .map(region -> region.name().equals(quick) ? region : busy.region(region.name()))
                  .toList());
      assertThat(Diagnosis.of(all).regions())
          .as(quick)
          .allMatch(region -> region.concern() == null);
    }
  }

  @Test
  void aRegionIsSlowAlreadyInTheRoundThatItHasNotFinished() {
    assertThat(one(ja -> ja.open = 100_000).values()).contains(entry("times", 2.5));
  }

  @Test
  void aSlowRegionWhoseTransfersTakeMostOfItsRoundHasASlowLink() {
    Concern concern =
        one(
            ja -> {
              ja.takes = 100_000;
              ja.moving = 0.7;
            });
    assertThat(concern.code()).isEqualTo(Code.SLOW_LINK);
    assertThat(concern.values()).containsOnly(entry("share", 0.7), entry("times", 2.5));
  }

  @Test
  void noRegionIsBlamedForTheTimeThatTheHubPauses() {
    SampleStatuses.Patient waits = new SampleStatuses.Patient();
    waits.open = 100_000;
    waits.behind = 2;
    StudyStatus.Trouble trouble = new StudyStatus.Trouble("DISK_FULL", "full", SampleStatuses.NOW);

    assertThat(Diagnosis.of(SampleStatuses.of(waits, history -> history, trouble)).regions())
        .allMatch(region -> region.concern() == null);
    assertThat(Diagnosis.of(SampleStatuses.of(waits, history -> history)).regions())
        .anyMatch(region -> region.concern() != null);
  }

  @Test
  void aDifferenceOfLessThanTwoSecondsIsNoConcern() {
    StudyStatus quick = SampleStatuses.of(new SampleStatuses.Patient(), history -> history);
    assertThat(quick.membership().medianMillis()).isGreaterThan(Diagnosis.LEAST_SLOW_MILLIS);
    assertThat(none(ja -> ja.takes = 79_000)).isEmpty();
  }

  @Test
  void aFullDiskIsNamedSinceTheRegionSaidSo() {
    Concern concern =
        one(
            ja -> {
              ja.doing = ActivityKind.DISK_FULL;
              ja.doingSince = SampleStatuses.NOW - 9000;
              ja.takes = 400_000;
            });
    assertThat(concern.code()).isEqualTo(Code.DISK_FULL);
    assertThat(concern.since()).isEqualTo(SampleStatuses.NOW - 9000);
  }

  @Test
  void aSetBackFolderIsNamed() {
    assertThat(one(ja -> ja.doing = ActivityKind.SET_BACK).code()).isEqualTo(Code.SET_BACK);
  }

  @Test
  void theReasonRefusedMostIsNamedEvenOfAnAbsentRegion() {
    Concern concern =
        one(
            ja -> {
              ja.state = RegionState.ABSENT;
              ja.refusals.put("WRONG_LENGTH", new Refused(15, 12, 77, SampleStatuses.NOW - 1000));
              ja.refusals.put("MALFORMED", new Refused(40, 2, 66, SampleStatuses.NOW - 1000));
            });
    assertThat(concern)
        .isEqualTo(new Concern(Code.REFUSED, 77, Map.of("count", 12.0), "WRONG_LENGTH"));
  }

  @Test
  void refusalsBeforeTheLastGoodMessageOrLongAgoAreNoConcern() {
    assertThat(
            none(
                ja -> {
                  ja.refusals.put("MALFORMED", new Refused(4, 0, 0, SampleStatuses.NOW));
                  ja.refusals.put(
                      "BAD_SIGNATURE", new Refused(4, 4, 1, SampleStatuses.NOW - 700_000));
                }))
        .isEmpty();
  }

  @Test
  void reasonsThatBelongToAStudyThatMovesOnAreAConcernOnlyWhenTheyPileUp() {
    assertThat(none(ja -> ja.refusals.put("WRONG_ROUND", new Refused(4, 4, 1, SampleStatuses.NOW))))
        .isEmpty();
    assertThat(
            one(ja -> ja.refusals.put("WRONG_ROUND", new Refused(5, 5, 1, SampleStatuses.NOW)))
                .reason())
        .isEqualTo("WRONG_ROUND");
  }

  @Test
  void aRegionThatCameWithAnOldFolderIsAConcernForTenMinutes() {
    Concern concern = one(ja -> ja.setBackAt = SampleStatuses.NOW - 60_000);
    assertThat(concern.code()).isEqualTo(Code.SET_BACK);
    assertThat(concern.since()).isEqualTo(SampleStatuses.NOW - 60_000);
    assertThat(none(ja -> ja.setBackAt = SampleStatuses.NOW - 601_000)).isEmpty();
  }

  @Test
  void twoCopiesOfARegionAreNamedAndTheHubsOwnTroubleIsNotItsConcern() {
    assertThat(
            one(ja -> ja.refusals.put("REGION_FORKED", new Refused(2, 2, 1, SampleStatuses.NOW)))
                .code())
        .isEqualTo(Code.SET_BACK);
    assertThat(
            none(ja -> ja.refusals.put("HUB_SET_BACK", new Refused(9, 9, 1, SampleStatuses.NOW))))
        .isEmpty();
  }

  @Test
  void aCertificateThatEndsInThreeDaysIsNamed() {
    Concern concern = one(ja -> ja.certificateUntil = SampleStatuses.NOW + 3 * DAY);
    assertThat(concern.code()).isEqualTo(Code.CERTIFICATE_ENDS);
    assertThat(concern.values()).containsOnly(entry("days", 3.0));
    assertThat(none(ja -> ja.certificateUntil = SampleStatuses.NOW + 30 * DAY)).isEmpty();
  }

  @Test
  void aCertificateThatHasEndedExplainsTheAbsence() {
    Concern concern =
        one(
            ja -> {
              ja.state = RegionState.ABSENT;
              ja.certificateUntil = SampleStatuses.NOW - DAY;
            });
    assertThat(concern.code()).isEqualTo(Code.CERTIFICATE_ENDED);
    assertThat(concern.values()).containsOnly(entry("days", 1.0));
  }

  @Test
  void aRevokedRegionIsNamedWithTheOperatorsReasonBeforeAllElse() {
    Concern concern =
        one(
            ja -> {
              ja.revoked = "laptop stolen";
              ja.state = RegionState.ABSENT;
              ja.doing = ActivityKind.DISK_FULL;
            });
    assertThat(concern).isEqualTo(new Concern(Code.REVOKED, 0, Map.of(), "laptop stolen"));
  }

  @Test
  void aLateContributionIsNamedWithItsRounds() {
    Concern concern =
        one(
            ja -> {},
            SampleStatuses.ja(
                part ->
                    new Contribution(
                        part.weight(),
                        part.metrics(),
                        part.arrived(),
                        2,
                        part.norm(),
                        part.share(),
                        part.cosine(),
                        part.verdict())));
    assertThat(concern.code()).isEqualTo(Code.LATE);
    assertThat(concern.values()).containsOnly(entry("rounds", 2.0));
  }

  @Test
  void beingBehindForAMomentAfterAMergeIsNoConcern() {
    assertThat(none(ja -> ja.behind = 1)).isEmpty();
    assertThat(one(ja -> ja.behind = 2).code()).isEqualTo(Code.LATE);
  }

  @Test
  void aDeltaThatPointsAwayFromTheOthersIsNamed() {
    Concern concern =
        one(
            ja -> {},
            SampleStatuses.ja(
                part ->
                    SampleStatuses.part(
                        part.arrived() - SampleStatuses.TAKES, 2, -0.3, 1000, 0.25, 0)));
    assertThat(concern.code()).isEqualTo(Code.AGAINST);
    assertThat(concern.values().get("cosine")).isCloseTo(-0.3, within(1e-9));
  }

  @Test
  void cosinesAroundZeroAreNoConcern() {
    assertThat(
            all(
                ja -> {},
                SampleStatuses.ja(
                    part ->
                        SampleStatuses.part(
                            part.arrived() - SampleStatuses.TAKES, 2, -0.02, 1000, 0.25, 0))))
        .isEmpty();
  }

  @Test
  void aRisingLossIsNamedBesideItsBest() {
    List<Double> losses = new ArrayList<>(List.of(2.0, 1.9, 1.8, 2.2, 2.4, 2.6));
    Concern concern =
        one(
            ja -> {},
            SampleStatuses.ja(
                part ->
                    SampleStatuses.part(
                        part.arrived() - SampleStatuses.TAKES,
                        losses.removeFirst(),
                        0.5,
                        1000,
                        .25,
                        0)));
    assertThat(concern.code()).isEqualTo(Code.LOSS_RISES);
    assertThat(concern.values().get("loss")).isCloseTo(2.4, within(1e-9));
    assertThat(concern.values().get("best")).isCloseTo(1.9, within(1e-9));
  }

  @Test
  void aClaimThatTheWeightCapCutIsNamed() {
    Concern concern =
        one(
            ja -> {},
            SampleStatuses.ja(
                part ->
                    SampleStatuses.part(
                        part.arrived() - SampleStatuses.TAKES, 2, 0.5, 997_000, 0.4, 0)));
    assertThat(concern.code()).isEqualTo(Code.OVER_CAP);
    assertThat(concern.values().get("claimed")).isCloseTo(0.997, within(1e-9));
    assertThat(concern.values().get("share")).isEqualTo(0.4);
  }

  @Test
  void aRegionThatHasFinishedHasNoConcern() {
    assertThat(
            none(
                ja -> {
                  ja.state = RegionState.FINISHED;
                  ja.takes = 400_000;
                }))
        .isEmpty();
  }

  @Test
  void whatKeepsARegionOutIsSevereAndWhatSlowsItIsNot() {
    assertThat(Code.ABSENT.isSevere()).isTrue();
    assertThat(Code.NEVER_SEEN.isSevere()).isTrue();
    assertThat(Code.SLOW.isSevere()).isFalse();
    assertThat(Code.CERTIFICATE_ENDS.isSevere()).isFalse();
  }
}
