package org.dure.corpus.read;

import java.io.Reader;
import java.util.Iterator;
import java.util.Optional;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.parser.Parser;
import org.jsoup.parser.StreamParser;

/// Parses a page with bounds on what the parser makes of it, so that a small page cannot ask for
/// unbounded memory or time.
///
/// A parser's tree can be far larger than its page: formatting elements that are never closed are
/// opened again in every later block. So the elements are counted as the parser closes them, and it
/// is stopped at the limit. Nesting does not end the page: as in browsers, an element deeper than
/// the limit becomes the neighbour of the one before, and the text within stays. Of such elements
/// there may be fewer, since the parser searches its list of cells left open for each of them.
final class PageParser {
  static final int MOST_ELEMENTS = 400_000;
  static final int MOST_DEPTH = 512;
  private static final int MOST_DEEP_ELEMENTS = 100_000;

  private PageParser() {}

  /// The page's tree; empty if it has more elements than the limit.
  static Optional<Document> parse(Reader in) {
    Parser html = Parser.htmlParser().setMaxDepth(MOST_DEPTH);
    try (StreamParser parser = new StreamParser(html).parse(in, "")) {
      Iterator<Element> closed = parser.iterator();
      int deep = 0;
      for (int elements = 0; closed.hasNext(); elements++) {
        if (elements == MOST_ELEMENTS || deep == MOST_DEEP_ELEMENTS) {
          return Optional.empty();
        }
        deep += isDeep(closed.next()) ? 1 : 0;
      }
      return Optional.of(parser.document());
    }
  }

  /// Whether an element is so near the limit that the parser may have closed it for that.
  private static boolean isDeep(Element element) {
    int depth = 0;
    for (Node above = element; above != null; above = above.parentNode()) {
      depth++;
    }
    return depth > MOST_DEPTH - 4;
  }
}
