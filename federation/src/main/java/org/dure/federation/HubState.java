package org.dure.federation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.jspecify.annotations.Nullable;

/// What the log adds up to: a function of the events alone, which [Hub], the offline verifier and
/// the status pages share.
///
/// [#apply] is the only way to change it. It trusts its events to be well formed, but not to be
/// possible: what [Stage] does not allow is an error. Not thread-safe.
final class HubState {
  /// How many rounds are remembered; the log has the older ones.
  static final int MOST_ROUNDS = 1_000;

  /// A contribution to a round.
  ///
  /// @param staleness how many rounds before this one it started
  record Accepted(Message.Contribution message, long time, double norm, int staleness) {}

  /// A round that has been opened; `merged` is null while it is open.
  static final class Round {
    final int number;
    final long opened;

    /// Digest of the list of the weights that it starts from.
    final String weights;

    final SortedMap<String, Accepted> contributions = new TreeMap<>();
    Event.@Nullable Merged merged;
    long mergedAt;

    /// When the quorum was reached; 0 before.
    long quorumAt;

    Round(int number, long opened, String weights) {
      this.number = number;
      this.opened = opened;
      this.weights = weights;
    }

    Accepted contribution(String region) {
      Accepted accepted = contributions.get(region);
      if (accepted == null) {
        throw new DureException(
            ErrorCode.INTERNAL, "round %d has nothing of %s".formatted(number, region));
      }
      return accepted;
    }

    /// What each region's share of the merge is in proportion to, before the cap: its weight,
    /// discounted by 1/sqrt(1 + staleness) (Nguyen et al. 2022, FedBuff, arXiv 2106.06639).
    SortedMap<String, Double> claims() {
      SortedMap<String, Double> claims = new TreeMap<>();
      contributions.forEach(
          (region, accepted) ->
              claims.put(region, accepted.message.weight() / Math.sqrt(1.0 + accepted.staleness)));
      return claims;
    }
  }

  /// What the log knows of a region.
  static final class Member {
    /// BCP 47 code.
    final String language;

    /// Whether the study file names it.
    final boolean founder;

    @Nullable String key;
    boolean joined;

    /// Whether its key was revoked and it has not come with another since.
    boolean out;

    long sequence;

    /// Digest of its last counted message, and the event that it is in.
    String lastMessage = "";

    long lastNumber;

    /// Sum of its contributions' weights.
    long weight;

    /// How many contributions were taken, and into which round the newest.
    int contributed;

    int newest;

    /// The newest round that a counted contribution started from, and its delta.
    int counted;

    String countedDelta = "";

    /// When it began to work on what is expected of it next; 0 where unknown.
    long startedAt;

    /// How long its last contribution took, from then to its arrival; 0 where unknown.
    long took;

    /// Whether it was away since then: its next contribution does not tell how long it takes.
    boolean interrupted;

    /// How much of its export log the hub has heard of.
    long exports;

    String exportsHead = Event.NOTHING;

    /// What was last noted of its folder being set back.
    String noted = "";

    /// Digest of the part of the preparation; empty if none.
    String part = "";

    @Nullable Map<String, Double> scores;

    Member(String language, boolean founder) {
      this.language = language;
      this.founder = founder;
    }

    /// Whether nobody has to wait for it to come.
    boolean hasCome() {
      return joined || !isExpected();
    }

    /// Whether the study counts on it: a region that was enrolled later only once it has come.
    boolean isExpected() {
      return !out && (founder || joined);
    }
  }

  private final Study study;
  private final Map<String, Member> members = new LinkedHashMap<>();

  /// The operator's reason by the key that was taken back.
  private final Map<String, String> revoked = new HashMap<>();
  private final List<Round> rounds = new ArrayList<>();
  private final BiConsumer<Stage, Stage.Happening> observer;
  private Stage stage = Stage.WAITING;
  private Event.@Nullable Opened opened;
  private @Nullable TensorLayout layout;
  private long openedAt;
  private long number;
  private String head = Event.NOTHING;
  private long epoch;
  private SortedSet<String> present = new TreeSet<>();
  private int merges;
  private String common = "";
  private String weights = "";
  private String momentum = "";

