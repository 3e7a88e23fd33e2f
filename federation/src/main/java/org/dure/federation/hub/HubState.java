package org.dure.federation.hub;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.merge.Judge;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.secret.SecretRound;
import org.dure.federation.secret.SecretSteps;
import org.jspecify.annotations.Nullable;

/// What the log adds up to: a function of the events alone, which [Hub], the offline verifier and
/// the status pages share.
///
/// [#apply] is the only way to change it. It trusts its events to be well formed, but not to be
/// possible: what [StudyStage] does not allow is an error. Not thread-safe.
final class HubState {
  private final Study study;
  private final Map<String, MemberState> members = new LinkedHashMap<>();

  /// The operator's reason by the key that was taken back.
  private final Map<String, String> revoked = new HashMap<>();
  private final Rounds rounds = new Rounds();
  private final CircleStandings circles;
  private final BiConsumer<StudyStage, StudyStage.Happening> observer;
  private StudyStage stage = StudyStage.WAITING;
  private Event.@Nullable Opened opened;
  private @Nullable TensorLayout layout;
  private long openedAt;
  private long number;
  private String head = Sha256.NONE;
  private long epoch;
  private SortedSet<String> present = new TreeSet<>();
  private Event.@Nullable Prepared prepared;

  /// @param observer told every transition before it happens
  HubState(Study study, BiConsumer<StudyStage, StudyStage.Happening> observer) {
    this.study = study;
    this.observer = observer;
    this.circles = new CircleStandings(study, members, rounds);
    study.regions().forEach(region -> members.put(region.name(), new MemberState(region, true)));
  }

  /// Takes the next event.
  ///
  /// @param signed the message in it, as it came in or as [Event#signedMessage] read it
  /// @throws DureException with [ErrorCode#INTERNAL] if it is impossible now
  void apply(Event.Logged logged, Optional<SignedMessage> signed) {
    if (logged.number() != number + 1) {
      throw new DureException(
          ErrorCode.INTERNAL, "event %d was to follow event %d".formatted(logged.number(), number));
    }
    switch (logged.event()) {
      case Event.Opened event -> {
        opened = event;
        openedAt = logged.time();
        layout = new TensorLayout(event.tensors());
        circles.begin(event.weights());
      }
      case Event.Admitted event -> {
        member(event.region()).admit(event, logged.time());
        if (stage == StudyStage.WAITING && member(event.region()).joined) {
          begin(logged.time());
        }
      }
      case Event.Received event -> applyMessage(logged, signed.orElseThrow(), event.norm());
      case Event.Prepared event -> {
        happen(StudyStage.Happening.PREPARED);
        prepared = event;
        members.forEach((region, member) -> member.unprepared = common(region).isEmpty());
        openRound(logged.time());
      }
      case Event.Merged event -> applyMerge(logged.time(), event);
      case Event.Undone event -> applyUndone(logged.time(), event);
      case Event.Enrolled event -> applyEnrolled(event);
      case Event.Revoked event -> applyRevoked(logged.time(), event);
      case Event.Membership event -> applyMembership(logged.time(), event);
      case Event.SetBack event -> applySetBack(logged.time(), event);
      case Event.StepClosed event -> applyStepClosed(logged.time(), event);
      case Event.Dropped event -> applyDropped(logged.time(), event);
    }
    number = logged.number();
    head = logged.digest();
  }

  private void applyEnrolled(Event.Enrolled event) {
    Study.Region region = new Study.Region(event.region(), event.language());
    if (members.putIfAbsent(event.region(), new MemberState(region, false)) != null) {
      throw impossible("%s was enrolled twice", event.region());
    }
    if (stage != StudyStage.FINISHED) {
      circles.enrol(event.region());
    }
  }

