package org.dure.corpus.filter;

import org.dure.core.Document;
import org.dure.core.Stage;
import org.dure.core.Verdict;
import org.dure.tokenizer.NormalForm;

/// Brings text into one form: NFC, one space between words, lines trimmed, no blank lines, no
/// control characters, soft hyphens or zero-width spaces.
///
/// Tidying comes first: what it removes may stand between letters and marks that compose.
///
/// Two kinds of broken text are dropped here: text with U+FFFD or a lone surrogate, which an
/// earlier program decoded wrongly, and text with more than 30 combining marks in a row (the
/// bound of the Stream-Safe Text Format, UAX #15 section 13), which no language writes.
final class Normalise implements Stage {
  static final String BROKEN = "text.broken-encoding";
  static final String MARKS = "text.combining-marks";
  private static final int MOST_MARKS = 30;

  @Override
  public Verdict apply(Document document) {
    String text = tidy(document.text());
    int marks = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      if (codePoint == 0xFFFD || Character.getType(codePoint) == Character.SURROGATE) {
        return Verdict.drop(
            BROKEN, "U+%04X".formatted(codePoint), "no U+FFFD and no lone surrogate");
      }
      marks = isMark(codePoint) ? marks + 1 : 0;
      if (marks > MOST_MARKS) {
        return Verdict.drop(MARKS, "more than " + MOST_MARKS, "at most " + MOST_MARKS);
      }
    }
    return Verdict.keep(document.withText(NormalForm.of(text)));
  }

  private static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  private static String tidy(String text) {
    StringBuilder tidy = new StringBuilder(text.length());
    boolean space = false;
    boolean line = false;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      if (isLineEnd(codePoint)) {
        line = true;
      } else if (codePoint == '\t' || Character.isSpaceChar(codePoint)) {
        space = true;
      } else if (!isInvisible(codePoint)) {
        if (!tidy.isEmpty() && (line || space)) {
          tidy.append(line ? '\n' : ' ');
        }
        space = false;
        line = false;
        tidy.appendCodePoint(codePoint);
      }
    }
    return tidy.toString();
  }

  private static boolean isLineEnd(int codePoint) {
    return switch (codePoint) {
      case '\n', '\r', 0x0B, '\f', 0x85, 0x2028, 0x2029 -> true;
      default -> false;
    };
  }

  private static boolean isInvisible(int codePoint) {
    return switch (codePoint) {
      case 0xAD, 0x200B, 0x2060, 0xFEFF -> true;
      default -> Character.isISOControl(codePoint);
    };
  }
}
