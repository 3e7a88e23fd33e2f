package org.dure.core.page;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/// Writes HTML or inline SVG, element by element.
///
/// Every text and every attribute value is escaped here and nowhere else, so what a peer or a
/// document says can never become markup. Characters that HTML does not allow, and those that would
/// reorder or hide the text around them, become U+FFFD. Elements close in the order in which they
/// were opened. What is written is well-formed XML as well. Not thread-safe.
public final class HtmlWriter {
  private static final Set<String> VOID = Set.of("meta", "link", "br", "hr", "input", "img");

  private final StringBuilder out = new StringBuilder(16 << 10);
  private final Deque<String> open = new ArrayDeque<>();

  /// Opens an element; one that HTML knows to be empty, e.g. `meta`, is whole with that.
  ///
  /// @param attributes name, value, name, value
  public HtmlWriter open(String element, String... attributes) {
    tag(element, attributes);
    if (VOID.contains(element)) {
      out.append("/>");
    } else {
      out.append('>');
      open.push(element);
    }
    return this;
  }

  /// Closes the element that was opened last.
  public HtmlWriter close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  public HtmlWriter text(String text) {
    escape(text, out);
    return this;
  }

  /// An element that holds nothing but text.
  public HtmlWriter element(String name, String text, String... attributes) {
    return open(name, attributes).text(text).close();
  }

  /// An element with nothing in it, e.g. SVG's `path`.
  public HtmlWriter empty(String name, String... attributes) {
    tag(name, attributes);
    out.append("/>");
    return this;
  }

  /// A line end, for those who read the source.
  public HtmlWriter line() {
    out.append('\n');
    return this;
  }

  /// The style sheet of this program: not escaped, because HTML reads it raw.
  public HtmlWriter style(String css) {
    out.append("<style>\n").append(css).append("</style>\n");
    return this;
  }

  /// A script of this program: not escaped, because HTML reads it raw.
  ///
  /// @throws IllegalArgumentException if it holds `<` or `&`, with which the piece would be no XML
  public HtmlWriter script(String script) {
    if (script.contains("<") || script.contains("&")) {
      throw new IllegalArgumentException("a script with < or & is not well-formed XML");
    }
    out.append("<script>").append(script).append("</script>\n");
    return this;
  }

  /// The whole piece.
  ///
  /// @throws IllegalStateException if an element is still open
  public String end() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("still open: " + open);
    }
    return out.toString();
  }

  /// A text as it may stand between elements and in the value of an attribute.
  public static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    escape(text, escaped);
    return escaped.toString();
  }

  private void tag(String element, String... attributes) {
    out.append('<').append(element);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1], out);
      out.append('"');
    }
  }

  private static void escape(String text, StringBuilder out) {
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
              }
            });
  }

  /// Neither a control character, nor half of a surrogate pair, nor what Unicode will never be a
  /// character, nor an override or isolate of the writing direction.
  private static boolean isAllowed(int c) {
    boolean control = Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t';
    boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    boolean nonCharacter = c >= 0xFDD0 && c <= 0xFDEF || (c & 0xFFFE) == 0xFFFE;
    boolean direction = c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069;
    return !control && !surrogate && !nonCharacter && !direction;
  }
}
