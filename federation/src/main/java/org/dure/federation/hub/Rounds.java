package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.secret.SecretRound;
import org.jspecify.annotations.Nullable;

/// The rounds of a study, of which the newest are remembered, and which of them count. Not
/// thread-safe.
final class Rounds {
  /// How many are remembered; the log has the older ones.
  static final int MOST = 1_000;

  private final List<RoundState> newest = new ArrayList<>();
  private final Undoings undoings = new Undoings();
  private TakenBack takenBack = TakenBack.NONE;
  private int dropped;

  /// Opens the next round.
  ///
  /// @param circles where each stands
  /// @param secret its sum, where that is secret
  void open(long time, SortedMap<String, Event.Standing> circles, @Nullable SecretRound secret) {
    newest.add(new RoundState(number() + 1, time, circles, secret));
    if (newest.size() > MOST) {
      newest.removeFirst();
    }
  }

  /// The rounds after the event's base count no more.
  void takeBack(Event.Undone event, long time) {
    if (event.round() != number()
        || event.base() >= number()
        || event.base() != takenBack.standingBefore(event.base() + 1)) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "rounds after %d to %d were taken back in round %d"
              .formatted(event.base(), event.round(), number()));
    }
    undoings.add(event, time, takenBack.place(event.base()) + 1);
    takenBack = takenBack.with(event.base(), event.round());
    for (RoundState round : newest) {
      round.takenBack |= round.number > event.base();
    }
  }

  /// The newest round counts no more.
  void drop(Event.Dropped event, long time) {
    if (event.round() != number() || last().takenBack || last().merged != null) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "round %d was dropped in round %d".formatted(event.round(), number()));
    }
    takenBack = takenBack.with(takenBack.standingBefore(number()), number());
    last().takenBack = true;
    last().dropped = event;
    last().droppedAt = time;
    dropped++;
  }

  /// How many were dropped since the study began.
  int dropped() {
    return dropped;
  }

  /// Those that are remembered, oldest first.
  List<RoundState> newest() {
    return Collections.unmodifiableList(newest);
  }

  /// The newest one.
  RoundState last() {
    if (newest.isEmpty()) {
      throw new DureException(ErrorCode.INTERNAL, "no round has been opened");
    }
    return newest.getLast();
  }

  /// Number of the newest one; 0 before the first.
  int number() {
    return newest.isEmpty() ? 0 : newest.getLast().number;
  }

  /// @throws DureException with [ErrorCode#INTERNAL] if it is not remembered
  RoundState of(int round) {
    if (!remembers(round)) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "round %d is not remembered: the newest is %d".formatted(round, number()));
    }
    return newest.get(newest.size() - 1 - (number() - round));
  }

  boolean remembers(int round) {
    return !newest.isEmpty() && newest.getFirst().number <= round && round <= number();
  }

  /// How many merges stand.
  int merges() {
    if (newest.isEmpty()) {
      return 0;
    }
    return takenBack.place(number()) - (last().merged == null && !last().takenBack ? 1 : 0);
  }

  TakenBack takenBack() {
    return takenBack;
  }

  Undoings undoings() {
    return undoings;
  }
}
