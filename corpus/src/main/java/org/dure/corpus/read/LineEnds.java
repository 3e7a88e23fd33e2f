package org.dure.corpus.read;

/// What ends a line, for everything that counts lines: LF, CR, or the two as CRLF.
final class LineEnds {
  private boolean afterReturn;

  /// What a character is to its line.
  enum Part {
    TEXT,
    END,
    /// The LF of a CRLF, whose CR was the end.
    REST_OF_END
  }

  /// @param c the next UTF-16 unit of a text
  Part of(int c) {
    boolean followsReturn = afterReturn;
    afterReturn = c == '\r';
    if (c == '\n') {
      return followsReturn ? Part.REST_OF_END : Part.END;
    }
    return afterReturn ? Part.END : Part.TEXT;
  }
}
