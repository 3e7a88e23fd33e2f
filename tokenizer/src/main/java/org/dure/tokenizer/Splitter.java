package org.dure.tokenizer;

/// Cuts text into the chunks within which tokens are formed, as this regular expression does when
/// each chunk is the next match (here in two lines):
///
/// ```
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}{1,3}
/// | ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
///
/// It is Llama 3's (llama.cpp calls that `llama-bpe`) but for `\p{M}`: there a mark ends a word, so
/// that the vowel signs of Khmer, Thai or Hindi cut every word into pieces that no merge joins.
/// Text in NFC of languages that write no marks is cut alike by both. [#LLAMA_3] cuts as Llama 3
/// does, for tokenizers from before marks were parts of words.
///
/// A hand-written scanner, because splitting is where encoders spend their time. It is linear: no
/// character is looked at more than a fixed number of times. Letters, marks, numbers and white
/// space are those of the JDK's Unicode (16 in JDK 25), which are those of the Oniguruma that
/// Hugging
/// Face tokenizers 0.23 executes the expression with; `'s` also matches `'ſ` (U+017F) there, by
/// Unicode's simple case folding. Immutable.
final class Splitter {
  private static final byte OTHER = 0;
  private static final byte LETTER = 1;
  private static final byte NUMBER = 2;
  private static final byte SPACE = 3;
  private static final byte NEWLINE = 4;
  private static final byte SURROGATE = 5;

  /// By which new tokenizers cut.
  static final Splitter STANDARD = new Splitter("\\p{L}\\p{M}", "[\\p{L}\\p{M}]", LETTER);

  /// The expression, character for character as in llama.cpp and in the `tokenizer.json` of Llama
  /// 3.
  static final Splitter LLAMA_3 = new Splitter("\\p{L}", "\\p{L}", OTHER);

  private final String pattern;
  private final byte mark;
  private final byte[] classes = new byte[1 << 16];

  private Splitter(String letters, String letter, byte mark) {
    this.pattern =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n"
            + letters
            + "\\p{N}]?"
            + letter
            + "+|\\p{N}{1,3}| ?[^\\s"
            + letters
            + "\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    this.mark = mark;
    for (int c = 0; c < classes.length; c++) {
      classes[c] = c >= 0xd800 && c <= 0xdfff ? SURROGATE : classOf(c);
    }
  }

  /// The expression.
  String pattern() {
    return pattern;
  }

  private byte classOf(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          mark;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      // Unicode's White_Space: every separator, and these controls.
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          SPACE;
      default ->
          switch (codePoint) {
            case '\r', '\n' -> NEWLINE;
            case '\t', 0x0b, '\f', 0x85 -> SPACE;
            default -> OTHER;
          };
    };
  }

  private byte classAt(char[] text, int at, int limit) {
    byte found = classes[text[at]];
    return found == SURROGATE ? classOf(Character.codePointAt(text, at, limit)) : found;
  }

  /// Characters that the code point at `at` takes.
  private int width(char[] text, int at, int limit) {
    return classes[text[at]] != SURROGATE
        ? 1
        : Character.charCount(Character.codePointAt(text, at, limit));
  }

  /// The end of the chunk that starts at `from`.
  ///
  /// @param text well-formed UTF-16
  /// @param from at the start of the text or the end of another chunk, below `limit`
  /// @param limit end of the text
  int end(char[] text, int from, int limit) {
    byte first = classAt(text, from, limit);
    if (first == LETTER) {
      return letters(text, from, limit);
    }
    if (first == NUMBER) {
      return numbers(text, from, limit);
    }
    if (text[from] == '\'') {
      int end = contraction(text, from + 1, limit);
      if (end >= 0) {
        return end;
      }
    }
    int next = from + width(text, from, limit);
    if (first != NEWLINE && next < limit) {
      byte second = classAt(text, next, limit);
      if (second == LETTER) {
        return letters(text, next, limit);
      }
      if (text[from] == ' ' && second == OTHER) {
        return others(text, next, limit);
      }
    }
    return first == OTHER ? others(text, next, limit) : spaces(text, from, limit);
  }

  private int letters(char[] text, int from, int limit) {
    int at = from;
    while (at < limit) {
      byte found = classes[text[at]];
      if (found == LETTER) {
        at++;
      } else if (found == SURROGATE && classAt(text, at, limit) == LETTER) {
        at += 2;
      } else {
        break;
      }
    }
    return at;
  }

  private int numbers(char[] text, int from, int limit) {
    int at = from;
    for (int n = 0; n < 3 && at < limit && classAt(text, at, limit) == NUMBER; n++) {
      at += width(text, at, limit);
    }
    return at;
  }

  /// The end of `s`, `t`, `re`, `ve`, `m`, `ll` or `d` in either case at `at`, or -1.
  private static int contraction(char[] text, int at, int limit) {
    if (at >= limit) {
      return -1;
    }
    char second = at + 1 < limit ? text[at + 1] : 0;
    return switch (text[at]) {
      case 's', 'S', 'ſ', 't', 'T', 'm', 'M', 'd', 'D' -> at + 1;
      case 'r', 'R', 'v', 'V' -> second == 'e' || second == 'E' ? at + 2 : -1;
      case 'l', 'L' -> second == 'l' || second == 'L' ? at + 2 : -1;
      default -> -1;
    };
  }

  private int others(char[] text, int from, int limit) {
    int at = from;
    while (at < limit && classAt(text, at, limit) == OTHER) {
      at += width(text, at, limit);
    }
    while (at < limit && classes[text[at]] == NEWLINE) {
      at++;
    }
    return at;
  }

  /// White space up to its last line end if there is one; otherwise all of it but the character
  /// that belongs to what follows.
  private int spaces(char[] text, int from, int limit) {
    int at = from;
    int afterNewline = -1;
    while (at < limit && (classes[text[at]] == SPACE || classes[text[at]] == NEWLINE)) {
      at++;
      if (classes[text[at - 1]] == NEWLINE) {
        afterNewline = at;
      }
    }
    if (afterNewline >= 0) {
      return afterNewline;
    }
    return at == limit || at - from == 1 ? at : at - 1;
  }
}
