package org.dure.federation.hub;

import java.util.Map;
import org.dure.core.Sha256;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// What the log knows of a region.
final class MemberState {
  static final int MOST_NOTES = 30;
  static final int MOST_RETURNS = 60;

  /// What the study file says of it, or the operator who enrolled it.
  final Study.Region region;

  /// Whether the study file names it.
  final boolean founder;

  @Nullable String key;

  /// Base64 of the DER of the certificate that it came with; may be empty.
  String certificate = "";

  boolean joined;

  /// Whether its key was revoked and it has not come with another since.
  boolean out;

  /// Whether its family has prepared nothing, so that it has no part in the study.
  boolean unprepared;

  /// Why; empty if it was not.
  String revocation = "";

  long sequence;

  /// Digest of its last counted message, and the event that it is in.
  String lastMessage = "";

  long lastNumber;

  /// Strikes in a row after which a region sits out.
  static final int MOST_STRIKES = 3;

  /// Sum of its contributions' weights.
  long weight;

  /// How many of its contributions have counted in a merge.
  int merged;

  /// How many merges in a row have left it out for what it sent.
  int strikes;

  /// Place of the first round that it does not sit out.
  int suspendedUntil;

  /// How many contributions were taken, and into which round the newest.
  int contributed;

  int newest;

  /// The first round that stands into which a contribution was taken; 0 if there is none.
  int first;

  /// The newest round that a counted contribution started from, and its delta.
  int counted;

  String countedDelta = "";

  /// Local steps with which it has told of its documents, and the last delta of which it said so.
  long spentSteps;

  String spentDelta = "";

  /// How often it said so since its last contribution.
  int spendings;

  /// When it began to work on what is expected of it next; 0 where unknown.
  long startedAt;

  /// How long its last contribution took, from then to its arrival; 0 where unknown.
  long took;

  /// Whether it was away since then: its next contribution does not tell how long it takes.
  boolean interrupted;

  /// How much of its export log the hub has heard of.
  long exports;

  String exportsHead = Sha256.NONE;

  /// Whether it was let in again and has contributed nothing since: its home may be empty.
  boolean anew;

  /// What was last noted of its folder being rolled back.
  String noted = "";

  /// When that was noted; 0 for never.
  long setBackAt;

  /// What its hellos may still bring into the log: keys, and old copies that they tell of. What is
  /// beyond is answered, not logged.
  final HourlyAllowance notes = new HourlyAllowance(MOST_NOTES);

  /// How often it may still be noted as back. Beyond that it is not waited for, and what it sends
  /// counts all the same.
  final HourlyAllowance returns = new HourlyAllowance(MOST_RETURNS);

  /// Digest of the part of the preparation; empty if none.
  String part = "";

  @Nullable Map<String, Double> scores;

  MemberState(Study.Region region, boolean founder) {
    this.region = region;
    this.founder = founder;
  }

  /// BCP 47 code.
  String language() {
    return region.language();
  }

  /// Whether the study counts on it: a region that was enrolled later only once it has come.
  boolean isExpected() {
    return !out && !unprepared && (founder || joined);
  }

  /// It is let in under this key. One that was shut out comes with a new home.
  void admit(Event.Admitted event, long time) {
    if (out) {
      exports = 0;
      exportsHead = Sha256.NONE;
      anew = true;
      part = "";
    }
    key = event.key();
    certificate = event.certificate();
    out = false;
    revocation = "";
    notes.use(time);
  }

  /// It came, or came back.
  void arrives(long time) {
    returns.use(time);
    startedAt = time;
    interrupted = true;
  }

  /// A contribution of it was taken into the round.
  void contributes(Message.Contribution contribution, RoundState round, long time) {
    contributed++;
    anew = false;
    spendings = 0;
    newest = round.number;
    first = first == 0 ? round.number : first;
    weight = Math.min(Long.MAX_VALUE - contribution.weight(), weight) + contribution.weight();
    counted = contribution.round();
    countedDelta = contribution.delta();
    exports = contribution.exportLog().exports();
    exportsHead = contribution.exportLog().exportsHead();
    if (!interrupted || took == 0) {
      took = Math.max(0, startedAt == 0 ? 0 : time - startedAt);
    }
    interrupted = false;
    startedAt = contribution.round() == round.number ? 0 : time;
  }

  /// A merge has said what becomes of its delta.
  ///
  /// @param place of the merge among those that count
  /// @param suspendRounds that it sits out after too many strikes; 0 for none
  void judged(DeltaVerdict verdict, int place, int suspendRounds) {
    if (verdict.isCounted()) {
      merged++;
    }
    if (verdict.isInOrder()) {
      strikes = 0;
    } else if (verdict.isStrike()) {
      strikes++;
    }
    if (strikes >= MOST_STRIKES && suspendRounds > 0) {
      suspendedUntil = place + 1 + suspendRounds;
      strikes = MOST_STRIKES - 1;
    }
  }

  /// What was said of it is said anew, by the merges that stand.
  void forget(DeltaVerdict verdict) {
    if (verdict.isCounted()) {
      merged--;
    }
    strikes = 0;
    suspendedUntil = 0;
  }

  /// The study went back: of what it has contributed after the round `base` nothing counts, and it
  /// begins anew.
  void goesBack(int base, long time) {
    first = first > base ? 0 : first;
    scores = null;
    arrives(time);
  }

  /// The round was dropped: nothing of it counts.
  void forgetRound(int round) {
    first = first == round ? 0 : first;
  }

  /// Whether the round may wait for it: it is expected within the window, by how long its last
  /// contribution took. One that is overdue by more than the window is late for a reason that
  /// nobody knows, and would cost the others a window in every round; nor is one that has never
  /// contributed known, but in the round in which it began.
  boolean isDue(RoundState round, long window) {
    boolean inTime =
        took == 0
            ? startedAt >= round.opened
            : Math.abs(startedAt + took - round.quorumAt) <= window;
    return !out && !unprepared && inTime;
  }
}
