package org.dure.evaluation;

import java.util.ArrayDeque;
import java.util.Deque;

/// Writes HTML in which nothing but what this program names is markup: every text and every
/// attribute's value is escaped. What it writes is well-formed XML as well. Not thread-safe.
final class Html {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /// Opens an element.
  ///
  /// @param attributes names and values in turn
  Html open(String element, String... attributes) {
    tag(element, attributes);
    open.push(element);
    return this;
  }

  /// Closes the element that was opened last.
  Html close() {
    out.append("</").append(open.pop()).append(">\n");
    return this;
  }

  /// An element that has no content, e.g. `meta`.
  Html empty(String element, String... attributes) {
    tag(element, attributes);
    out.insert(out.length() - 1, '/');
    return this;
  }

  /// An element with nothing but text in it.
  Html element(String element, String text, String... attributes) {
    inline(element, text, attributes);
    out.append('\n');
    return this;
  }

  /// As [#element], within a line of text: no line end follows.
  Html inline(String element, String text, String... attributes) {
    tag(element, attributes);
    out.append(escape(text)).append("</").append(element).append('>');
    return this;
  }

  Html text(String text) {
    out.append(escape(text));
    return this;
  }

  /// The style sheet of this program: not escaped, because HTML reads it raw.
  Html style(String css) {
    out.append("<style>\n").append(css).append("</style>\n");
    return this;
  }

  String document() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not closed: " + open);
    }
    return "<!DOCTYPE html>\n" + out;
  }

  /// Text as HTML and as an attribute's value. Characters that HTML does not allow become U+FFFD.
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(isAllowed(c) ? c : 0xfffd);
              }
            });
    return escaped.toString();
  }

  private static boolean isAllowed(int c) {
    boolean control = c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x7f && c < 0xa0;
    boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    boolean nonCharacter = c >= 0xfdd0 && c <= 0xfdef || (c & 0xfffe) == 0xfffe;
    return !control && !surrogate && !nonCharacter;
  }

  private void tag(String element, String... attributes) {
    out.append('<').append(element);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ')
          .append(attributes[i])
          .append("=\"")
          .append(escape(attributes[i + 1]))
          .append('"');
    }
    out.append('>');
  }
}
