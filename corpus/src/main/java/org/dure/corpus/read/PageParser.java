package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.Iterator;
import java.util.UUID;
import org.jsoup.nodes.Comment;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.parser.Parser;
import org.jsoup.parser.StreamParser;

/// Parses a page with bounds on what the parser makes of it, so that a small page cannot ask for
/// unbounded memory or time, and tells a page of which the parser shows only a part.
///
/// A parser's tree can be far larger than its page: formatting elements that are never closed are
/// opened again in every later block. So the elements are counted as the parser closes them, and it
/// is stopped at the limit. Nesting does not end the page: as in browsers, an element deeper than
/// the limit becomes the neighbour of the one before, and the text within stays. Of such elements
/// there may be fewer, since the parser searches its list of cells left open for each of them; and
/// of tables, before which it moves what stands in them wrongly.
///
/// What stands in a tag that never ends, or behind an element such as `<script/>`, which HTML does
/// not close so, the parser drops or takes for a script. So a comment of our own is set behind the
/// page: where it does not come out again, something has swallowed it, and more before it.
final class PageParser {
  static final int MOST_ELEMENTS = 400_000;
  static final int MOST_DEPTH = 512;
  private static final int MOST_DEEP_ELEMENTS = 100_000;
  private static final int MOST_TABLES = 25_000;

  /// No page knows it.
  private static final String END = " end of page " + UUID.randomUUID() + " ";

  /// What became of a page.
  sealed interface Outcome {
    record Whole(Document page) implements Outcome {}

    /// @param rule of a [Quarantine]
    record Refused(String rule, String found, String expected) implements Outcome {}
  }

  private PageParser() {}

  static Outcome parse(Reader in) {
    Parser html = Parser.htmlParser().setMaxDepth(MOST_DEPTH);
    try (StreamParser parser = new StreamParser(html).parse(new Ended(in), "")) {
      Iterator<Element> closed = parser.iterator();
      int deep = 0;
      int tables = 0;
      for (int elements = 0; closed.hasNext(); elements++) {
        if (elements == MOST_ELEMENTS) {
          return tooMany("elements", MOST_ELEMENTS);
        }
        if (deep == MOST_DEEP_ELEMENTS) {
          return tooMany("deep elements", MOST_DEEP_ELEMENTS);
        }
        if (tables == MOST_TABLES) {
          return tooMany("tables", MOST_TABLES);
        }
        Element element = closed.next();
        deep += isDeep(element) ? 1 : 0;
        tables += element.normalName().equals("table") ? 1 : 0;
      }
      return whole(parser.document());
    }
  }

  private static Outcome tooMany(String what, int most) {
    return new Outcome.Refused(
        Quarantine.TOO_COMPLEX,
        "more than %,d %s when parsed".formatted(most, what),
        "at most %,d %s".formatted(most, what));
  }

  private static Outcome whole(Document page) {
    Node[] end = new Node[1];
    boolean[] frames = new boolean[1];
    page.traverse(
        (node, depth) -> {
          if (node instanceof Comment comment && comment.getData().equals(END)) {
            end[0] = node;
          }
          frames[0] |= node.normalName().equals("frameset");
        });
    if (frames[0]) {
      return new Outcome.Refused(
          Quarantine.INCOMPLETE, "a set of frames, beside which no text is read", "a page of text");
    }
    if (end[0] == null) {
      return new Outcome.Refused(
          Quarantine.INCOMPLETE,
          "the end of the page lies within a tag, an attribute or an element such as <script>",
          "every tag and quotation mark closed");
    }
    end[0].remove();
    return new Outcome.Whole(page);
  }

  /// Whether an element is so near the limit that the parser may have closed it for that.
  private static boolean isDeep(Element element) {
    int depth = 0;
    for (Node above = element; above != null; above = above.parentNode()) {
      depth++;
    }
    return depth > MOST_DEPTH - 4;
  }

  /// A page, and the comment behind it.
  private static final class Ended extends Reader {
    private final Reader page;
    private final Reader end = new StringReader("<!--" + END + "-->");
    private boolean over;

    Ended(Reader page) {
      this.page = page;
    }

    @Override
    public int read(char[] into, int from, int length) throws IOException {
      if (!over) {
        int read = page.read(into, from, length);
        if (read >= 0) {
          return read;
        }
        over = true;
      }
      return end.read(into, from, length);
    }

    @Override
    public void close() throws IOException {
      page.close();
    }
  }
}