  /// @param observer told every transition before it happens
  HubState(Study study, BiConsumer<Stage, Stage.Happening> observer) {
    this.study = study;
    this.observer = observer;
    study
        .regions()
        .forEach(region -> members.put(region.name(), new Member(region.language(), true)));
  }

  /// Takes the next event.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if it is impossible now
  void apply(Event.Logged logged) {
    if (logged.number() != number + 1) {
      throw new DureException(
          ErrorCode.INTERNAL, "event %d was to follow event %d".formatted(logged.number(), number));
    }
    switch (logged.event()) {
      case Event.Opened event -> {
        opened = event;
        openedAt = logged.time();
        layout = new TensorLayout(event.tensors());
        weights = event.weights();
      }
      case Event.Admitted event -> {
        Member member = member(event.region());
        member.key = event.key();
        member.out = false;
      }
      case Event.Received event -> applyMessage(logged, event);
      case Event.Prepared event -> {
        happen(Stage.Happening.PREPARED);
        common = event.common();
        openRound(logged.time());
      }
      case Event.Merged event -> applyMerge(logged.time(), event);
      case Event.Enrolled event -> applyEnrolled(event);
      case Event.Revoked event -> applyRevoked(logged.time(), event);
      case Event.Membership event -> applyMembership(logged.time(), event);
      case Event.SetBack event -> applySetBack(event);
    }
    number = logged.number();
    head = logged.digest();
  }

  private void applyEnrolled(Event.Enrolled event) {
    Member before = members.putIfAbsent(event.region(), new Member(event.language(), false));
    if (before != null) {
      throw impossible("%s was enrolled twice", event.region());
    }
  }

  /// A region that has only this key is counted on no more, which may be what the others waited
  /// for.
  private void applyRevoked(long time, Event.Revoked event) {
    Member member = member(event.region());
    revoked.put(event.key(), event.reason());
    if (member.key != null && !member.key.equals(event.key())) {
      return;
    }
    member.out = true;
    switch (stage) {
      case WAITING -> begin(time);
      case COLLECTING -> {
        if (round().contributions.size() >= quorum()) {
          happen(Stage.Happening.QUORUM);
          round().quorumAt = time;
        }
      }
      case MEASURING -> {
        if (allScored()) {
          happen(Stage.Happening.ALL_SCORED);
        }
      }
      case PREPARING, GRACE, FINISHED -> {
        // The hub's next look at the clock goes on without it.
      }
    }
  }

  private void applyMembership(long time, Event.Membership event) {
    if (event.epoch() != epoch + 1) {
      throw impossible("epoch %d was to follow epoch %d", event.epoch(), epoch);
    }
    for (String region : event.present()) {
      if (!present.contains(region)) {
        Member member = member(region);
        member.startedAt = time;
        member.interrupted = true;
      }
    }
    epoch = event.epoch();
    present = new TreeSet<>(event.present());
  }

  private void applySetBack(Event.SetBack event) {
    Member member = member(event.region());
    if (event.what().equals(Event.SetBack.EXPORTS)) {
      member.exports = event.told();
      member.exportsHead = event.head();
    } else {
      member.noted = event.known() + " " + event.told();
    }
  }

  private void applyMessage(Event.Logged logged, Event.Received event) {
    byte[] bytes = event.bytes();
    Message message = Message.parse(bytes);
    Member member = member(message.region());
    switch (message) {
      case Message.Hello hello -> {
        member.joined = true;
        if (stage == Stage.WAITING) {
          begin(logged.time());
        } else {
          happen(Stage.Happening.JOINED);
        }
      }
      case Message.Activity activity -> throw impossible("an activity was logged");
      case Message.Preparation preparation -> {
        happen(Stage.Happening.PART);
        member.part = preparation.parcel();
      }
      case Message.Contribution contribution ->
          applyContribution(member, contribution, logged.time(), event.norm());
      case Message.Scores scores -> {
        member.scores = scores.scores();
        happen(allScored() ? Stage.Happening.ALL_SCORED : Stage.Happening.SCORED);
      }
    }
    if (message.sequence() > 0) {
      member.sequence = message.sequence();
      member.lastMessage = Sha256.of(bytes);
      member.lastNumber = logged.number();
    }
  }