  /// A region that has only this key is counted on no more, which may be what the others waited
  /// for.
  private void applyRevoked(long time, Event.Revoked event) {
    MemberState member = member(event.region());
    revoked.put(event.key(), event.reason());
    if (member.key != null && !member.key.equals(event.key())) {
      return;
    }
    member.out = true;
    member.revocation = event.reason().isBlank() ? "revoked" : event.reason();
    switch (stage) {
      case WAITING -> begin(time);
      case COLLECTING -> {
        SecretRound secret = round().secret;
        if (secret != null) {
          secret.shutOut(event.region());
          if (secret.step() == SecretStep.DELTAS) {
            round().contributions.remove(event.region());
          }
        } else if (round().contributions.size() >= quorum() && circles.bringsTogether()) {
          happen(StudyStage.Happening.QUORUM);
          round().quorumAt = time;
        }
      }
      case MEASURING -> {
        if (allScored()) {
          happen(StudyStage.Happening.ALL_SCORED);
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
        member(region).arrives(time);
      }
    }
    epoch = event.epoch();
    present = new TreeSet<>(event.present());
  }

  private void applySetBack(long time, Event.SetBack event) {
    MemberState member = member(event.region());
    member.notes.use(time);
    if (event.what().equals(Event.SetBack.EXPORTS)) {
      member.exports = event.told();
      member.exportsHead = event.head();
    } else {
      member.noted = event.known() + " " + event.told();
      member.setBackAt = time;
    }
  }

  private void applyMessage(Event.Logged logged, SignedMessage signed, double norm) {
    Message message = signed.message();
    MemberState member = member(message.region());
    switch (message) {
      case Message.Hello hello -> {
        member.joined = true;
        if (stage == StudyStage.WAITING) {
          begin(logged.time());
        } else {
          happen(StudyStage.Happening.JOINED);
        }
      }
      case Message.Activity activity -> throw impossible("an activity was logged");
      case Message.Preparation preparation -> {
        happen(StudyStage.Happening.PART);
        member.part = preparation.parcel();
      }
      case Message.Contribution contribution ->
          applyContribution(member, contribution, logged.time(), norm);
      case Message.Spending spending -> {
        member.spentSteps = spending.spent().steps();
        member.spentDelta = spending.delta();
        member.spendings++;
      }
      case Message.Scores scores -> {
        member.scores = scores.scores();
        happen(allScored() ? StudyStage.Happening.ALL_SCORED : StudyStage.Happening.SCORED);
      }
      case MaskingMessage masking -> {
        SecretRound secret = secret();
        secret.take(masking, signed, logged.time());
        happen(
            secret.isRevealed() ? StudyStage.Happening.QUORUM : StudyStage.Happening.CONTRIBUTED);
      }
    }
    if (message.sequence() > 0) {
      member.sequence = message.sequence();
      member.lastMessage = signed.digest();
      member.lastNumber = logged.number();
    }
  }

  /// Begins if enough have joined.
  private void begin(long time) {
    long joined = members.values().stream().filter(member -> member.joined && !member.out).count();
    if (joined == 0 || joined < toBegin()) {
      happen(StudyStage.Happening.JOINED);
    } else if (opened().prepares()) {
      happen(StudyStage.Happening.ENOUGH_TO_PREPARE);
    } else {
      happen(StudyStage.Happening.ENOUGH_TO_TRAIN);
      openRound(time);
    }
  }

  /// Regions that must have come before the study begins. A common preparation needs everyone of
  /// the study file, since nobody could be added to it later; so does a secret sum, whose roster
  /// takes in no single one later.
  int toBegin() {
    long expected = members.values().stream().filter(MemberState::isExpected).count();
    boolean everyone = opened().prepares() || study.secret().isPresent();
    return everyone ? (int) Math.max(expected, opened().prepares() ? 1 : quorum()) : quorum();
  }

  private boolean allScored() {
    return members.values().stream()
        .allMatch(member -> member.scores != null || !member.isExpected());
  }

  /// Contributions without which no round is merged: as many as the study says, or as many regions
  /// as there are if the operator has taken out more; but not a single one where the study says
  /// several, as the other regions would see that one's delta in the merge.
  int quorum() {
    long expected = members.values().stream().filter(MemberState::isExpected).count();
    int agreed = study.patience().quorum();
    return (int) Math.max(study.leastInMerge(), Math.min(agreed, expected));
  }

  private void applyContribution(
      MemberState member, Message.Contribution contribution, long time, double norm) {
    RoundState round = round();
    int staleness = round.number - contribution.round();
    SecretRound secret = round.secret;
    round.contributions.put(
        contribution.region(), new RoundState.Accepted(contribution, time, norm, staleness));
    boolean quorum =
        secret == null && round.contributions.size() >= quorum() && circles.bringsTogether();
    happen(quorum ? StudyStage.Happening.QUORUM : StudyStage.Happening.CONTRIBUTED);
    member.contributes(contribution, round, time);
    if (secret != null) {
      secret.contributes(contribution.region(), time);
    }
    if (quorum && round.quorumAt == 0) {
      round.quorumAt = time;
    }
  }

  private void applyMerge(long time, Event.Merged event) {
    RoundState round = round();
    if (round.number != event.round() || !circles.fits(event)) {
      throw impossible(
          "the merge of round %d with %s: the log has contributions of %s to round %d",
          event.round(), event.parts().keySet(), round.contributions.keySet(), round.number);
    }
    boolean finished = takenBack().place(event.round()) == study.schedule().rounds();
    happen(finished ? StudyStage.Happening.LAST_MERGED : StudyStage.Happening.MERGED);
    round.merged = event;
    round.mergedAt = time;
    judge(round);
    circles.stand(event.standings());
    if (round.secret != null) {
      round.secret.end();
    }
    if (!finished) {
      openRound(time);
    }
  }

  /// What a merge that stands says of those in it.
  private void judge(RoundState round) {
    Event.Merged event = round.merged;
    if (event != null && !round.takenBack) {
      int place = takenBack().place(round.number);
      int suspendRounds = study.merge().judging().suspendRounds();
      event
          .circles()
          .values()
          .forEach(
              circle ->
                  circle
                      .parts()
                      .forEach(
                          (region, part) -> {
                            DeltaVerdict verdict = part.judgement().verdict();
                            if (!isTooLongOfTwo(verdict, circle)) {
                              member(region).judged(verdict, place, suspendRounds);
                            }
                          }));
    }
  }

  /// In a circle of two nobody else says what length is usual: being longer speaks against nobody.
  private boolean isTooLongOfTwo(DeltaVerdict verdict, Event.Circle circle) {
    return !study.schedule().circles().isOne()
        && circle.parts().size() < Judge.TELLING
        && verdict == DeltaVerdict.TOO_LONG;
  }

  private void applyStepClosed(long time, Event.StepClosed event) {
    SecretRound secret = secret();
    if (event.round() != roundNumber() || stage != StudyStage.COLLECTING || !secret.allows(event)) {
      throw impossible(
          "round %d closed the step %s with %s: round %d is at %s and has %s",
          event.round(),
          event.step(),
          event.members(),
          roundNumber(),
          secret.step(),
          secret.came());
    }
    secret.close(time);
  }

  /// The round counts no more, and the next one takes its place; unless so many were dropped that
  /// the study would not end.
  private void applyDropped(long time, Event.Dropped event) {
    SecretRound secret = secret();
    boolean finished = rounds.dropped() >= study.schedule().rounds();
    happen(finished ? StudyStage.Happening.LAST_DROPPED : StudyStage.Happening.DROPPED);
    rounds.drop(event, time);
    secret.end();
    members.values().forEach(member -> member.forgetRound(event.round()));
    if (!finished) {
      openRound(time);
    }
  }

  /// The open round's secret sum.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if it has none
  private SecretRound secret() {
    SecretRound secret = rounds.number() == 0 ? null : round().secret;
    if (secret == null) {
      throw impossible("a part of a secret sum, where there is none");
    }
    return secret;
  }

  private void forget(RoundState round) {
    Event.Merged event = round.merged;
    if (event != null && !round.takenBack) {
      event.parts().forEach((region, part) -> member(region).forget(part.judgement().verdict()));
    }
  }

  /// The study goes back to what it was after an earlier merge. Every region begins anew, so nobody
  /// is late by what was taken back, nor judged by it.
  private void applyUndone(long time, Event.Undone event) {
    happen(StudyStage.Happening.UNDONE);
    SecretRound secret = round().secret;
    if (secret != null) {
      secret.end();
    }
    rounds.newest().forEach(this::forget);
    rounds.takeBack(event, time);
    rounds.newest().forEach(this::judge);
    circles.stand(event.circles());
    members.values().forEach(member -> member.goesBack(event.base(), time));
    openRound(time);
  }

  private void openRound(long time) {
    SecretSteps.Members now = secretMembers();
    SortedSet<String> last = last();
    circles.narrow();
    rounds.open(
        time,
        circles.now(),
        study.secret().map(sum -> SecretRound.open(sum, last, now, time)).orElse(null));
    circles.roundOpened();
    for (MemberState member : members.values()) {
      if (member.startedAt == 0 || roundNumber() == 1) {
        member.startedAt = time;
      }
    }
  }

  /// The roster of the newest round, where its sum is secret.
  private SortedSet<String> last() {
    SecretRound secret = rounds.number() == 0 ? null : round().secret;
    return secret == null ? new TreeSet<>() : secret.roster();
  }

  /// Who there is for a secret sum.
  SecretSteps.Members secretMembers() {
    SortedSet<String> candidates = new TreeSet<>();
    SortedSet<String> out = new TreeSet<>();
    members.forEach(
        (name, member) -> {
          if (member.out) {
            out.add(name);
          } else if (member.joined) {
            candidates.add(name);
          }
        });
    return new SecretSteps.Members(candidates, out, present(), quorum());
  }

  private static DureException impossible(String what, @Nullable Object... values) {
    return new DureException(ErrorCode.INTERNAL, what.formatted(values));
  }

  private void happen(StudyStage.Happening happening) {
    observer.accept(stage, happening);
    stage = stage.next(happening);
  }

  Study study() {
    return study;
  }

  StudyStage stage() {
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

  /// Digest of the list of what a region's family has prepared; empty if there is none.
  String common(String region) {
    return prepared == null
        ? ""
        : prepared.common().getOrDefault(familyOf(member(region).region), "");
  }

  /// Whether the region's family has prepared, or still can: only founders give parts.
  boolean hasPrepared(String region) {
    if (prepared != null) {
      return !common(region).isEmpty();
    }
    String family = familyOf(member(region).region);
    return !opened().prepares()
        || members.values().stream()
            .anyMatch(member -> member.founder && familyOf(member.region).equals(family));
  }

  /// Digests of the lists of what all families have prepared.
  Collection<String> commons() {
    return prepared == null ? List.of() : prepared.common().values();
  }

  private String familyOf(Study.Region region) {
    return study.schedule().circles().family().of(region);
  }

  /// The families of all members.
  SortedMap<String, String> families() {
    SortedMap<String, String> families = new TreeMap<>();
    members.forEach((name, member) -> families.put(name, familyOf(member.region)));
    return families;
  }

  /// The common preparation; null if there is none yet.
  Event.@Nullable Prepared prepared() {
    return prepared;
  }

  /// Where the circles stand, and who is in which.
  CircleStandings circles() {
    return circles;
  }

  /// The last [Rounds#MOST] rounds, oldest first.
  List<RoundState> rounds() {
    return rounds.newest();
  }

  /// The newest round.
  RoundState round() {
    return rounds.last();
  }

  /// Number of the newest round; 0 before the first.
  int roundNumber() {
    return rounds.number();
  }

  /// Which rounds count no more.
  TakenBack takenBack() {
    return rounds.takenBack();
  }

  /// The rounds, and what became of taking them back.
  Rounds history() {
    return rounds;
  }

  /// How many rounds there will be, those that were taken back included.
  int planned() {
    return study.schedule().rounds() + takenBack().rounds();
  }

  /// A round that is remembered.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if it is not
  RoundState round(int round) {
    return rounds.of(round);
  }

  /// Digests of the lists of the parts that the common preparation is to be made of, by region:
  /// nothing of a region that was revoked.
  SortedMap<String, String> parts() {
    SortedMap<String, String> parts = new TreeMap<>();
    members.forEach(
        (region, member) -> {
          if (!member.part.isEmpty() && !member.out) {
            parts.put(region, member.part);
          }
        });
    return parts;
  }

  /// How many merges stand.
  int merges() {
    return rounds.merges();
  }

  /// How often who is present has changed.
  long epoch() {
    return epoch;
  }

  /// The regions that are present, by name.
  SortedSet<String> present() {
    return Collections.unmodifiableSortedSet(present);
  }

  /// Regions that have joined and were not revoked, present or not.
  SortedSet<String> participants() {
    SortedSet<String> participants = new TreeSet<>();
    members.forEach(
        (region, member) -> {
          if (member.joined && !member.out) {
            participants.add(region);
          }
        });
    return participants;
  }

  /// How long the open round waits for others after its quorum, in milliseconds.
  long window() {
    return round().window(study);
  }

  /// The regions that the open round still waits for, within the window: present, without a
  /// contribution to it, and expected in it.
  SortedSet<String> awaited() {
    RoundState round = round();
    if (round.secret != null) {
      return stage == StudyStage.GRACE ? new TreeSet<>() : round.secret.members();
    }
    long window = window();
    SortedSet<String> awaited = new TreeSet<>(present);
    awaited.removeAll(round.contributions.keySet());
    awaited.removeIf(region -> !member(region).isDue(round, window));
    return awaited;
  }

  Map<String, MemberState> members() {
    return Collections.unmodifiableMap(members);
  }

  /// Whether the operator has taken back this key, base64.
  boolean isRevoked(String key) {
    return revoked.containsKey(key);
  }

  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED]
  MemberState member(String region) {
    MemberState member = members.get(region);
    if (member == null) {
      throw new DureException(
          ErrorCode.PEER_NOT_ADMITTED,
          "region \"%s\": the study admits %s".formatted(region, members.keySet()));
    }
    return member;
  }

  /// Whether the region has done its part of the present stage.
  boolean delivered(String region) {
    MemberState member = member(region);
    return switch (stage) {
      case WAITING -> member.joined;
      case PREPARING -> !member.part.isEmpty() || !member.founder;
      case COLLECTING ->
          round().secret == null
              ? round().contributions.containsKey(region)
              : !round().secret.owes(region);
      case GRACE -> round().secret != null || round().contributions.containsKey(region);
      case MEASURING -> member.scores != null;
      case FINISHED -> true;
    };
  }
}
