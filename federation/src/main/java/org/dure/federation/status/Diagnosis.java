package org.dure.federation.status;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.dure.core.Named;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Concern.Code;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Pace;
import org.dure.federation.status.StudyStatus.Refused;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;
import org.jspecify.annotations.Nullable;

/// Which region has a problem, and what it is: finds for each region the most important thing that
/// is wrong with it. A function of the picture alone.
public final class Diagnosis {
  /// A round that takes so many times the median is slow.
  static final double SLOW = 2;

  /// Differences below this are no matter, whatever their ratio, milliseconds.
  static final long LEAST_SLOW_MILLIS = 2_000;

  /// Share of a round from which on transfers are what takes long.
  static final double MOST_MOVING = 0.5;

  /// Contributions of which means are made.
  static final int SEVERAL = 3;

  /// Where little is left to learn deltas are mostly noise, and cosines lie on both sides of zero.
  private static final double CHANCE = 0.05;

  /// The loss rises if the mean of the last few is so many times the best such mean before.
  static final double RISE = 1.05;

  /// Share of a merge that the cap must have cut off before it is worth a word.
  static final double CUT = 0.1;

  static final int SOON_DAYS = 7;

  /// How long a thing that was turned away is news, milliseconds.
  static final long REFUSED_MILLIS = 600_000;

  /// The hub's own trouble, and none of the region's.
  private static final String HUBS_OWN = "HUB_SET_BACK";

  /// Two copies of the region are at work.
  private static final String FORKED = "REGION_FORKED";

  /// So many of the harmless ones in a row are none.
  static final int MANY = 5;

  private static final double DAY = 86_400_000;

  private final StudyStatus status;
  private final Region region;

  private Diagnosis(StudyStatus status, Region region) {
    this.status = status;
    this.region = region;
  }

  /// The picture with the concern of each region.
  public static StudyStatus of(StudyStatus status) {
    return status.with(
        status.regions().stream()
            .map(region -> region.with(new Diagnosis(status, region).find()))
            .toList());
  }

  private @Nullable Concern find() {
    if (region.presence().state() == RegionState.FINISHED
        || status.progress().phase() == Phase.FINISHED) {
      return null;
    }
    return revoked()
        .or(this::refused)
        .or(this::suspended)
        .or(this::leftOut)
        .or(this::setBack)
        .or(() -> does(ActivityKind.BUDGET_SPENT, Code.BUDGET_SPENT))
        .or(() -> does(ActivityKind.DISK_FULL, Code.DISK_FULL))
        .or(() -> certificate(Code.CERTIFICATE_ENDED))
        .or(this::absent)
        .or(this::outOfSum)
        .or(this::clipped)
        .or(this::partLeftOut)
        .or(this::slow)
        .or(this::late)
        .or(this::against)
        .or(this::lossRises)
        .or(this::overCap)
        .or(() -> certificate(Code.CERTIFICATE_ENDS))
        .orElse(null);
  }

  private Optional<Concern> revoked() {
    return region.standing().revoked().isEmpty()
        ? Optional.empty()
        : Optional.of(new Concern(Code.REVOKED, 0, Map.of(), region.standing().revoked()));
  }

