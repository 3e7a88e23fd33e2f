package org.dure.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.dure.core.Sharing;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.Direction;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Crossing;
import org.dure.federation.status.StudyStatus.Link;
import org.dure.federation.status.StudyStatus.Pace;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;
import org.dure.federation.status.StudyStatus.Time;
import org.dure.federation.status.StudyStatus.Total;

/// Hand-made pictures of a study of four regions and fifteen rounds.
public final class ConsoleSamples {
  static final long STARTED = 1_790_000_000_000L;
  static final long ROUND_LENGTH = 24_000;
  static final int ROUNDS = 15;
  static final int STEPS = 10;
  static final List<String> REGIONS = List.of("ko", "ja", "fr", "vi");

  private static final long DELTA = 1_573_120;
  private static final Map<String, double[]> CURVES =
      Map.of(
          "ko", new double[] {2.12, 1.36, 1.39},
          "ja", new double[] {1.91, 1.24, 1.29},
          "fr", new double[] {2.76, 1.50, 1.51},
          "vi", new double[] {2.47, 1.26, 1.22});

  private ConsoleSamples() {}

  /// The hub has just started: nobody has said hello.
  static StudyStatus waiting() {
    List<Region> regions = new ArrayList<>();
    for (String name : REGIONS) {
      regions.add(
          region(
              name,
              name,
              RegionState.EXPECTED,
              0,
              0,
              ActivityKind.NONE,
              0,
              0,
              0,
              0,
              0,
              0,
              Map.of()));
    }
    return status(
        "demo",
        Sharing.BODY,
        Phase.WAITING,
        0,
        ROUNDS,
        STEPS,
        STARTED,
        STARTED + 4000,
        regions,
        List.of(),
        List.of());
  }

  /// `merged` rounds are done; in the open one the regions have done `steps` of [#STEPS] steps.
  public static StudyStatus training(int merged, int steps) {
    long now = STARTED + merged * ROUND_LENGTH + steps * (ROUND_LENGTH / STEPS);
    List<Region> regions = new ArrayList<>();
    for (String name : REGIONS) {
      regions.add(
          region(
              name,
              name,
              RegionState.PRESENT,
              now - 700,
              now + 29_300,
              steps >= STEPS ? ActivityKind.WAITING : ActivityKind.TRAINING,
              (long) merged * STEPS + steps,
              (long) ROUNDS * STEPS,
              merged + 1,
              (merged * (long) STEPS + steps) * 2048,
              merged * DELTA + 4100,
              (merged + 1) * DELTA + 3900,
              Map.of()));
    }
    return status(
        "demo",
        Sharing.BODY,
        Phase.TRAINING,
        merged + 1,
        ROUNDS,
        STEPS,
        STARTED,
        now,
        regions,
        history(merged, true),
        crossings(merged));
  }

  /// As [#training], with every lease run out.
  static StudyStatus stalled() {
    return regions(
        training(6, 3),
        r ->
            region(
                r.name(),
                r.language(),
                RegionState.ABSENT,
                r.presence().lastSeen() - 240_000,
                r.presence().lastSeen() - 210_000,
                ActivityKind.NONE,
                0,
                0,
                r.activity().round(),
                r.work().weight(),
                r.work().sent(),
                r.work().received(),
                r.work().scores()));
  }

  /// As [#training], with Vietnamese away for four minutes.
  public static StudyStatus oneAbsent() {
    return regions(training(6, 3), r -> r.name().equals("vi") ? stalled().regions().getLast() : r);
  }

  /// The same study after the operator has shut these regions out.
  static StudyStatus revoked(StudyStatus of, String... names) {
    return regions(
        of,
        r ->
            List.of(names).contains(r.name())
                ? new Region(
                    r.name(),
                    r.language(),
                    r.circle(),
                    r.presence(),
                    r.activity(),
                    r.work(),
                    r.pace(),
                    r.time(),
                    r.link(),
                    new StudyStatus.Standing(
                        r.standing().certificateUntil(), "poisoned", Map.of(), 0, ""),
                    null)
                : r);
  }

  /// The same study with another quorum.
  static StudyStatus quorum(StudyStatus of, int quorum) {
    return new StudyStatus(
        of.study(),
        of.sharing(),
        of.progress(),
        new StudyStatus.Membership(
            of.membership().epoch(),
            quorum,
            quorum,
            of.membership().weightCap(),
            of.membership().medianMillis()),
        of.trouble(),
        of.strangers(),
        of.regions(),
        of.history(),
        of.traffic());
  }

