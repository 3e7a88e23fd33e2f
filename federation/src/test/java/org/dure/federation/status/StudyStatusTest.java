package org.dure.federation.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.status.StudyStatus.Refused;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.Round;
import org.junit.jupiter.api.Test;

class StudyStatusTest {
  /// What a region says in round 7 of 20, each of ten steps counted over the study.
  private record Said(ActivityKind doing, long done, long total) {}

  private static double shareDone(Said said, UnaryOperator<List<Round>> history) {
    StudyStatus status = SampleStatuses.of(new SampleStatuses.Patient(), history);
    Region known = status.regions().get(1);
    Region region =
        new Region(
            known.name(),
            known.language(),
            "",
            known.presence(),
            new StudyStatus.Activity(said.doing, said.done, said.total, 0, 7),
            known.work(),
            known.pace(),
            known.time(),
            known.link(),
            known.standing(),
            null);
    return status.shareDone(region);
  }

  private static UnaryOperator<List<Round>> twin() {
    return SampleStatuses.ja(
        part ->
            new StudyStatus.Contribution(
                part.weight(),
                Map.of("loss", 2.0, "twinLoss", 2.1),
                part.arrived(),
                part.staleness(),
                part.norm(),
                part.share(),
                part.cosine(),
                part.verdict()));
  }

  @Test
  void aRoundOnlyEverGrows() {
    List<Said> round =
        List.of(
            new Said(ActivityKind.RECEIVING, 3, 9),
            new Said(ActivityKind.EVALUATING, 0, 40),
            new Said(ActivityKind.TRAINING, 61, 200),
            new Said(ActivityKind.TRAINING, 70, 200),
            new Said(ActivityKind.TRAINING_TWIN, 61, 200),
            new Said(ActivityKind.TRAINING_TWIN, 70, 200),
            new Said(ActivityKind.WAITING, 70, 200),
            new Said(ActivityKind.SAVING, 0, 0),
            new Said(ActivityKind.SENDING, 2, 7),
            new Said(ActivityKind.WAITING, 0, 0));
    List<Double> shares = round.stream().map(said -> shareDone(said, twin())).toList();
    assertThat(shares).isSorted();
    assertThat(shares.getFirst()).isEqualTo(6 / 20.0);
    assertThat(shares.get(3)).isCloseTo(6.5 / 20, within(1e-9));
    assertThat(shares.getLast()).isEqualTo(7 / 20.0);
  }

  @Test
  void withoutATwinTrainingIsTheWholeRound() {
    assertThat(shareDone(new Said(ActivityKind.TRAINING, 65, 200), history -> history))
        .isCloseTo(6.5 / 20, within(1e-9));
    assertThat(shareDone(new Said(ActivityKind.WORKING, 5, 10), history -> history))
        .isCloseTo(6.5 / 20, within(1e-9));
  }

  @Test
  void whatHealthyRegionsMeetIsNotCountedAsRefused() {
    Refused one = new Refused(1, 0, 0, 5);
    assertThat(
            new StudyStatus.Standing(0, "", Map.of("NO_HELLO", one, "WRONG_ROUND", one), 0, "")
                .refused())
        .isZero();
    assertThat(
            new StudyStatus.Standing(0, "", Map.of("NO_HELLO", one, "NOT_FINITE", one), 0, "")
                .refused())
        .isOne();
  }
}
