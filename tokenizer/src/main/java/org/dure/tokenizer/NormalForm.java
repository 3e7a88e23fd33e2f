package org.dure.tokenizer;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Brings text into the form in which Dure reads it, at home and over the network alike: NFC
/// (Unicode Standard Annex 15), with every lone surrogate as U+FFFD.
///
/// Time is linear in the text, whatever it holds. The JDK's normaliser puts marks in order by
/// moving each to its place, which takes quadratic time for a long run of them; so the marks of a
/// long run are put in order here, by counting, before it sees them. The result is NFC all the
/// same, for every text. Stateless.
public final class NormalForm {
  /// Marks in a row that the JDK may sort: the bound of the Stream-Safe Text Format (Unicode
  /// Standard Annex 15, section 13), which no language's text exceeds.
  static final int LONG_RUN = 30;

  private static final byte NEEDS_CHECK = 1;
  private static final byte SURROGATE = 2;
  private static final byte[] KINDS = kinds();

  private NormalForm() {}

  /// Everything is checked by the JDK but ranges whose characters all have combining class 0 and
  /// never compose with what stands before them (`NFC_Quick_Check=Yes`): text of nothing else is
  /// NFC.
  private static byte[] kinds() {
    byte[] kinds = new byte[1 << 16];
    Arrays.fill(kinds, NEEDS_CHECK);
    int[][] settled = {
      {0x0000, 0x02ff}, // Latin
      {0x0400, 0x0482}, // Cyrillic
      {0x1e00, 0x1e99}, // Latin, additional
      {0x1ea0, 0x1ef9}, // Latin of Vietnamese
      {0x2010, 0x2064}, // punctuation
      {0x3000, 0x3029}, // CJK punctuation
      {0x3041, 0x3096}, // Hiragana
      {0x309b, 0x30ff}, // Katakana
      {0x4e00, 0x9fff}, // CJK ideographs
      {0xac00, 0xd7a3}, // Hangul syllables
      {0xff00, 0xffef}, // half and full width
    };
    for (int[] range : settled) {
      Arrays.fill(kinds, range[0], range[1] + 1, (byte) 0);
    }
    Arrays.fill(kinds, 0xd800, 0xe000, SURROGATE);
    return kinds;
  }

  /// The normal form.
  public static String of(String text) {
    return new String(characters(text));
  }

  /// The normal form, as a fresh array.
  static char[] characters(String text) {
    char[] chars = text.toCharArray();
    if (repair(chars)) {
      return chars;
    }
    String ordered = ordered(new String(chars));
    return Normalizer.isNormalized(ordered, Normalizer.Form.NFC)
        ? ordered.toCharArray()
        : Normalizer.normalize(ordered, Normalizer.Form.NFC).toCharArray();
  }

  /// The text with every lone surrogate as U+FFFD and otherwise as it is: what can be sent.
  public static String wellFormed(String text) {
    char[] chars = text.toCharArray();
    repair(chars);
    return new String(chars);
  }

  /// Replaces lone surrogates.
  ///
  /// @return whether the text is known to be in its normal form
  private static boolean repair(char[] chars) {
    boolean settled = true;
    for (int i = 0; i < chars.length; i++) {
      byte kind = KINDS[chars[i]];
      if (kind != 0) {
        settled = false;
        if (kind == SURROGATE) {
          if (i + 1 < chars.length && Character.isSurrogatePair(chars[i], chars[i + 1])) {
            i++;
          } else {
            chars[i] = '\ufffd';
          }
        }
      }
    }
    return settled;
  }

  /// For each code point of the text's normal form, counted from 0, the code point of the text that
  /// it was made from; where several became others together, none lies outside of them. One more
  /// entry at the end holds the text's length. Never falls.
  public static int[] origins(String text) {
    int[] codePoints = wellFormed(text).codePoints().toArray();
    int[] origins = new int[codePoints.length + 1];
    int size = 0;
    for (int from = 0; from < codePoints.length; ) {
      int to = from + 1;
      while (to < codePoints.length && !begins(codePoints[to])) {
        to++;
      }
      String normal = of(new String(codePoints, from, to - from));
      int length = normal.codePointCount(0, normal.length());
      if (size + length >= origins.length) {
        origins = Arrays.copyOf(origins, 2 * (size + length));
      }
      for (int i = 0; i < length; i++) {
        origins[size++] = from + Math.min(i, to - from - 1);
      }
      from = to;
    }
    origins[size++] = codePoints.length;
    return Arrays.copyOf(origins, size);
  }

