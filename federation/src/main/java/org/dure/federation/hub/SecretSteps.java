package org.dure.federation.hub;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.Study;

/// When a step of a secret sum's round is over, and when its round is dropped. What it decides is
/// logged; of the clock it knows only how long this process has seen a thing so. Not thread-safe.
///
/// A step goes on when all whom it is for have come, or enough have and nobody of the others is
/// present, or the window is over. A round is dropped when too few are left that could come, or,
/// in a study that need not wait for everyone, when too few have been present for the grace time.
final class SecretSteps {
  /// Since when this process sees the same.
  private static final class Since {
    private String what = "";
    private long from;

    long millis(String seen, long time) {
      if (!seen.equals(what)) {
        what = seen;
        from = time;
      }
      return time - from;
    }
  }

  private final Study study;
  private final HubState state;
  private final Since enough = new Since();
  private final Since few = new Since();

  SecretSteps(Study study, HubState state) {
    this.study = study;
    this.state = state;
  }

  /// The event that is due.
  ///
  /// @param time by a clock that never goes back
  Optional<Event> due(long time) {
    if (state.stage() != StudyStage.COLLECTING) {
      return Optional.empty();
    }
    RoundState round = state.round();
    SecretRound secret = round.secret;
    return secret == null ? Optional.empty() : due(round, secret, time);
  }

  private Optional<Event> due(RoundState round, SecretRound secret, long time) {
    if (secret.isSpoilt()) {
      return dropped(round, "one whose delta is in the sum was shut out");
    }
    SortedSet<String> came = secret.came();
    SortedSet<String> missing = new TreeSet<>(secret.members());
    missing.removeIf(region -> !secret.owes(region) || state.member(region).out);
    int need = need(secret);
    String at = "%d %s".formatted(round.number, secret.step);
    if (came.size() + missing.size() < need) {
      return tooFew(round, secret, need);
    }
    SortedSet<String> here = new TreeSet<>(missing);
    here.retainAll(state.present());
    if (secret.step == SecretStep.REVELATIONS) {
      if (came.size() >= need && missing.isEmpty()) {
        return dropped(
            round, "too few have shares of %s that are what it said".formatted(secret.lacking()));
      }
    } else if (came.size() >= need) {
      boolean over =
          missing.isEmpty()
              || here.isEmpty()
              || secret.step == SecretStep.CONFIRMATIONS
              || enough.millis(at, time) >= secret.window(study);
      return over
          ? Optional.of(new Event.StepClosed(round.number, secret.step, List.copyOf(came)))
          : Optional.empty();
    }
    boolean waits =
        secret.step == SecretStep.KEYS
            || study.patience().quorum() == study.regions().size()
            || came.size() + here.size() >= need;
    String alone = waits ? "" : at;
    long alive = few.millis(alone, time);
    return !waits && alive >= 1000L * study.patience().graceSeconds()
        ? dropped(
            round,
            "%d of the %d that it needs are here".formatted(came.size() + here.size(), need))
        : Optional.empty();
  }

  /// Regions without which the step does not go on.
  private int need(SecretRound secret) {
    return switch (secret.step) {
      case KEYS, SHARES, DELTAS -> Math.max(secret.least(), state.quorum());
      case CONFIRMATIONS, REVELATIONS -> secret.least();
    };
  }

  /// A round whose members are too few is dropped; one that has only been opened waits until others
  /// could do better.
  private Optional<Event> tooFew(RoundState round, SecretRound secret, int need) {
    if (secret.step == SecretStep.KEYS && !isBetter(secret)) {
      return Optional.empty();
    }
    return dropped(round, "fewer than the %d that it needs are left".formatted(need));
  }

  /// Whether a round that was opened now could go on where the open one cannot.
  private boolean isBetter(SecretRound secret) {
    SecretRound next = SecretRound.open(state, 0);
    return next != null
        && !next.roster.equals(secret.roster)
        && next.roster.stream().filter(region -> !state.member(region).out).count()
            >= Math.max(next.least(), state.quorum());
  }

  private static Optional<Event> dropped(RoundState round, String reason) {
    return Optional.of(new Event.Dropped(round.number, reason));
  }
}
