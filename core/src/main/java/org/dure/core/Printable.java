package org.dure.core;

import java.util.regex.Pattern;

/// Text of others (names, reasons, refusals, paths) as it may stand in a message, a log or a
/// terminal: nothing in it is obeyed, hidden or shown in another order than it is written.
///
/// What would be is written as a backslash, `u` and its code point in braces. Stateless.
public final class Printable {
  private static final int MOST_LINE = 1_000;
  private static final String CUT = "…";

  private static final Pattern PLAIN_WORD =
      Pattern.compile("[\\w%+,./:=@^-]+", Pattern.UNICODE_CHARACTER_CLASS);

  private Printable() {}

  /// One word of a command that people may copy into a POSIX shell: between single quotes where it
  /// holds a space or anything else that a shell would read otherwise, as it is elsewhere.
  public static String shellWord(Object value) {
    String text = String.valueOf(value);
    return PLAIN_WORD.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /// Text of others within a line of ours: no control characters, no line ends of any kind, no
  /// direction marks and nothing else that is not seen; at most 1,000 characters of it.
  public static String line(String text) {
    return line(text, MOST_LINE);
  }

  /// As [#line(String)].
  ///
  /// @param most characters, in code points, before the rest is left out
  public static String line(String text, int most) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), most) + 16);
    int shown = 0;
    for (int at = 0; at < text.length(); shown++) {
      if (shown == most) {
        return line.append(CUT).toString();
      }
      int c = text.codePointAt(at);
      append(line, c, isUnseen(c));
      at += Character.charCount(c);
    }
    return line.toString();
  }

  /// Whether [#line] changes nothing in a text, however long.
  public static boolean isLine(String text) {
    return text.codePoints().noneMatch(Printable::isUnseen);
  }

  /// Lines of ours, whatever has got into them: line ends and tabs stay; what a terminal obeys and
  /// what turns the direction of writing does not. Joiners, without which some scripts cannot be
  /// written, stay too.
  public static String lines(String text) {
    if (text.chars().noneMatch(Printable::mayBeObeyed)) {
      return text;
    }
    StringBuilder lines = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(lines, c, isObeyed(c)));
    return lines.toString();
  }

  /// The same value as JSON in which nothing is obeyed: what would be stands as its escape.
  ///
  /// @param json compact or indented, which has such characters in its strings only
  public static String json(String json) {
    if (json.chars().noneMatch(Printable::mayBeObeyed)) {
      return json;
    }
    StringBuilder safe = new StringBuilder(json.length() + 16);
    json.codePoints()
        .forEach(
            c -> {
              if (isObeyed(c)) {
                for (char unit : Character.toChars(c)) {
                  safe.append("\\u%04x".formatted((int) unit));
                }
              } else {
                safe.appendCodePoint(c);
              }
            });
    return safe.toString();
  }

  private static void append(StringBuilder text, int c, boolean escaped) {
    if (escaped) {
      text.append("\\u{").append(Integer.toHexString(c)).append('}');
    } else {
      text.appendCodePoint(c);
    }
  }

  private static boolean isUnseen(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> isFiller(c);
    };
  }

  /// Letters and signs that are drawn as nothing.
  private static boolean isFiller(int c) {
    return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
  }

  /// A quick look at one unit: nearly all text has none of these.
  private static boolean mayBeObeyed(int unit) {
    return isObeyed(unit) || Character.isHighSurrogate((char) unit);
  }

  private static boolean isObeyed(int c) {
    if (c == '\n' || c == '\t') {
      return false;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
      case Character.FORMAT ->
          c == 0x061c
              || c == 0x200b
              || c == 0x200e
              || c == 0x200f
              || c >= 0x202a && c <= 0x202e
              || c >= 0x2060 && c <= 0x206f
              || c == 0xfeff
              || c >= 0xfff9 && c <= 0xfffb
              || c >= 0xe0001 && c <= 0xe0020;
      default -> false;
    };
  }
}
