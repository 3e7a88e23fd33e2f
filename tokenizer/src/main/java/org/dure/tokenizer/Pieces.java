package org.dure.tokenizer;

import java.lang.Character.UnicodeScript;
import java.util.EnumSet;
import java.util.Set;

/// How a chunk is cut further before it is counted, always between code points and never beyond
/// [WordCounts#MOST_CHUNK_BYTES].
///
/// Where words are not spaced, what stands between two marks is a sentence. What is to leave a
/// region is cut there wherever the script changes, as between the kanji and the kana of a Japanese
/// word, and after a few characters; the marks that a letter bears stay with it. It is the
/// characters that decide, not the region's language: a Japanese sentence in a French document is
/// cut all the same. Immutable.
final class Pieces {
  /// Scripts of languages that write no spaces between words.
  private static final Set<UnicodeScript> UNSPACED =
      Set.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.YI,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR,
          UnicodeScript.TIBETAN,
          UnicodeScript.JAVANESE,
          UnicodeScript.BALINESE,
          UnicodeScript.TAI_LE,
          UnicodeScript.NEW_TAI_LUE,
          UnicodeScript.TAI_THAM,
          UnicodeScript.TAI_VIET);

  /// For what stays at home: whole chunks.
  static final Pieces WHOLE = new Pieces(Set.of(), Integer.MAX_VALUE);

  private final Set<UnicodeScript> unspaced;
  private final int characters;

  private Pieces(Set<UnicodeScript> unspaced, int characters) {
    this.unspaced = unspaced;
    this.characters = characters;
  }

  /// For what leaves.
  ///
  /// @param more scripts in which words are not spaced
  /// @param characters most code points of a piece in such scripts
  static Pieces cut(Set<UnicodeScript> more, int characters) {
    EnumSet<UnicodeScript> all = EnumSet.copyOf(UNSPACED);
    all.addAll(more);
    return new Pieces(all, characters);
  }

  /// The end of the piece that begins at `from` in a chunk that ends at `end`.
  int end(char[] text, int from, int end) {
    int whole = within(text, from, end);
    return unspaced.isEmpty() ? whole : cut(text, from, whole);
  }

  /// Of the longest piece of whole code points that takes at most
  /// [WordCounts#MOST_CHUNK_BYTES].
  private static int within(char[] text, int from, int end) {
    if (end - from <= WordCounts.MOST_CHUNK_BYTES / 3) {
      return end;
    }
    int bytes = 0;
    int at = from;
    while (at < end) {
      int width = Character.isHighSurrogate(text[at]) ? 2 : 1;
      bytes += Utf8Encoder.length(text, at, at + width);
      if (bytes > WordCounts.MOST_CHUNK_BYTES) {
        break;
      }
      at += width;
    }
    return at;
  }

  private int cut(char[] text, int from, int end) {
    UnicodeScript script = null;
    boolean bounded = false;
    int length = 0;
    int letter = from;
    for (int at = from; at < end; ) {
      int codePoint = Character.codePointAt(text, at, end);
      UnicodeScript next = UnicodeScript.of(codePoint);
      if (next != UnicodeScript.INHERITED && next != UnicodeScript.COMMON && next != script) {
        boolean unspacedNext = unspaced.contains(next);
        if (script != null && (bounded || unspacedNext)) {
          return at;
        }
        script = next;
        bounded = unspacedNext;
      }
      if (!isMark(codePoint)) {
        letter = at;
      }
      length++;
      if (bounded && length > characters) {
        return letter > from ? letter : at;
      }
      at += Character.charCount(codePoint);
    }
    return end;
  }

  private static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }
}
