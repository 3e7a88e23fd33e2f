package org.dure.corpus.read;

import java.io.Reader;
import java.util.Iterator;
import java.util.Optional;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.jsoup.parser.StreamParser;

/// Parses a page with bounds on what the parser makes of it, so that a small page cannot ask for
/// unbounded memory or time.
///
/// A parser's tree can be far larger than its page: formatting elements that are never closed are
/// opened again in every later block. So the elements are counted as the parser closes them, and it
/// is stopped at the limit. Nesting needs no such end: as in browsers, an element deeper than the
/// limit becomes the neighbour of the one before, and the text within stays.
final class PageParser {
  static final int MOST_ELEMENTS = 400_000;
  static final int MOST_DEPTH = 512;

  private PageParser() {}

  /// The page's tree; empty if it has more elements than the limit.
  static Optional<Document> parse(Reader in) {
    Parser html = Parser.htmlParser().setMaxDepth(MOST_DEPTH);
    try (StreamParser parser = new StreamParser(html).parse(in, "")) {
      Iterator<Element> closed = parser.iterator();
      for (int elements = 0; closed.hasNext(); elements++) {
        if (elements == MOST_ELEMENTS) {
          return Optional.empty();
        }
        Element unused = closed.next();
      }
      return Optional.of(parser.document());
    }
  }
}