  /// As [#training], and everything that can be the matter: Japanese is slow, French is refused,
  /// Vietnamese is away, and the hub's disk is full.
  public static StudyStatus troubled() {
    StudyStatus well = training(6, 3);
    List<Region> regions = new ArrayList<>();
    for (Region r : well.regions()) {
      regions.add(
          switch (r.name()) {
            case "ja" -> slow(r);
            case "fr" -> refused(r, well.progress().now());
            case "vi" -> away(r, well.progress().now());
            default -> r;
          });
    }
    return new StudyStatus(
        well.study(),
        well.sharing(),
        well.progress(),
        new StudyStatus.Membership(
            5, 3, 3, well.membership().weightCap(), well.membership().medianMillis()),
        new StudyStatus.Trouble(
            "DISK_FULL", "no space left on device", well.progress().now() - 95_000),
        Map.of("NOT_ADMITTED", 3L),
        regions,
        well.history(),
        well.traffic());
  }

  private static Region slow(Region r) {
    return changed(
        r,
        RegionState.PRESENT,
        r.presence().lastSeen(),
        new Pace(6, 6, 0, 95_940, 60_000, 2.2, 0.41, 0.25),
        new Time(480_000, 4_000, 9_000, 1_000, 0, 0.97, 0.008, 0.02),
        Map.of(),
        new Concern(
            Concern.Code.SLOW,
            STARTED + 3 * ROUND_LENGTH,
            Map.of("times", 4.1, "seconds", 95.94, "median", 23.4),
            ""));
  }

  private static Region refused(Region r, long now) {
    return changed(
        r,
        RegionState.PRESENT,
        r.presence().lastSeen(),
        new Pace(4, 4, 2, 24_100, 0, 2.9, 0.5, 0.25),
        new Time(90_000, 80_000, 20_000, 1_000, 0, 0.47, 0.42, 0.18),
        Map.of("WRONG_LENGTH", new StudyStatus.Refused(15, 12, now - 61_000, now - 2_000)),
        new Concern(Concern.Code.REFUSED, now - 61_000, Map.of("count", 12.0), "WRONG_LENGTH"));
  }

  private static Region away(Region r, long now) {
    return changed(
        r,
        RegionState.ABSENT,
        now - 83_000,
        new Pace(5, 5, 1, 22_800, 0, 2.1, 0.6, 0.25),
        new Time(100_000, 30_000, 6_000, 1_000, 68_000, 0.49, 0.15, 0.06),
        Map.of(),
        new Concern(Concern.Code.ABSENT, now - 83_000, Map.of("seconds", 83.0, "round", 7.0), ""));
  }

  private static Region changed(
      Region r,
      RegionState state,
      long lastSeen,
      Pace pace,
      Time time,
      Map<String, StudyStatus.Refused> refusals,
      Concern concern) {
    return new Region(
        r.name(),
        r.language(),
        "",
        new StudyStatus.Presence(state, lastSeen, lastSeen + 15_000),
        new StudyStatus.Activity(
            r.activity().doing(),
            r.activity().done(),
            r.activity().total(),
            lastSeen,
            r.activity().round()),
        r.work(),
        pace,
        time,
        r.link(),
        new StudyStatus.Standing(r.standing().certificateUntil(), "", refusals, 0, ""),
        concern);
  }

  /// All rounds are merged, two regions have published.
  static StudyStatus measuring() {
    StudyStatus done = finished();
    return with(
        done,
        Phase.MEASURING,
        done.regions().stream()
            .map(
                r ->
                    r.name().equals("ko") || r.name().equals("fr")
                        ? r
                        : region(
                            r.name(),
                            r.language(),
                            RegionState.PRESENT,
                            done.progress().now() - 500,
                            done.progress().now() + 20_000,
                            ActivityKind.EVALUATING_TWIN,
                            23,
                            64,
                            ROUNDS,
                            r.work().weight(),
                            r.work().sent(),
                            r.work().received(),
                            Map.of()))
            .toList());
  }

