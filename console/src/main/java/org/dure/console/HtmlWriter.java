package org.dure.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/// Writes a piece of HTML or inline SVG, element by element.
///
/// Every text and every attribute value is escaped here and nowhere else, so what a peer says (a
/// region's name, what it does, a metric's name) can never become markup. Characters that would
/// reorder or hide the text around them are replaced. Elements close in the order in which they
/// were opened. Not thread-safe.
final class HtmlWriter {
  private static final Set<String> VOID = Set.of("meta", "link", "br", "hr", "input", "img");

  private final StringBuilder out = new StringBuilder(16 << 10);
  private final Deque<String> open = new ArrayDeque<>();

  /// Opens an element.
  ///
  /// @param attributes name, value, name, value; a null-free list
  HtmlWriter open(String element, String... attributes) {
    out.append('<').append(element);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1]);
      out.append('"');
    }
    out.append('>');
    if (!VOID.contains(element)) {
      open.push(element);
    }
    return this;
  }

  /// Closes the element that was opened last.
  HtmlWriter close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  HtmlWriter text(String text) {
    escape(text);
    return this;
  }

  /// An element that holds nothing but text.
  HtmlWriter element(String name, String text, String... attributes) {
    return open(name, attributes).text(text).close();
  }

  /// The whole piece.
  ///
  /// @throws IllegalStateException if an element is still open
  String end() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("still open: " + open);
    }
    return out.toString();
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(unsafe(text, i) ? '\uFFFD' : c);
      }
    }
  }

  /// Control characters, overrides of the writing direction and halves of surrogate pairs: a
  /// browser would refuse them, or show another text than the one that was sent.
  private static boolean unsafe(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return i == 0 || !Character.isHighSurrogate(text.charAt(i - 1));
    }
    return (Character.isISOControl(c) && c != '\n' && c != '\t')
        || (c >= '\u202A' && c <= '\u202E')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