  /// Whether the normal form of what ends before this code point does not depend on it: it is no
  /// mark, nor another second part of a composition.
  static boolean begins(int codePoint) {
    boolean hangul = codePoint >= 0x1160 && codePoint <= 0x11ff;
    boolean kiratRai = codePoint >= 0x16d63 && codePoint <= 0x16d6a;
    return !isMark(codePoint) && !hangul && !kiratRai;
  }

  private static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  /// A canonically equivalent text, in which long runs of marks are decomposed and in order.
  private static String ordered(String text) {
    StringBuilder ordered = new StringBuilder();
    int copied = 0;
    for (int at = 0; at < text.length(); ) {
      int start = at;
      int marks = 0;
      while (at < text.length() && isMark(text.codePointAt(at))) {
        at += Character.charCount(text.codePointAt(at));
        marks++;
      }
      if (marks > LONG_RUN) {
        ordered.append(text, copied, start);
        appendInOrder(ordered, text.substring(start, at));
        copied = at;
      } else if (marks == 0) {
        at += Character.charCount(text.codePointAt(at));
      }
    }
    return copied == 0 ? text : ordered.append(text, copied, text.length()).toString();
  }

  private static void appendInOrder(StringBuilder out, String run) {
    StringBuilder decomposed = new StringBuilder(run.length());
    run.codePoints()
        .forEach(
            mark ->
                decomposed.append(
                    Normalizer.normalize(Character.toString(mark), Normalizer.Form.NFD)));
    int[] marks = decomposed.codePoints().toArray();
    for (int from = 0; from < marks.length; ) {
      int to = from;
      while (to < marks.length && CombiningClasses.rank(marks[to]) > 0) {
        to++;
      }
      for (int mark : CombiningClasses.sorted(marks, from, to)) {
        out.appendCodePoint(mark);
      }
      if (to < marks.length) {
        out.appendCodePoint(marks[to++]);
      }
      from = to;
    }
  }

  /// The order of marks, as the JDK applies it but does not tell it: made when it is first needed.
  private static final class CombiningClasses {
    private static final int LAST = 0x1ffff;

    /// U+0334 is of the lowest class above 0, U+0345 of the highest.
    private static final int LOWEST = 0x334;

    private static final int HIGHEST = 0x345;
    private static final byte[] RANKS = ranks();

    /// 0 for class 0, which nothing moves across; otherwise higher for higher classes.
    static int rank(int codePoint) {
      return codePoint <= LAST ? RANKS[codePoint] : 0;
    }

    /// The marks from `from` to `to`, none of class 0, those of one class in their order.
    static int[] sorted(int[] marks, int from, int to) {
      int[] places = new int[Byte.MAX_VALUE + 1];
      for (int i = from; i < to; i++) {
        places[rank(marks[i]) + 1]++;
      }
      for (int rank = 1; rank < places.length; rank++) {
        places[rank] += places[rank - 1];
      }
      int[] sorted = new int[to - from];
      for (int i = from; i < to; i++) {
        sorted[places[rank(marks[i])]++] = marks[i];
      }
      return sorted;
    }

    private static byte[] ranks() {
      List<Integer> moving = new ArrayList<>();
      for (int codePoint = 0; codePoint <= LAST; codePoint++) {
        boolean whole =
            isMark(codePoint)
                && Normalizer.isNormalized(Character.toString(codePoint), Normalizer.Form.NFD);
        if (whole && (precedes(codePoint, HIGHEST) || precedes(LOWEST, codePoint))) {
          moving.add(codePoint);
        }
      }
      moving.sort((a, b) -> precedes(a, b) ? -1 : precedes(b, a) ? 1 : 0);
      byte[] ranks = new byte[LAST + 1];
      int rank = 1;
      for (int i = 0; i < moving.size(); i++) {
        rank += i > 0 && precedes(moving.get(i - 1), moving.get(i)) ? 1 : 0;
        ranks[moving.get(i)] = (byte) rank;
      }
      return ranks;
    }

    /// Whether canonical order moves the first mark before the second one.
    private static boolean precedes(int first, int second) {
      String ordered = Character.toString(first) + Character.toString(second);
      String other = Character.toString(second) + Character.toString(first);
      return first != second && Normalizer.normalize(other, Normalizer.Form.NFD).equals(ordered);
    }
  }
}
