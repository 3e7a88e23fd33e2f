package org.dure.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How many tokens a tokenizer spends on a text. Comparable between languages on parallel text
/// only, and between tokenizers on the same text only.
///
/// @param tokens without specials
/// @param words runs of anything but white space that hold a letter or a digit; in a script without
///     spaces this counts phrases, so use characters or bytes there
/// @param characters code points of the text in NFC
/// @param bytes UTF-8 bytes of the text in NFC
public record Fertility(long tokens, long words, long characters, long bytes) {
  /// Tokens per word; NaN where there is no text.
  public double tokensPerWord() {
    return (double) tokens / words;
  }

  /// Tokens per code point; NaN where there is no text.
  public double tokensPerCharacter() {
    return (double) tokens / characters;
  }

  /// Tokens per UTF-8 byte; NaN where there is no text.
  public double tokensPerByte() {
    return (double) tokens / bytes;
  }

  /// The same for a language that does not separate its words: it says nothing per word.
  public Fertility withoutWords() {
    return new Fertility(tokens, 0, characters, bytes);
  }

  /// Encodes the texts and counts.
  public static Fertility measure(Tokenizer tokenizer, Iterable<String> texts) {
    long tokens = 0;
    long words = 0;
    long characters = 0;
    long bytes = 0;
    for (String text : texts) {
      String normal = NormalForm.of(text);
      tokens += tokenizer.encode(normal).length;
      words += words(normal);
      characters += normal.codePointCount(0, normal.length());
      bytes += normal.getBytes(StandardCharsets.UTF_8).length;
    }
    return new Fertility(tokens, words, characters, bytes);
  }

  private static long words(String text) {
    long words = 0;
    boolean counted = false;
    for (int at = 0; at < text.length(); ) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      if (Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint)) {
        counted = false;
      } else if (!counted && Character.isLetterOrDigit(codePoint)) {
        counted = true;
        words++;
      }
    }
    return words;
  }

  /// E.g. `1,234 tokens: 1.52 per word, 0.31 per character, 0.25 per byte`; a rate for which there
  /// is nothing to count is left out.
  public String text() {
    List<String> rates = new ArrayList<>();
    if (words > 0) {
      rates.add(String.format(Locale.ROOT, "%.2f per word", tokensPerWord()));
    }
    if (characters > 0) {
      rates.add(String.format(Locale.ROOT, "%.3f per character", tokensPerCharacter()));
      rates.add(String.format(Locale.ROOT, "%.3f per byte", tokensPerByte()));
    }
    return rates.isEmpty()
        ? "none, so nothing to measure on"
        : String.format(Locale.ROOT, "%,d tokens: %s", tokens, String.join(", ", rates));
  }
}
