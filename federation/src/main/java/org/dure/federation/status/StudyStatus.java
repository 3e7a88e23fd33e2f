package org.dure.federation.status;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dure.core.Json.Unwrapped;
import org.dure.core.Sharing;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.log.DropReason;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.protocol.TrafficKind;
import org.jspecify.annotations.Nullable;

/// What the hub knows of its study at one instant: the one source of the console, `dure status`,
/// `/metrics` and reports, which therefore show the same numbers.
///
/// All times are milliseconds since 1970 UTC by the hub's clock, all spans milliseconds; all sizes
/// are bytes as they crossed the wire.
///
/// @param study its name
/// @param digest of the study, which tells it from all others; empty where it is not known
/// @param sharing which tensors travel
/// @param progress where the study stands
/// @param membership by what its regions are measured
/// @param trouble why the hub pauses; null if it does not
/// @param load what the hub's machine has to bear
/// @param regions in the order of the study file, then of enrolment
/// @param history the newest rounds, at most [#MOST_ROUNDS], oldest first
/// @param traffic what crossed the regions' borders
public record StudyStatus(
    String study,
    String digest,
    Sharing sharing,
    @Unwrapped Progress progress,
    @Unwrapped Membership membership,
    @Nullable Trouble trouble,
    @Unwrapped Load load,
    List<Region> regions,
    List<Round> history,
    @Unwrapped Traffic traffic) {
  /// How many rounds [#history] and [Traffic#crossings] go back.
  public static final int MOST_ROUNDS = 1000;

  /// How many dropped rounds are told of.
  public static final int MOST_DROPS = 100;

  /// A picture of a hub of which neither the study's digest is known nor, of its load, more than
  /// strangers' refusals.
  public StudyStatus(
      String study,
      Sharing sharing,
      Progress progress,
      Membership membership,
      @Nullable Trouble trouble,
      Map<String, Long> strangers,
      List<Region> regions,
      List<Round> history,
      Traffic traffic) {
    this(
        study,
        "",
        sharing,
        progress,
        membership,
        trouble,
        new Load(strangers, Map.of(), 0),
        regions,
        history,
        traffic);
  }

  /// What the hub's machine has to bear.
  ///
  /// @param strangers how much of those who are no region was turned away, by reason
  /// @param crowds addresses from which strangers' connections or requests were too many, with how
  ///     often
  /// @param plannedBytes what the deltas of all rounds and regions take of the hub's disk, which
  ///     keeps them; 0 where unknown
  public record Load(Map<String, Long> strangers, Map<String, Long> crowds, long plannedBytes) {}

  public Map<String, Long> strangers() {
    return load.strangers;
  }

  /// Where the study stands at one instant.
  ///
  /// @param phase the study is in
  /// @param round the open round, from 1; 0 before the first
  /// @param rounds planned, those that were taken back included
  /// @param stepsPerRound local steps between two merges
  /// @param started when the hub first opened the study
  /// @param now of this picture
  /// @param undone what was taken back
  public record Progress(
      Phase phase,
      int round,
      int rounds,
      int stepsPerRound,
      long started,
      long now,
      Undone undone) {
    /// The same place at another instant.
    private Progress at(long instant) {
      return new Progress(phase, round, rounds, stepsPerRound, started, instant, undone);
    }
  }

  /// Rounds that count no more, though they happened.
  ///
  /// @param takenBack which
  /// @param returns how the study went back, the newest, oldest first
  /// @param drops those of them that came to nothing
  public record Undone(@Unwrapped TakenBack takenBack, List<Return> returns, Drops drops) {
    public static final Undone NONE = new Undone(TakenBack.NONE, List.of(), Drops.NONE);

    /// How many count no more.
    public int rounds() {
      return takenBack.rounds();
    }

    /// Whether the round counts no more.
    public boolean contains(int round) {
      return takenBack.contains(round);
    }
  }

  /// Rounds of secret sums that were dropped: others make up for them.
  ///
  /// @param count how many
  /// @param most how many may be: with one more the study ends
  /// @param newest of those whose round is remembered, at most [#MOST_DROPS], oldest first
  public record Drops(int count, int most, List<Drop> newest) {
    public static final Drops NONE = new Drops(0, 0, List.of());
  }

  /// A round that was dropped.
  ///
  /// @param here regions that were left or here
  /// @param needed regions that its sum needs
  /// @param regions whom it is about; empty where it is about their number
  /// @param time when
  public record Drop(
      int round, DropReason reason, int here, int needed, List<String> regions, long time) {
    /// The word for why, e.g. `too-few`.
    public String word() {
      return reason.word();
    }

    /// Why, in English.
    public String why() {
      return switch (reason) {
        case TOO_FEW -> "its secret sum needs %d regions, %d are left".formatted(needed, here);
        case SHUT_OUT -> "%s was shut out, whose delta is in its sum".formatted(regions);
        case FALSE_SHARES -> "too few shares of %s are what it announced".formatted(regions);
      };
    }
  }

  /// The study went back to the weights before the round `from`, and on with the one after `to`.
  ///
  /// @param byRule whether most regions had measured a merge as worse, rather than the operator
  ///     deciding it
  /// @param region whose deltas were taken back; empty where it is about a merge
  /// @param reason in the operator's words, or in English
  /// @param time when
  public record Return(int from, int to, boolean byRule, String region, String reason, long time) {}

  /// By what regions are measured.
  ///
  /// @param epoch of the membership: how often it has changed
  /// @param quorum contributions without which no round is merged
  /// @param toBegin regions that must have come before the study begins
  /// @param weightCap the largest share of a merge that a region may have
  /// @param medianMillis median of the regions' [Pace#millis], the lower of two; 0 if none
  public record Membership(
      long epoch, int quorum, int toBegin, double weightCap, long medianMillis) {}

  /// What crossed the regions' borders.
  ///
  /// @param totals of each region since the study began
  /// @param crossings the same by round, of the newest rounds
  public record Traffic(List<Total> totals, List<Crossing> crossings) {}

  /// What the hub thinks of a region; the region is told the same.
  public enum RegionState {
    /// Never seen.
    EXPECTED,
    /// Its lease holds.
    PRESENT,
    /// Its lease has run out; it may come back at any time.
    ABSENT,
    /// It has done its part.
    FINISHED
  }

  /// @param code name of the [org.dure.core.ErrorCode]
  /// @param message what went wrong, in English
  /// @param since when it began
  public record Trouble(String code, String message, long since) {}

  /// @param name e.g. `ko`
  /// @param language BCP 47 code
  /// @param circle with whose deltas its own are merged in the newest round; empty where all are
  ///     one
  /// @param presence whether it is here
  /// @param activity what it does
  /// @param work what has come of its work
  /// @param pace how its rounds go
  /// @param time how it spent its time
  /// @param link how fast its bytes move
  /// @param standing whether it is let in
  /// @param concern the most important thing that is wrong with it; null if nothing is
  public record Region(
      String name,
      String language,
      String circle,
      @Unwrapped Presence presence,
      @Unwrapped Activity activity,
      @Unwrapped Work work,
      Pace pace,
      Time time,
      Link link,
      @Unwrapped Standing standing,
      @Nullable Concern concern) {
    /// The same region with what is wrong with it.
    Region with(@Nullable Concern found) {
      return with(pace, time, found);
    }

    /// The same region without what changes by the mere passing of time.
    private Region still() {
      return with(
          pace.still(),
          Time.NONE,
          concern == null ? null : new Concern(concern.code, 0, Map.of(), concern.reason));
    }

    private Region with(Pace somePace, Time someTime, @Nullable Concern some) {
      return new Region(
          name, language, circle, presence, activity, work, somePace, someTime, link, standing,
          some);
    }
  }

  /// Whether a region is here.
  ///
  /// @param state what the hub thinks of it
  /// @param lastSeen 0 if never
  /// @param leaseUntil 0 if none
  public record Presence(RegionState state, long lastSeen, long leaseUntil) {}

  /// What a region does.
  ///
  /// @param doing what it last said it does
  /// @param done of `total`
  /// @param total 0 where unknown
  /// @param doingSince since when it has said the same; 0 if nothing
  /// @param round the round it works on
  public record Activity(ActivityKind doing, long done, long total, long doingSince, int round) {}

  /// What has come of a region's work.
  ///
  /// @param weight sum of its contributions' weights, e.g. tokens
  /// @param sent bytes that left the region
  /// @param received bytes that it fetched
  /// @param scores published at the end, by name
  public record Work(long weight, long sent, long received, Map<String, Double> scores) {}

  /// Whether a region is let in.
  ///
  /// @param certificateUntil when its certificate ends; 0 if unknown
  /// @param revoked why the operator ended its key; empty if that was not done
  /// @param refusals what was turned away, by reason
  /// @param suspendedUntil the round in which its deltas may count again; 0 if they may now
  /// @param partFault why the common preparation was made without its part; empty if it was not
  /// @param setBackAt when it last came with a folder that is older than what the hub has of it; 0
  ///     if never
  /// @param outOfSum whether the open round's secret sum is of others
  public record Standing(
      long certificateUntil,
      String revoked,
      Map<String, Refused> refusals,
      int suspendedUntil,
      String partFault,
      long setBackAt,
      boolean outOfSum) {
    /// Of a region whose folder was never set back, in a study whose deltas can be inspected.
    public Standing(
        long certificateUntil,
        String revoked,
        Map<String, Refused> refusals,
        int suspendedUntil,
        String partFault) {
      this(certificateUntil, revoked, refusals, suspendedUntil, partFault, 0, false);
    }

    /// Reasons that a region meets in good order, when the study moves on while it sends.
    static final List<String> HARMLESS =
        List.of(
            "WRONG_ROUND",
            "WRONG_SEQUENCE",
            "WRONG_BASE",
            "NO_HELLO",
            "CHUNK_MISSING",
            "TOO_LATE",
            "TAKEN_BACK");

    /// How much was turned away that was not in order: without what every healthy region meets now
    /// and then because the study moves on while it sends.
    public long refused() {
      return refusals.entrySet().stream()
          .filter(entry -> !HARMLESS.contains(entry.getKey()))
          .mapToLong(entry -> entry.getValue().count())
          .sum();
    }
  }

  /// How a region's rounds go.
  ///
  /// @param contributed how many contributions were taken
  /// @param newest the round that its newest contribution went into; 0 if none
  /// @param behind staleness: by how many rounds it is behind the open one
  /// @param millis from the start of a round to its contribution, the median of its last eight;
  ///     times of absence left out; 0 if none
  /// @param openMillis the same of the round that it is in and has not contributed to yet; 0 if it
  ///     has, or is absent
  /// @param loss of its newest contribution; null if it told none
  /// @param cosine of its newest merged delta to that merge; null if none was merged
  /// @param share of its newest merged delta in that merge; null if none was merged
  public record Pace(
      int contributed,
      int newest,
      int behind,
      long millis,
      long openMillis,
      @Nullable Double loss,
      @Nullable Double cosine,
      @Nullable Double share) {
    /// Of a region that has done nothing yet.
    public static final Pace NONE = new Pace(0, 0, 0, 0, 0, null, null, null);

    private Pace still() {
      return new Pace(contributed, newest, behind, millis, 0, loss, cosine, share);
    }
  }

  /// How a region has spent its time since it was first heard, by what it says that it does; a time
  /// without a lease is absence. To the interval of its heartbeats, two seconds.
  ///
  /// @param training at work on a round
  /// @param waiting for others or for the hub
  /// @param moving sending or receiving fragments
  /// @param other saving, measuring and the like
  /// @param absent without a lease
  /// @param utilisation share of the whole that it trained, 0 to 1
  /// @param idle share of the whole that it waited, 0 to 1
  /// @param recentMoving share of the last eight rounds, waiting and absence left out, that it
  ///     moved fragments, 0 to 1
  public record Time(
      long training,
      long waiting,
      long moving,
      long other,
      long absent,
      double utilisation,
      double idle,
      double recentMoving) {
    /// Nothing counted yet.
    public static final Time NONE = new Time(0, 0, 0, 0, 0, 0, 0, 0);
  }

  /// How fast fragments move, as the hub measures it.
  ///
  /// @param sending time in which at least one fragment was on its way from the region
  /// @param receiving the same to the region
  /// @param sendRate bytes a second from the region, of late; 0 if unknown
  /// @param receiveRate bytes a second to the region, of late; 0 if unknown
  /// @param sentAgain bytes of fragments from the region that had arrived before
  public record Link(
      long sending, long receiving, long sendRate, long receiveRate, long sentAgain) {
    /// Nothing measured yet.
    public static final Link NONE = new Link(0, 0, 0, 0, 0);
  }

  /// @param count since the study began
  /// @param recent since a message of the region was last taken into the log
  /// @param first of those
  /// @param last of all
  public record Refused(long count, long recent, long first, long last) {}

  /// What is wrong with a region, for people to act on; [Diagnosis] finds it.
  ///
  /// @param code what
  /// @param since when; 0 if unknown or beside the point
  /// @param values numbers to say it with; which ones stands with each [Code]
  /// @param reason for [Code#REFUSED] the name of the reason, for [Code#REVOKED] the operator's
  ///     words, for [Code#SUSPENDED] and [Code#LEFT_OUT] the word of the
  ///     [org.dure.federation.log.DeltaVerdict], for [Code#PART_LEFT_OUT] what was wrong; else
  ///     empty
  public record Concern(Code code, long since, Map<String, Double> values, String reason) {
    /// Everything that can be wrong with a region, most important first.
    public enum Code {
      /// The operator ended its key.
      REVOKED,
      /// `count` messages or chunks were turned away for `reason` since the last that was taken.
      REFUSED,
      /// Its deltas are left out until round `round`, since they were left out again and again.
      SUSPENDED,
      /// Of its last three deltas `count` were left out of their merges.
      LEFT_OUT,
      /// Its folder is older than what the hub has of it, or there are two of it.
      SET_BACK,
      /// It goes: another round would tell more of its documents than its site allows.
      BUDGET_SPENT,
      /// It pauses until there is room on its disk.
      DISK_FULL,
      /// Its certificate has ended, `days` ago.
      CERTIFICATE_ENDED,
      /// It has not been heard for `seconds`, since round `round`.
      ABSENT,
      /// It has never been heard, `seconds` after the study began.
      NEVER_SEEN,
      /// It is in no secret sum: it waits for a second newcomer.
      OUT_OF_SUM,
      /// Of its last three deltas `count` were longer than the study lets them be, and were cut.
      CLIPPED,
      /// The common preparation was made without its part.
      PART_LEFT_OUT,
      /// Transfers take the `share` of its round, which is `times` the median.
      SLOW_LINK,
      /// Its round takes `times` the median: `seconds` beside `median`.
      SLOW,
      /// It is late by `rounds` rounds.
      LATE,
      /// Its delta points away from the others: the `cosine`, mean of its last three.
      AGAINST,
      /// Its loss rises: `loss`, mean of its last three, above `best`.
      LOSS_RISES,
      /// It claimed the share `claimed` of a merge and was given `share`.
      OVER_CAP,
      /// Its certificate ends in `days`.
      CERTIFICATE_ENDS;

      /// Whether the region takes no part in the study because of it.
      public boolean isSevere() {
        return compareTo(NEVER_SEEN) <= 0;
      }
    }
  }

  /// @param merged null while the round is open
  /// @param contributions by region name
  public record Round(
      int number, long opened, @Nullable Long merged, Map<String, Contribution> contributions) {}

  /// @param weight in the merge, e.g. tokens, as the region claims
  /// @param metrics as the region reported them, e.g. `loss` (nats per token), `bitsPerByte`
  /// @param arrived when it was complete
  /// @param staleness how many rounds before this one it started
  /// @param norm of the delta, root of the sum of squares
  /// @param share that it got in the merge, 0 to 1; null while the round is open
  /// @param cosine to the merged delta, null while the round is open
  /// @param verdict word of the [org.dure.federation.log.DeltaVerdict]; null while the round is
  ///     open
  public record Contribution(
      long weight,
      Map<String, Double> metrics,
      long arrived,
      int staleness,
      double norm,
      @Nullable Double share,
      @Nullable Double cosine,
      @Nullable String verdict) {}

  /// @param items how many
  public record Total(
      String region, Direction direction, TrafficKind kind, long items, long bytes) {}

  /// @param round 0 for what belongs to none
  /// @param items how many
  public record Crossing(
      String region, int round, Direction direction, TrafficKind kind, long items, long bytes) {}

  /// Share of its planned local work that the region has done, 0 to 1. From one picture to the next
  /// it does not become less, unless the region lost what it had done of a round and begins that
  /// again.
  public double shareDone(Region region) {
    return switch (progress.phase) {
      case WAITING, PREPARING -> 0;
      case TRAINING ->
          progress.rounds <= 0
              ? 0
              : Math.clamp(
                  (Math.max(0, progress.round - 1) + shareOfRound(region)) / progress.rounds, 0, 1);
      case MEASURING, FINISHED -> 1;
    };
  }

  /// What the region has done of the open round. Where it trains a twin too, that is the second
  /// half, and what follows training adds nothing.
  private double shareOfRound(Region region) {
    if (!history.isEmpty()
        && history.getLast().number() == progress.round
        && history.getLast().contributions().containsKey(region.name())) {
      return 1;
    }
    if (region.activity.round != progress.round) {
      return 0;
    }
    return switch (region.activity.doing) {
      case TRAINING -> stepsOfRound(region) / (trainsTwin(region) ? 2 : 1);
      case TRAINING_TWIN -> (1 + stepsOfRound(region)) / 2;
      case WORKING -> stepsOfRound(region);
      case SAVING, SENDING, WAITING -> 1;
      case NONE, STARTING, PREPARING, TRAINING_ON, RECEIVING -> 0;
      case DISK_FULL, SET_BACK, GOING_BACK, BUDGET_SPENT -> 0;
      case EVALUATING, EVALUATING_START, EVALUATING_TWIN, MEASURING -> 0;
    };
  }

  /// Steps are counted over the whole study or over the round, as the workload likes: the total
  /// tells which.
  private double stepsOfRound(Region region) {
    double done = region.activity.done;
    long total = region.activity.total;
    int steps = progress.stepsPerRound;
    if (total <= 0 || steps <= 0) {
      return 0;
    }
    return total > steps
        ? Math.clamp(
            (done - (progress.round - progress.undone.rounds() - 1.0) * steps) / steps, 0, 1)
        : Math.clamp(done / total, 0, 1);
  }

  /// Until a contribution tells, it is taken to.
  private boolean trainsTwin(Region region) {
    return history.reversed().stream()
        .map(round -> round.contributions().get(region.name()))
        .filter(Objects::nonNull)
        .findFirst()
        .map(newest -> newest.metrics().containsKey("twinLoss"))
        .orElse(true);
  }

  /// The same picture with only the newest `most` rounds in [#history] and [Traffic#crossings].
  public StudyStatus newest(int most) {
    if (history.size() <= most) {
      return this;
    }
    int from = Math.max(0, history.size() - Math.max(0, most));
    int first = from == history.size() ? Integer.MAX_VALUE : history.get(from).number();
    List<Crossing> since =
        traffic.crossings.stream().filter(crossing -> crossing.round() >= first).toList();
    return with(
        progress,
        regions,
        history.subList(from, history.size()),
        new Traffic(traffic.totals, since));
  }

  /// The same picture with other regions.
  StudyStatus with(List<Region> others) {
    return with(progress, others, history, traffic);
  }

  /// The same picture without what changes by the mere passing of time: two such pictures are equal
  /// if nothing happened between them.
  public StudyStatus still() {
    return with(progress.at(0), regions.stream().map(Region::still).toList(), history, traffic);
  }

  private StudyStatus with(
      Progress place, List<Region> others, List<Round> someRounds, Traffic someTraffic) {
    return new StudyStatus(
        study, digest, sharing, place, membership, trouble, load, others, someRounds, someTraffic);
  }
}