  /// Begins if enough have joined. A common preparation needs everyone of the study file, since
  /// nobody could be added to it later.
  private void begin(long time) {
    long joined = members.values().stream().filter(member -> member.joined && !member.out).count();
    boolean all = members.values().stream().allMatch(Member::hasCome);
    if (opened().prepares() ? !all || joined == 0 : joined < quorum()) {
      happen(Stage.Happening.JOINED);
    } else if (opened().prepares()) {
      happen(Stage.Happening.ENOUGH_TO_PREPARE);
    } else {
      happen(Stage.Happening.ENOUGH_TO_TRAIN);
      openRound(time);
    }
  }

  private boolean allScored() {
    return members.values().stream()
        .allMatch(member -> member.scores != null || !member.isExpected());
  }

  /// Contributions without which no round is merged: as many as the study says, or as many regions
  /// as there are if the operator has taken out more.
  int quorum() {
    long expected = members.values().stream().filter(Member::isExpected).count();
    return (int) Math.max(1, Math.min(study.quorum(), expected));
  }

  private void applyContribution(
      Member member, Message.Contribution contribution, long time, double norm) {
    Round round = round();
    int staleness = round.number - contribution.round();
    boolean quorum = round.contributions.size() + 1 >= quorum();
    happen(quorum ? Stage.Happening.QUORUM : Stage.Happening.CONTRIBUTED);
    round.contributions.put(
        contribution.region(), new Accepted(contribution, time, norm, staleness));
    member.contributed++;
    member.newest = round.number;
    member.weight += contribution.weight();
    member.counted = contribution.round();
    member.countedDelta = contribution.delta();
    member.exports = contribution.exports();
    member.exportsHead = contribution.exportsHead();
    if (!member.interrupted || member.took == 0) {
      member.took = Math.max(0, member.startedAt == 0 ? 0 : time - member.startedAt);
    }
    member.interrupted = false;
    member.startedAt = staleness == 0 ? 0 : time;
    if (quorum && round.quorumAt == 0) {
      round.quorumAt = time;
    }
  }

  private void applyMerge(long time, Event.Merged event) {
    Round round = round();
    if (round.number != event.round()
        || !round.contributions.keySet().equals(event.parts().keySet())) {
      throw impossible(
          "the merge of round %d with %s: the log has contributions of %s to round %d",
          event.round(), event.parts().keySet(), round.contributions.keySet(), round.number);
    }
    boolean finished = event.round() == study.rounds();
    happen(finished ? Stage.Happening.LAST_MERGED : Stage.Happening.MERGED);
    round.merged = event;
    round.mergedAt = time;
    merges++;
    weights = event.weights();
    momentum = event.momentum();
    if (!finished) {
      openRound(time);
    }
  }

  private void openRound(long time) {
    rounds.add(new Round(roundNumber() + 1, time, weights));
    if (rounds.size() > MOST_ROUNDS) {
      rounds.removeFirst();
    }
    for (Member member : members.values()) {
      if (member.startedAt == 0 || roundNumber() == 1) {
        member.startedAt = time;
      }
    }
  }

  private static DureException impossible(String what, @Nullable Object... values) {
    return new DureException(ErrorCode.INTERNAL, what.formatted(values));
  }

  private void happen(Stage.Happening happening) {
    observer.accept(stage, happening);
    stage = stage.next(happening);
  }

  Study study() {
    return study;
  }

  Stage stage() {
    return stage;
  }

  boolean isOpened() {
    return opened != null;
  }

  Event.Opened opened() {
    if (opened == null) {
      throw new DureException(ErrorCode.INTERNAL, "the study has not been opened");
    }
    return opened;
  }

  TensorLayout layout() {
    if (layout == null) {
      throw new DureException(ErrorCode.INTERNAL, "the study has not been opened");
    }
    return layout;
  }

  long openedAt() {
    return openedAt;
  }

