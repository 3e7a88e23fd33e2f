package org.dure.federation.status;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.dure.core.Sharing;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Link;
import org.dure.federation.status.StudyStatus.Pace;
import org.dure.federation.status.StudyStatus.Refused;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;
import org.dure.federation.status.StudyStatus.Time;
import org.jspecify.annotations.Nullable;

/// A healthy study of four regions in its seventh round, to be spoilt by tests.
final class SampleStatuses {
  static final long NOW = 1_790_000_000_000L;
  static final long ROUND = 60_000;
  static final long TAKES = 40_000;

  private SampleStatuses() {}

  /// A region, changed piece by piece.
  static final class Patient {
    RegionState state = RegionState.PRESENT;
    long lastSeen = NOW - 800;
    ActivityKind doing = ActivityKind.TRAINING;
    long doingSince = NOW - 20_000;
    long takes = TAKES;
    long open = 20_000;
    int behind;
    double moving = 0.1;
    long certificateUntil;
    String revoked = "";
    long setBackAt;
    final Map<String, Refused> refusals = new TreeMap<>();

    Region region(String name) {
      return new Region(
          name,
          name,
          "",
          new StudyStatus.Presence(state, lastSeen, lastSeen + 15_000),
          new StudyStatus.Activity(doing, 3, 10, doingSince, 7),
          new StudyStatus.Work(1000, 5000, 6000, Map.of()),
          new Pace(6, 6, behind, takes, open, 2.0, 0.6, 0.25),
          new Time(200_000, 100_000, 20_000, 1000, 0, 0.6, 0.3, moving),
          Link.NONE,
          new StudyStatus.Standing(certificateUntil, revoked, refusals, 0, "", setBackAt, false),
          null);
    }
  }

  /// What `ja` is like; the others are well.
  static StudyStatus of(Patient patient, UnaryOperator<List<Round>> history) {
    return of(patient, history, null);
  }

  /// @param trouble why the hub pauses; null if it does not
  static StudyStatus of(
      Patient patient, UnaryOperator<List<Round>> history, StudyStatus.@Nullable Trouble trouble) {
    List<Region> regions = new ArrayList<>();
    for (String name : List.of("ko", "ja", "fr", "vi")) {
      regions.add((name.equals("ja") ? patient : new Patient()).region(name));
    }
    return new StudyStatus(
        "s",
        Sharing.BODY,
        new StudyStatus.Progress(
            Phase.TRAINING, 7, 20, 10, NOW - 400_000, NOW, StudyStatus.Undone.NONE),
        new StudyStatus.Membership(1, 4, 4, 0.4, TAKES),
        trouble,
        Map.of(),
        regions,
        history.apply(history()),
        new StudyStatus.Traffic(List.of(), List.of()));
  }

  /// Six merged rounds and the open one.
  private static List<Round> history() {
    List<Round> rounds = new ArrayList<>();
    for (int number = 1; number <= 7; number++) {
      long opened = NOW - 20_000 - (7 - number) * ROUND;
      Map<String, Contribution> parts = new LinkedHashMap<>();
      if (number < 7) {
        for (String name : List.of("ko", "ja", "fr", "vi")) {
          parts.put(name, part(opened, 3.0 - number * 0.1, 0.6, 1000, 0.25, 0));
        }
      }
      rounds.add(new Round(number, opened, number < 7 ? opened + ROUND : null, parts));
    }
    return rounds;
  }

  static Contribution part(
      long opened,
      double loss,
      @Nullable Double cosine,
      long weight,
      @Nullable Double share,
      int staleness) {
    return new Contribution(
        weight, Map.of("loss", loss), opened + TAKES, staleness, 1, share, cosine, null);
  }

  /// The history with other contributions of `ja`.
  static UnaryOperator<List<Round>> ja(UnaryOperator<Contribution> change) {
    return rounds ->
        rounds.stream()
            .map(
                round -> {
                  Map<String, Contribution> parts = new LinkedHashMap<>(round.contributions());
                  parts.computeIfPresent("ja", (name, part) -> change.apply(part));
                  return new Round(round.number(), round.opened(), round.merged(), parts);
                })
            .toList();
  }
}
