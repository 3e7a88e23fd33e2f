package org.dure.federation.secret;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.dure.federation.log.DropReason;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.Study;

/// When a step of a secret sum's round is over, and when its round is dropped. What it decides is
/// logged; of the clock it knows only how long this process has seen a thing so. Not thread-safe.
///
/// A step goes on when all whom it is for have come, or enough have and nobody of the others is
/// present, or the window is over. A round is dropped when too few are left that could come, or,
/// in a study that need not wait for everyone, when too few have been present for the grace time.
public final class SecretSteps {
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

  /// Who is there, by the log.
  ///
  /// @param candidates who could be in the roster of a round that opened now
  /// @param out whose keys were revoked
  /// @param quorum contributions without which no round is merged
  public record Members(
      SortedSet<String> candidates, SortedSet<String> out, SortedSet<String> present, int quorum) {}

  private final Study study;
  private final Since enough = new Since();
  private final Since few = new Since();

  public SecretSteps(Study study) {
    this.study = study;
  }

  /// The event that is due.
  ///
  /// @param round number of the open one, whose masks cannot be taken off yet
  /// @param time by a clock that never goes back
  public Optional<Event> due(int round, SecretRound secret, Members now, long time) {
    SortedSet<String> came = secret.came();
    SortedSet<String> missing = new TreeSet<>(secret.members());
    missing.removeIf(region -> !secret.owes(region) || now.out.contains(region));
    int need = need(secret, now);
    int left = came.size() + missing.size();
    if (!secret.spoilers().isEmpty()) {
      return dropped(round, DropReason.SHUT_OUT, left, need, secret.spoilers());
    }
    String at = "%d %s".formatted(round, secret.step());
    if (left < need) {
      return tooFew(round, secret, now, left);
    }
    SortedSet<String> here = new TreeSet<>(missing);
    here.retainAll(now.present);
    if (secret.step() == SecretStep.REVELATIONS) {
      if (came.size() >= need && missing.isEmpty()) {
        return dropped(round, DropReason.FALSE_SHARES, left, need, secret.lacking());
      }
    } else if (came.size() >= need) {
      boolean over =
          missing.isEmpty()
              || here.isEmpty()
              || secret.step() == SecretStep.CONFIRMATIONS
              || enough.millis(at, time) >= secret.window(study);
      return over
          ? Optional.of(new Event.StepClosed(round, secret.step(), List.copyOf(came)))
          : Optional.empty();
    }
    boolean waits =
        study.patience().quorum() == study.regions().size()
            || came.size() + here.size() >= need
            || (secret.step() == SecretStep.KEYS && !isBetter(secret, now, now.present));
    String alone = waits ? "" : at;
    long alive = few.millis(alone, time);
    return !waits && alive >= 1000L * study.patience().graceSeconds()
        ? dropped(round, DropReason.TOO_FEW, came.size() + here.size(), need, List.of())
        : Optional.empty();
  }

  /// Regions without which the step does not go on.
  private int need(SecretRound secret, Members now) {
    return switch (secret.step()) {
      case KEYS, SHARES, DELTAS -> Math.max(secret.least(), now.quorum);
      case CONFIRMATIONS, REVELATIONS -> secret.least();
    };
  }

  /// A round whose members are too few is dropped; one that has only been opened waits until others
  /// could do better.
  private Optional<Event> tooFew(int round, SecretRound secret, Members now, int left) {
    SortedSet<String> valid = new TreeSet<>(now.candidates);
    valid.removeAll(now.out);
    if (secret.step() == SecretStep.KEYS && !isBetter(secret, now, valid)) {
      return Optional.empty();
    }
    return dropped(round, DropReason.TOO_FEW, left, need(secret, now), List.of());
  }

  /// Whether a round that was opened now could go on where the open one cannot.
  ///
  /// @param among whom enough of its roster would have to be
  private boolean isBetter(SecretRound secret, Members now, SortedSet<String> among) {
    SecretSum sum = study.secret().orElseThrow();
    SecretRound next = SecretRound.open(sum, secret.roster(), now, 0);
    return !next.roster().equals(secret.roster()) && next.isEnough(among, now.quorum);
  }

  private static Optional<Event> dropped(
      int round, DropReason reason, int here, int needed, List<String> regions) {
    return Optional.of(new Event.Dropped(round, reason, here, needed, regions));
  }
}