  /// Number of the last event.
  long number() {
    return number;
  }

  /// Digest of the last event.
  String head() {
    return head;
  }

  /// Digest of the list of the common preparation's result; empty if there is none yet.
  String common() {
    return common;
  }

  /// Digest of the list of the weights after the last merge.
  String weights() {
    return weights;
  }

  /// Digest of the list of the momentum after the last merge; empty before the first.
  String momentum() {
    return momentum;
  }

  /// The last [#MOST_ROUNDS] rounds, oldest first.
  List<Round> rounds() {
    return Collections.unmodifiableList(rounds);
  }

  /// The newest round.
  Round round() {
    if (rounds.isEmpty()) {
      throw new DureException(ErrorCode.INTERNAL, "no round has been opened");
    }
    return rounds.getLast();
  }

  /// Number of the newest round; 0 before the first.
  int roundNumber() {
    return rounds.isEmpty() ? 0 : rounds.getLast().number;
  }

  /// A round that is remembered.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if it is not
  Round round(int round) {
    int index = rounds.size() - 1 - (roundNumber() - round);
    if (index < 0 || index >= rounds.size()) {
      throw impossible("round %d is not remembered: the newest is %d", round, roundNumber());
    }
    return rounds.get(index);
  }

  /// Digests of the lists of the parts of the common preparation, by region.
  SortedMap<String, String> parts() {
    SortedMap<String, String> parts = new TreeMap<>();
    members.forEach(
        (region, member) -> {
          if (!member.part.isEmpty()) {
            parts.put(region, member.part);
          }
        });
    return parts;
  }

  /// How many rounds were merged.
  int merges() {
    return merges;
  }

  /// How often who is present has changed.
  long epoch() {
    return epoch;
  }

  /// The regions that are present, by name.
  SortedSet<String> present() {
    return Collections.unmodifiableSortedSet(present);
  }

  /// How long the open round waits for others after its quorum, in milliseconds.
  long window() {
    Round round = round();
    double share = study.graceShare() * Math.max(0, round.quorumAt - round.opened);
    return (long) Math.min(1000.0 * study.graceSeconds(), share);
  }

  /// The regions that the open round still waits for, within the window: present, without a
  /// contribution to it, and expected in it by how long their last one took. One that is overdue by
  /// more than the window is late for a reason that nobody knows, and would cost the others a
  /// window in every round; nor is one that has never contributed known, but in the round in which
  /// it began.
  SortedSet<String> awaited() {
    Round round = round();
    long window = window();
    SortedSet<String> awaited = new TreeSet<>(present);
    awaited.removeAll(round.contributions.keySet());
    awaited.removeIf(
        region -> {
          Member member = member(region);
          long expected = member.startedAt + member.took;
          boolean inTime =
              member.took == 0
                  ? member.startedAt >= round.opened
                  : Math.abs(expected - round.quorumAt) <= window;
          return member.out || !inTime;
        });
    return awaited;
  }

  Map<String, Member> members() {
    return Collections.unmodifiableMap(members);
  }

  /// Whether the operator has taken back this key, base64.
  boolean isRevoked(String key) {
    return revoked.containsKey(key);
  }

  /// Why the operator has taken back this key, never empty then; empty if that was not done.
  String revocation(String key) {
    String reason = revoked.get(key);
    return reason == null ? "" : reason.isBlank() ? "revoked" : reason;
  }

  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED]
  Member member(String region) {
    Member member = members.get(region);
    if (member == null) {
      throw new DureException(
          ErrorCode.PEER_NOT_ADMITTED,
          "region \"%s\": the study admits %s".formatted(region, members.keySet()));
    }
    return member;
  }

  /// Whether the region has done its part of the present stage.
  boolean delivered(String region) {
    Member member = member(region);
    return switch (stage) {
      case WAITING -> member.joined;
      case PREPARING -> !member.part.isEmpty() || !member.founder;
      case COLLECTING, GRACE -> round().contributions.containsKey(region);
      case MEASURING -> member.scores != null;
      case FINISHED -> true;
    };
  }
}
