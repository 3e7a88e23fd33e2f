package org.dure.federation.secure;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.Sha256;

/// Who may be in a round's sum, fixed when the round opens.
public final class Roster {
  /// Fewer contributors are no crowd to hide in: of two, each knows the other's part of the sum.
  public static final int LEAST = 3;

  /// More would not fit their shares into one message.
  public static final int MOST = 40;

  private Roster() {}

  /// The members of the next round: those of the last while they differ from `candidates` by one,
  /// so that no two sums differ by one member because somebody came or was shut out.
  ///
  ///
  /// @param last members of the round before; fewer than [#LEAST] can have made no sum
  public static SortedSet<String> next(Set<String> last, SortedSet<String> candidates) {
    SortedSet<String> next = new TreeSet<>();
    candidates.stream().limit(MOST).forEach(next::add);
    return last.size() >= LEAST && differBy(last, next) == 1 ? new TreeSet<>(last) : next;
  }

  /// How many members are in one of the two only.
  public static int differBy(Set<String> first, Set<String> second) {
    Set<String> both = new HashSet<>(first);
    both.retainAll(second);
    return first.size() + second.size() - 2 * both.size();
  }

  /// Places of the members, from 1, in the order of their names.
  public static SortedMap<String, Integer> places(SortedSet<String> members) {
    SortedMap<String, Integer> places = new TreeMap<>();
    members.forEach(member -> places.put(member, places.size() + 1));
    return places;
  }

  /// SHA-256 of the sorted names, each ended by a line feed.
  public static String digest(SortedSet<String> members) {
    StringBuilder names = new StringBuilder();
    members.forEach(member -> names.append(member).append('\n'));
    return Sha256.of(names.toString().getBytes(StandardCharsets.UTF_8));
  }

  /// Shares that make a seed in a round of so many members: more than half, so that no two sets of
  /// contributors can both be confirmed by as many.
  ///
  /// @param least what the study says
  public static int threshold(int least, int members) {
    return Math.max(least, members / 2 + 1);
  }
}
