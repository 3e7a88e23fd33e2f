package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;

/// The lines of a text, none held in memory beyond a limit, ended as [LineEnds] says.
final class BoundedLines {
  private final Reader reader;
  private final int limit;
  private final StringBuilder line = new StringBuilder();
  private final LineEnds ends = new LineEnds();
  private long number;

  BoundedLines(Reader reader, int limit) {
    this.reader = reader;
    this.limit = limit;
  }

  /// @param number from 1
  /// @param text empty where the line is longer than the limit
  /// @param characters how many there really are, in UTF-16 units
  record Line(long number, String text, long characters) {
    boolean tooLong() {
      return characters > text.length();
    }
  }

  /// The next line without its end, or null after the last one.
  @Nullable Line next() throws IOException {
    line.setLength(0);
    long characters = 0;
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      switch (ends.of(c)) {
        case TEXT -> {
          characters++;
          if (characters <= limit) {
            line.append((char) c);
          }
        }
        case END -> {
          return taken(characters);
        }
        case REST_OF_END -> {}
      }
    }
    return characters == 0 ? null : taken(characters);
  }

  private Line taken(long characters) {
    number++;
    return new Line(number, characters > limit ? "" : line.toString(), characters);
  }
}
