package org.dure.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dure.core.Sharing;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;
import org.junit.jupiter.api.Test;

/// The demo's numbers over pictures of a study of two regions, three rounds of twenty steps.
class DemoProgressTest {
  private static final DemoPlan PLAN =
      new DemoPlan("demo", List.of("ko", "ja"), 1, Together.BODY, 1, 60, 20, null);
  private static final Map<String, Double> SCORES =
      Map.of("start", 2.0, "end", 1.1, "twin", 1.2, "documents", 500.0);

  private static Region region(String name, ActivityKind doing, long done, long total, int round) {
    return region(name, RegionState.PRESENT, doing, done, total, round, Map.of());
  }

  private static Region region(
      String name,
      RegionState state,
      ActivityKind doing,
      long done,
      long total,
      int round,
      Map<String, Double> scores) {
    return new Region(
        name,
        name,
        "",
        new StudyStatus.Presence(state, 1, 1),
        new StudyStatus.Activity(doing, done, total, 0, round),
        new StudyStatus.Work(0, 0, 0, scores),
        StudyStatus.Pace.NONE,
        StudyStatus.Time.NONE,
        StudyStatus.Link.NONE,
        new StudyStatus.Standing(0, "", Map.of(), 0, ""),
        null);
  }

  /// @param contributed who has contributed to the open round
  private static StudyStatus picture(
      Phase phase, int round, List<Region> regions, String... contributed) {
    List<Round> history = new ArrayList<>();
    for (int number = 1; number <= round; number++) {
      Map<String, Contribution> parts = new LinkedHashMap<>();
      List<String> names = number < round ? List.of("ko", "ja") : List.of(contributed);
      names.forEach(name -> parts.put(name, contribution()));
      history.add(new Round(number, number, number < round ? (long) number + 1 : null, parts));
    }
    return new StudyStatus(
        "demo",
        Sharing.BODY,
        new StudyStatus.Progress(phase, round, 3, 20, 1, 1, StudyStatus.Undone.NONE),
        new StudyStatus.Membership(1, 2, 2, 0.4, 0),
        null,
        Map.of(),
        regions,
        history,
        new StudyStatus.Traffic(List.of(), List.of()));
  }

  private static Contribution contribution() {
    Map<String, Double> metrics =
        Map.of("heldOutBitsPerByte", 1.27, "twinHeldOutBitsPerByte", 1.30, "twinLoss", 2.0);
    return new Contribution(1, metrics, 1, 0, 1, 0.5, 0.5, "counted");
  }

  private static StudyStatus training(int round, Region ko, Region ja, String... contributed) {
    return picture(Phase.TRAINING, round, List.of(ko, ja), contributed);
  }

  @Test
  void stepsOnlyGrowThroughAWholeStudy() {
    DemoProgress progress = new DemoProgress(PLAN);
    Region away = region("ja", ActivityKind.RECEIVING, 0, 9, 1);
    List<StudyStatus> pictures =
        List.of(
            picture(Phase.WAITING, 0, List.of(region("ko", ActivityKind.STARTING, 0, 0, 0))),
            training(1, region("ko", ActivityKind.EVALUATING, 0, 40, 1), away),
            training(1, region("ko", ActivityKind.TRAINING, 12, 60, 1), away),
            training(1, region("ko", ActivityKind.TRAINING_TWIN, 3, 60, 1), away),
            training(1, region("ko", ActivityKind.SAVING, 0, 0, 1), away),
            training(1, region("ko", ActivityKind.SENDING, 1, 5, 1), away),
            training(1, region("ko", ActivityKind.WAITING, 0, 0, 1), away, "ko"),
            training(2, region("ko", ActivityKind.WAITING, 0, 0, 1), away),
            training(2, region("ko", ActivityKind.EVALUATING, 23, 40, 2), away),
            training(3, region("ko", ActivityKind.TRAINING, 41, 60, 3), away),
            picture(
                Phase.MEASURING,
                3,
                List.of(region("ko", ActivityKind.MEASURING, 0, 0, 3), away),
                "ko",
                "ja"));
    List<Long> steps = pictures.stream().map(progress::steps).toList();
    assertThat(steps).isSorted();
    assertThat(steps.getFirst()).isZero();
    assertThat(steps.get(7)).isEqualTo(40);
    assertThat(steps.getLast()).isEqualTo(120);
  }

  @Test
  void documentsOnlyGrowThroughThreeModelsAndTheEndOfARegion() {
    DemoProgress progress = new DemoProgress(PLAN);
    Region ja = region("ja", ActivityKind.EVALUATING_START, 100, 300, 3);
    List<Region> said =
        List.of(
            region("ko", ActivityKind.MEASURING, 0, 0, 3),
            region("ko", ActivityKind.EVALUATING_START, 400, 500, 3),
            region("ko", ActivityKind.EVALUATING, 10, 500, 3),
            region("ko", ActivityKind.EVALUATING_TWIN, 0, 500, 3),
            region("ko", ActivityKind.EVALUATING_TWIN, 500, 500, 3),
            region("ko", RegionState.FINISHED, ActivityKind.NONE, 0, 0, 3, SCORES));
    assertThat(
            said.stream()
                .map(ko -> picture(Phase.MEASURING, 3, List.of(ko, ja), "ko", "ja"))
                .map(progress::documents))
        .containsExactly(33L, 166L, 203L, 366L, 533L, 533L);
  }

  @Test
  void theRemarkTellsWhatIsKnownNow() {
    DemoProgress progress = new DemoProgress(PLAN);
    Region ko = region("ko", ActivityKind.TRAINING, 41, 60, 3);
    assertThat(progress.trainingRemark(training(1, ko, ko))).isEqualTo("round 1 of 3");
    assertThat(progress.trainingRemark(training(3, ko, ko)))
        .isEqualTo(
            "round 3 of 3, bits per byte (beside alone): ko 1.27 (-2.3 %), ko 1.27 (-2.3 %)");
    Region done = region("ja", RegionState.FINISHED, ActivityKind.NONE, 0, 0, 3, SCORES);
    assertThat(progress.measuringRemark(picture(Phase.MEASURING, 3, List.of(ko, done))))
        .isEqualTo("published: ja, measuring: ko");
  }
}