  /// Everything is done: three languages gained, one lost.
  public static StudyStatus finished() {
    StudyStatus last = training(ROUNDS, 0);
    List<Region> regions = new ArrayList<>();
    for (Region r : last.regions()) {
      double[] curve = CURVES.get(r.name());
      Map<String, Double> scores = new LinkedHashMap<>();
      interval(scores, "start", curve[0]);
      interval(scores, "end", curve[1]);
      interval(scores, "twin", curve[2]);
      interval(scores, "difference", curve[1] - curve[2]);
      for (String count : List.of("pages", "documents", "bytes", "tokens")) {
        scores.put(count, 64.0);
      }
      regions.add(
          region(
              r.name(),
              r.language(),
              RegionState.FINISHED,
              last.progress().now() - 900,
              0,
              ActivityKind.NONE,
              0,
              0,
              ROUNDS,
              r.work().weight(),
              r.work().sent(),
              r.work().received(),
              scores));
    }
    return status(
        last.study(),
        last.sharing(),
        Phase.FINISHED,
        ROUNDS,
        ROUNDS,
        STEPS,
        STARTED,
        last.progress().now() + 40_000,
        regions,
        history(ROUNDS, false),
        crossings(ROUNDS));
  }

  private static void interval(Map<String, Double> scores, String name, double value) {
    scores.put(name, value);
    scores.put(name + ".low", value - 0.012);
    scores.put(name + ".high", value + 0.012);
  }

  /// A study whose every free text tries to be markup.
  static StudyStatus hostile(String text) {
    StudyStatus good = training(2, 3);
    Region first =
        region(
            text,
            text,
            RegionState.PRESENT,
            good.progress().now(),
            good.progress().now() + 1000,
            ActivityKind.TRAINING,
            3,
            10,
            3,
            1,
            2,
            3,
            Map.of(text, 1.0, "start", Double.NaN, "end", Double.POSITIVE_INFINITY));
    Map<String, Contribution> contributions =
        Map.of(
            text,
            new Contribution(
                0,
                Map.of(text, 1.5, "loss", Double.NaN),
                good.progress().now(),
                0,
                Double.NaN,
                null,
                null,
                null));
    return status(
        text,
        Sharing.BODY,
        Phase.TRAINING,
        3,
        ROUNDS,
        STEPS,
        STARTED,
        good.progress().now(),
        List.of(first),
        List.of(new Round(1, STARTED, null, contributions)),
        List.of(new Crossing(text, 1, Direction.OUT, TrafficKind.DELTA, 1, 10)));
  }

  private static List<Round> history(int merged, boolean open) {
    List<Round> rounds = new ArrayList<>();
    for (int n = 1; n <= merged; n++) {
      long opened = STARTED + (n - 1) * ROUND_LENGTH;
      Map<String, Contribution> contributions = new LinkedHashMap<>();
      for (String region : REGIONS) {
        contributions.put(region, contribution(region, n, opened));
      }
      rounds.add(new Round(n, opened, opened + ROUND_LENGTH, contributions));
    }
    if (open) {
      rounds.add(new Round(merged + 1, STARTED + merged * ROUND_LENGTH, null, Map.of()));
    }
    return rounds;
  }

  private static Contribution contribution(String region, int round, long opened) {
    double[] curve = CURVES.get(region);
    double left = Math.exp(-0.28 * (round - 1));
    double wave = 0.02 * Math.sin(round * 1.7 + region.charAt(0));
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss", (curve[1] + (curve[0] - curve[1]) * left) * 2.2 + wave);
    metrics.put("bitsPerByte", curve[1] + (curve[0] - curve[1]) * left + wave);
    for (int part = 1; part <= 4; part++) {
      double within = Math.exp(-0.28 * (round - 1 + part / 4.0));
      double value =
          curve[1] + (curve[0] - curve[1]) * within + 0.03 * Math.sin(7.0 * part + round);
      metrics.put("bitsPerByte." + part + "of4", value);
    }
    metrics.put("twinLoss", metrics.get("loss") + 0.02);
    metrics.put("twinBitsPerByte", metrics.get("bitsPerByte") + 0.01);
    metrics.put("heldOutBitsPerByte", curve[1] + (curve[0] - curve[1]) * left);
    metrics.put("twinHeldOutBitsPerByte", curve[2] + (curve[0] - curve[2]) * Math.pow(left, 0.9));
    return new Contribution(
        STEPS * 2048L,
        metrics,
        opened + ROUND_LENGTH - 600,
        0,
        0.8 * Math.pow(0.97, round),
        0.25,
        0.55 + wave,
        "counted");
  }