  private Optional<Concern> refused() {
    String worst = "";
    Refused most = new Refused(0, 0, 0, 0);
    for (Map.Entry<String, Refused> entry : region.standing().refusals().entrySet()) {
      Refused refused = entry.getValue();
      boolean news = status.progress().now() - refused.last() <= REFUSED_MILLIS;
      int least = StudyStatus.Standing.HARMLESS.contains(entry.getKey()) ? MANY : 1;
      if (entry.getKey().equals(HUBS_OWN)) {
        continue;
      }
      if (news && refused.recent() >= least && refused.recent() > most.recent()) {
        worst = entry.getKey();
        most = refused;
      }
    }
    return worst.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Concern(
                worst.equals(FORKED) ? Code.SET_BACK : Code.REFUSED,
                most.first(),
                Map.of("count", (double) most.recent()),
                worst));
  }

  private Optional<Concern> suspended() {
    int until = region.standing().suspendedUntil();
    List<Contribution> strikes = lately(DeltaVerdict::isStrike);
    return until == 0
        ? Optional.empty()
        : Optional.of(
            new Concern(
                Code.SUSPENDED,
                0,
                Map.of("round", (double) until),
                strikes.isEmpty() ? "" : String.valueOf(strikes.getLast().verdict())));
  }

  private Optional<Concern> leftOut() {
    return judged(Code.LEFT_OUT, DeltaVerdict::isStrike);
  }

  private Optional<Concern> clipped() {
    return judged(Code.CLIPPED, verdict -> verdict == DeltaVerdict.CLIPPED);
  }

  private Optional<Concern> judged(Code code, Predicate<DeltaVerdict> verdicts) {
    List<Contribution> found = lately(verdicts);
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Concern(
                code,
                found.getFirst().arrived(),
                Map.of("count", (double) found.size()),
                String.valueOf(found.getLast().verdict())));
  }

  /// Those of its last few merged contributions that were judged so; of a region that sits out, of
  /// the last before that.
  private List<Contribution> lately(Predicate<DeltaVerdict> verdicts) {
    List<Contribution> merged =
        newest(Integer.MAX_VALUE).stream()
            .filter(part -> verdict(part).filter(one -> one != DeltaVerdict.SUSPENDED).isPresent())
            .toList();
    return merged.subList(Math.max(0, merged.size() - SEVERAL), merged.size()).stream()
        .filter(part -> verdict(part).filter(verdicts).isPresent())
        .toList();
  }

  private static Optional<DeltaVerdict> verdict(Contribution part) {
    String verdict = part.verdict();
    return verdict == null ? Optional.empty() : Named.find(DeltaVerdict.class, verdict);
  }

  private Optional<Concern> partLeftOut() {
    return region.standing().partFault().isEmpty()
        ? Optional.empty()
        : Optional.of(new Concern(Code.PART_LEFT_OUT, 0, Map.of(), region.standing().partFault()));
  }

  private Optional<Concern> setBack() {
    long time = region.standing().setBackAt();
    boolean news = time > 0 && status.progress().now() - time <= REFUSED_MILLIS;
    return news
        ? Optional.of(new Concern(Code.SET_BACK, time, Map.of(), ""))
        : does(ActivityKind.SET_BACK, Code.SET_BACK);
  }

  private Optional<Concern> does(ActivityKind activity, Code code) {
    return region.activity().doing() == activity
        ? Optional.of(new Concern(code, region.activity().doingSince(), Map.of(), ""))
        : Optional.empty();
  }

  private Optional<Concern> certificate(Code code) {
    double days = (region.standing().certificateUntil() - status.progress().now()) / DAY;
    boolean ended = days <= 0;
    if (region.standing().certificateUntil() == 0
        || days > SOON_DAYS
        || ended != (code == Code.CERTIFICATE_ENDED)) {
      return Optional.empty();
    }
    return Optional.of(
        concern(code, ended ? region.standing().certificateUntil() : 0, "days", Math.abs(days)));
  }

  private Optional<Concern> absent() {
    if (region.presence().state() == RegionState.ABSENT) {
      long since =
          region.presence().lastSeen() == 0
              ? status.progress().started()
              : region.presence().lastSeen();
      return Optional.of(
          concern(
              Code.ABSENT,
              since,
              "seconds",
              seconds(status.progress().now() - since),
              "round",
              (double) roundAt(since)));
    }
    // Nobody waits for a region before there is a round without it.
    if (region.presence().state() == RegionState.EXPECTED && !status.history().isEmpty()) {
      long since = status.history().getFirst().opened();
      return Optional.of(
          concern(Code.NEVER_SEEN, since, "seconds", seconds(status.progress().now() - since)));
    }
    return Optional.empty();
  }

  private Optional<Concern> outOfSum() {
    return region.standing().outOfSum()
        ? Optional.of(new Concern(Code.OUT_OF_SUM, 0, Map.of(), ""))
        : Optional.empty();
  }

  /// The round that was open then; the present one where that is no longer known.
  private int roundAt(long time) {
    int found = status.progress().round();
    for (Round round : status.history()) {
      if (round.opened() <= time) {
        found = round.number();
      }
    }
    return found;
  }

  private Optional<Concern> slow() {
    Pace pace = region.pace();
    double median = othersMillis();
    double millis = millis(region);
    boolean training =
        status.progress().phase() == Phase.TRAINING
            && region.presence().state() == RegionState.PRESENT;
    if (!training
        || isPaused()
        || median <= 0
        || millis < SLOW * median
        || millis - median < LEAST_SLOW_MILLIS) {
      return Optional.empty();
    }
    double times = millis / median;
    double moving = region.time().recentMoving();
    if (moving >= MOST_MOVING) {
      return Optional.of(concern(Code.SLOW_LINK, slowSince(), "share", moving, "times", times));
    }
    return Optional.of(
        concern(
            Code.SLOW,
            slowSince(),
            "times",
            times,
            "seconds",
            millis / 1000,
            "median",
            median / 1000));
  }

  /// How long it takes now or did of late, whichever is longer.
  private static long millis(Region one) {
    return Math.max(one.pace().millis(), one.pace().openMillis());
  }

  /// What a region is slow beside: the median of the others' times of the same rounds, the lower of
  /// two, but no less than that of all. Where everyone takes longer than usual, nobody is slow.
  private double othersMillis() {
    long[] others =
        status.regions().stream()
            .filter(other -> !other.name().equals(region.name()))
            .filter(other -> other.standing().revoked().isEmpty())
            .mapToLong(Diagnosis::millis)
            .filter(millis -> millis > 0)
            .toArray();
    return others.length == 0
        ? 0
        : Math.max(status.membership().medianMillis(), RegionStats.median(others));
  }

  /// Whether the hub itself is what everyone waits for.
  private boolean isPaused() {
    return status.trouble() != null;
  }

  /// Since when its contributions have come late in their rounds, without a break.
  private long slowSince() {
    long since = 0;
    for (int i = status.history().size() - 1; i >= 0; i--) {
      Round round = status.history().get(i);
      Contribution contribution = round.contributions().get(region.name());
      boolean undone = status.progress().undone().contains(round.number());
      if (undone || (contribution == null && round.merged() != null)) {
        continue;
      }
      long arrived = contribution == null ? status.progress().now() : contribution.arrived();
      if (arrived - round.opened() < SLOW * status.membership().medianMillis()) {
        break;
      }
      since = round.opened();
    }
    return since;
  }

  private Optional<Concern> late() {
    List<Contribution> newest = newest(1);
    int rounds = newest.isEmpty() ? 0 : newest.getFirst().staleness();
    // For a moment after each merge every region is one behind.
    if (region.pace().behind() > 1) {
      rounds = Math.max(rounds, region.pace().behind());
    }
    return rounds < 1 || isPaused()
        ? Optional.empty()
        : Optional.of(
            concern(
                Code.LATE,
                newest.isEmpty() ? 0 : newest.getFirst().arrived(),
                "rounds",
                (double) rounds));
  }

  private Optional<Concern> against() {
    List<Contribution> newest =
        newest(Integer.MAX_VALUE).stream().filter(part -> part.cosine() != null).toList();
    List<Contribution> last = newest.subList(Math.max(0, newest.size() - SEVERAL), newest.size());
    double mean =
        last.stream()
            .mapToDouble(part -> part.cosine() == null ? 0 : part.cosine())
            .average()
            .orElse(0);
    return mean < -CHANCE
        ? Optional.of(concern(Code.AGAINST, last.getFirst().arrived(), "cosine", mean))
        : Optional.empty();
  }

  private Optional<Concern> lossRises() {
    List<Contribution> parts =
        newest(7 * SEVERAL).stream().filter(part -> Double.isFinite(loss(part))).toList();
    if (parts.size() < 2 * SEVERAL) {
      return Optional.empty();
    }
    double best = Double.POSITIVE_INFINITY;
    long since = 0;
    for (int end = SEVERAL; end <= parts.size() - SEVERAL; end++) {
      double mean = meanLoss(parts.subList(end - SEVERAL, end));
      if (mean <= best) {
        best = mean;
        since = parts.get(end - 1).arrived();
      }
    }
    double now = meanLoss(parts.subList(parts.size() - SEVERAL, parts.size()));
    return best > 0 && now > RISE * best
        ? Optional.of(concern(Code.LOSS_RISES, since, "loss", now, "best", best))
        : Optional.empty();
  }

  private static double loss(Contribution part) {
    Double loss = part.metrics().get("loss");
    return loss == null ? Double.NaN : loss;
  }

  private static double meanLoss(List<Contribution> parts) {
    return parts.stream().mapToDouble(Diagnosis::loss).average().orElse(Double.NaN);
  }

  private Optional<Concern> overCap() {
    for (int i = status.history().size() - 1; i >= 0; i--) {
      Round round = status.history().get(i);
      Contribution mine = round.contributions().get(region.name());
      if (round.merged() == null || mine == null || mine.share() == null) {
        continue;
      }
      double all = round.contributions().values().stream().mapToDouble(Contribution::weight).sum();
      double claimed = mine.weight() / all;
      return claimed - mine.share() >= CUT && claimed > status.membership().weightCap()
          ? Optional.of(
              concern(Code.OVER_CAP, mine.arrived(), "claimed", claimed, "share", mine.share()))
          : Optional.empty();
    }
    return Optional.empty();
  }

  /// The region's newest contributions, oldest first.
  private List<Contribution> newest(int most) {
    List<Contribution> found = new ArrayList<>();
    for (int i = status.history().size() - 1; i >= 0 && found.size() < most; i--) {
      Round round = status.history().get(i);
      if (status.progress().undone().contains(round.number())) {
        continue;
      }
      Contribution part = round.contributions().get(region.name());
      if (part != null) {
        found.add(part);
      }
    }
    return found.reversed();
  }

  private static double seconds(long millis) {
    return Math.max(0, millis / 1000.0);
  }

  private static Concern concern(Code code, long since, Object... namesAndValues) {
    Map<String, Double> values = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put((String) namesAndValues[i], (Double) namesAndValues[i + 1]);
    }
    return new Concern(code, since, values, "");
  }
}
