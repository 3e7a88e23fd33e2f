package org.dure.serving.text;

import java.util.List;

/// Finds the first of several stop strings in text that arrives in pieces, and holds back what
/// could still become one. The stop string that is complete first wins, the longest of those that
/// end together; so the pieces' borders change nothing. Not thread-safe.
public final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /// @param stops none of them empty
  public StopMatcher(List<String> stops) {
    this.stops = stops;
  }

  /// Adds text; gives back what can be shown now.
  public String add(String text) {
    if (stopped) {
      return "";
    }
    held.append(text);
    int first = -1;
    int firstEnd = Integer.MAX_VALUE;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      int end = at + stop.length();
      if (at >= 0 && (end < firstEnd || (end == firstEnd && at < first))) {
        first = at;
        firstEnd = end;
      }
    }
    if (first >= 0) {
      stopped = true;
      String before = held.substring(0, first);
      held.setLength(0);
      return before;
    }
    return release(held.length() - unfinished());
  }

  /// What was held back, now that nothing follows.
  public String end() {
    return release(held.length());
  }

  public boolean stopped() {
    return stopped;
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  /// Length of the longest end of the held text with which a stop string begins.
  private int unfinished() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, held.length());
      for (int length = most; length > longest; length--) {
        if (held.indexOf(stop.substring(0, length), held.length() - length) >= 0) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