  private static List<Crossing> crossings(int merged) {
    List<Crossing> crossings = new ArrayList<>();
    for (String region : REGIONS) {
      crossings.add(new Crossing(region, 0, Direction.OUT, TrafficKind.CONTROL, 9, 4100));
      crossings.add(new Crossing(region, 0, Direction.IN, TrafficKind.CONTROL, 9, 3900));
      crossings.add(new Crossing(region, 1, Direction.IN, TrafficKind.WEIGHTS, 1, DELTA));
      for (int n = 1; n <= merged; n++) {
        crossings.add(new Crossing(region, n, Direction.OUT, TrafficKind.DELTA, 1, DELTA));
        crossings.add(new Crossing(region, n + 1, Direction.IN, TrafficKind.WEIGHTS, 1, DELTA));
      }
    }
    return crossings;
  }

  static StudyStatus regions(StudyStatus of, UnaryOperator<Region> change) {
    return with(of, of.progress().phase(), of.regions().stream().map(change).toList());
  }

  /// The same study with these rounds taken back.
  static StudyStatus undone(StudyStatus of, StudyStatus.Return... returns) {
    TakenBack takenBack = TakenBack.NONE;
    for (StudyStatus.Return one : returns) {
      takenBack = takenBack.with(one.from() - 1, one.to());
    }
    return undone(of, new StudyStatus.Undone(takenBack, List.of(returns), StudyStatus.Drops.NONE));
  }

  /// The same study of which this counts no more.
  static StudyStatus undone(StudyStatus of, StudyStatus.Undone undone) {
    return new StudyStatus(
        of.study(),
        of.sharing(),
        new StudyStatus.Progress(
            of.progress().phase(),
            of.progress().round(),
            of.progress().rounds(),
            of.progress().stepsPerRound(),
            of.progress().started(),
            of.progress().now(),
            undone),
        of.membership(),
        of.trouble(),
        of.strangers(),
        of.regions(),
        of.history(),
        of.traffic());
  }

  private static StudyStatus with(StudyStatus of, Phase phase, List<Region> regions) {
    return new StudyStatus(
        of.study(),
        of.sharing(),
        new StudyStatus.Progress(
            phase,
            of.progress().round(),
            of.progress().rounds(),
            of.progress().stepsPerRound(),
            of.progress().started(),
            of.progress().now(),
            of.progress().undone()),
        of.membership(),
        of.trouble(),
        of.strangers(),
        regions,
        of.history(),
        of.traffic());
  }

  /// A study of four regions of which a picture has only these parts.
  public static StudyStatus status(
      String study,
      Sharing sharing,
      Phase phase,
      int round,
      int rounds,
      int steps,
      long started,
      long now,
      List<Region> regions,
      List<Round> history,
      List<Crossing> crossings) {
    Map<List<Object>, Total> totals = new LinkedHashMap<>();
    crossings.forEach(
        c ->
            totals.merge(
                List.of(c.region(), c.direction(), c.kind()),
                new Total(c.region(), c.direction(), c.kind(), c.items(), c.bytes()),
                (a, b) ->
                    new Total(
                        a.region(),
                        a.direction(),
                        a.kind(),
                        a.items() + b.items(),
                        a.bytes() + b.bytes())));
    return new StudyStatus(
        study,
        sharing,
        new StudyStatus.Progress(
            phase, round, rounds, steps, started, now, StudyStatus.Undone.NONE),
        new StudyStatus.Membership(1, 4, 4, 0.4, history.size() > 1 ? 23_400 : 0),
        null,
        Map.of(),
        regions,
        history,
        new StudyStatus.Traffic(List.copyOf(totals.values()), crossings));
  }

  /// A region that does well.
  static Region region(
      String name,
      String language,
      RegionState state,
      long lastSeen,
      long leaseUntil,
      ActivityKind doing,
      long done,
      long total,
      int round,
      long weight,
      long sent,
      long received,
      Map<String, Double> scores) {
    boolean works = round > 0;
    return new Region(
        name,
        language,
        "",
        new StudyStatus.Presence(state, lastSeen, leaseUntil),
        new StudyStatus.Activity(doing, done, total, lastSeen, round),
        new StudyStatus.Work(weight, sent, received, scores),
        works ? new Pace(round - 1, round - 1, 0, 23_400, 4_000, 2.31, 0.55, 0.25) : Pace.NONE,
        works ? new Time(150_000, 40_000, 9_000, 1_000, 0, 0.75, 0.2, 0.056) : Time.NONE,
        works ? new Link(8_000, 9_000, 1_520_000, 1_380_000, 0) : Link.NONE,
        new StudyStatus.Standing(lastSeen + 80L * 86_400_000, "", Map.of(), 0, ""),
        null);
  }
}
