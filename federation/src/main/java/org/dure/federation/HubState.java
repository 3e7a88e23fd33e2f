package org.dure.federation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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
  /// A contribution to a round.
  record Accepted(Message.Contribution message, long time, double norm) {}

  /// A round that has been opened; `merged` is null while it is open.
  static final class Round {
    final int number;
    final long opened;
    final SortedMap<String, Accepted> contributions = new TreeMap<>();
    Event.@Nullable Merged merged;
    long mergedAt;

    /// When the quorum was reached; 0 before.
    long quorumAt;

    Round(int number, long opened) {
      this.number = number;
      this.opened = opened;
    }

    Accepted contribution(String region) {
      Accepted accepted = contributions.get(region);
      if (accepted == null) {
        throw new DureException(
            ErrorCode.INTERNAL, "round %d has nothing of %s".formatted(number, region));
      }
      return accepted;
    }
  }

  /// What the log knows of a region.
  static final class Member {
    /// BCP 47 code.
    final String language;

    @Nullable String key;
    boolean joined;
    long sequence;
    long weight;

    /// How many contributions were taken, and into which round the newest.
    int contributed;

    int newest;

    /// Digest of the part of the preparation; empty if none.
    String part = "";

    @Nullable Map<String, Double> scores;

    /// Event number by the digest of the message.
    final Map<String, Long> receipts = new HashMap<>();

    Member(String language) {
      this.language = language;
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
  private String common = "";
  private String weights = "";
  private String momentum = "";

  /// @param observer told every transition before it happens
  HubState(Study study, BiConsumer<Stage, Stage.Happening> observer) {
    this.study = study;
    this.observer = observer;
    study.regions().forEach(region -> members.put(region.name(), new Member(region.language())));
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
      case Event.Admitted event -> member(event.region()).key = event.key();
      case Event.Received event -> applyMessage(logged, event);
      case Event.Prepared event -> {
        happen(Stage.Happening.PREPARED);
        common = event.common();
        openRound(logged.time());
      }
      case Event.Merged event -> applyMerge(logged.time(), event);
      case Event.Enrolled event -> applyEnrolled(event);
      case Event.Revoked event -> revoked.put(event.key(), event.reason());
    }
    number = logged.number();
    head = logged.digest();
  }

  private void applyEnrolled(Event.Enrolled event) {
    if (members.putIfAbsent(event.region(), new Member(event.language())) != null) {
      throw new DureException(
          ErrorCode.INTERNAL, "%s was enrolled twice".formatted(event.region()));
    }
  }

  private void applyMessage(Event.Logged logged, Event.Received event) {
    byte[] bytes = event.bytes();
    Message message = Message.parse(bytes);
    Member member = member(message.region());
    switch (message) {
      case Message.Hello hello -> applyHello(logged.time(), member);
      case Message.Activity activity ->
          throw new DureException(ErrorCode.INTERNAL, "an activity was logged");
      case Message.Preparation preparation -> {
        happen(Stage.Happening.PART);
        member.part = preparation.parcel();
      }
      case Message.Contribution contribution ->
          applyContribution(
              member, new Accepted(contribution, logged.time(), event.norm()), logged.time());
      case Message.Scores scores -> {
        member.scores = scores.scores();
        boolean all = members.values().stream().allMatch(other -> other.scores != null);
        happen(all ? Stage.Happening.ALL_SCORED : Stage.Happening.SCORED);
      }
    }
    if (message.sequence() > 0) {
      member.sequence = message.sequence();
      member.receipts.put(Sha256.of(bytes), logged.number());
    }
  }

  private void applyHello(long time, Member member) {
    member.joined = true;
    long joined = members.values().stream().filter(other -> other.joined).count();
    if (stage != Stage.WAITING || joined < needed()) {
      happen(Stage.Happening.JOINED);
    } else if (opened().prepares()) {
      happen(Stage.Happening.ENOUGH_TO_PREPARE);
    } else {
      happen(Stage.Happening.ENOUGH_TO_TRAIN);
      openRound(time);
    }
  }

  /// A common preparation needs everyone, since nobody could be added to it later.
  private int needed() {
    return opened().prepares() ? members.size() : study.quorum();
  }

  private void applyContribution(Member member, Accepted accepted, long time) {
    Round round = round();
    boolean quorum = round.contributions.size() + 1 >= study.quorum();
    happen(quorum ? Stage.Happening.QUORUM : Stage.Happening.CONTRIBUTED);
    round.contributions.put(accepted.message.region(), accepted);
    member.weight += accepted.message.weight();
    member.contributed++;
    member.newest = round.number;
    if (quorum && round.quorumAt == 0) {
      round.quorumAt = time;
    }
  }

  private void applyMerge(long time, Event.Merged event) {
    Round round = round();
    if (round.number != event.round()
        || !round.contributions.keySet().equals(event.parts().keySet())) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "the merge of round %d with %s: the log has contributions of %s to round %d"
              .formatted(
                  event.round(),
                  event.parts().keySet(),
                  round.contributions.keySet(),
                  round.number));
    }
    boolean finished = event.round() == study.rounds();
    happen(finished ? Stage.Happening.LAST_MERGED : Stage.Happening.MERGED);
    round.merged = event;
    round.mergedAt = time;
    weights = event.weights();
    momentum = event.momentum();
    if (!finished) {
      openRound(time);
    }
  }

  private void openRound(long time) {
    rounds.add(new Round(rounds.size() + 1, time));
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
    return rounds.size();
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
      case PREPARING -> !member.part.isEmpty();
      case COLLECTING, GRACE -> round().contributions.containsKey(region);
      case MEASURING, FINISHED -> member.scores != null;
    };
  }
}
