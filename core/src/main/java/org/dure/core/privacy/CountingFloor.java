package org.dure.core.privacy;

import java.util.ArrayList;
import java.util.List;

/// How common a chunk of text must be before its count may leave a region, and how much of a
/// sentence it may hold.
///
/// @param occurrences least times that it stands in the text, from 1
/// @param documents least documents in which it stands, from 1: what one person's file repeats a
///     hundred times is still about one person
/// @param characters most characters of a chunk where words are not spaced, from 1; elsewhere a
///     chunk is one word
public record CountingFloor(long occurrences, int documents, int characters) {
  /// Most characters that a chunk can have, in which case sentences leave whole.
  public static final int MOST_CHARACTERS = 64;

  /// What holds where nobody has decided otherwise.
  public static CountingFloor standard() {
    return new CountingFloor(10, 5, 6);
  }

  /// What satisfies both.
  public CountingFloor and(CountingFloor other) {
    return new CountingFloor(
        Math.max(occurrences, other.occurrences),
        Math.max(documents, other.documents),
        Math.min(characters, other.characters));
  }

  /// What this lets leave that `floor` does not, each in a line; empty if nothing.
  ///
  /// @param names of the three, as the reader knows them
  public List<String> below(CountingFloor floor, List<String> names) {
    List<String> below = new ArrayList<>();
    if (occurrences < floor.occurrences) {
      below.add("%s is %d: at least %d".formatted(names.get(0), occurrences, floor.occurrences));
    }
    if (documents < floor.documents) {
      below.add("%s is %d: at least %d".formatted(names.get(1), documents, floor.documents));
    }
    if (characters > floor.characters) {
      below.add("%s is %d: at most %d".formatted(names.get(2), characters, floor.characters));
    }
    return below;
  }
}
