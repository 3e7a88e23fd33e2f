package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dure.federation.log.Event;

/// What the log says of taking rounds back. Not thread-safe.
final class Undoings {
  /// How many are remembered for people.
  private static final int MOST = 16;

  /// @param time when it was logged
  record Entry(Event.Undone event, long time) {}

  private final Set<String> decisions = new HashSet<>();
  private final List<Entry> newest = new ArrayList<>();
  private int rulePlace;
  private int ruleTimes;

  /// @param place of the first round that was taken back
  void add(Event.Undone event, long time, int place) {
    if (event.cause().byRule()) {
      ruleTimes = place == rulePlace ? ruleTimes + 1 : 1;
      rulePlace = place;
    } else {
      decisions.add(event.cause().decision());
    }
    newest.add(new Entry(event, time));
    if (newest.size() > MOST) {
      newest.removeFirst();
    }
  }

  /// Whether that decision of the operator's is in the log.
  boolean has(String decision) {
    return decisions.contains(decision);
  }

  /// How often in a row the study's rule took back what began with the round at that place.
  int timesByRule(int place) {
    return place == rulePlace ? ruleTimes : 0;
  }

  /// The newest, oldest first.
  List<Entry> newest() {
    return List.copyOf(newest);
  }
}
