package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.dure.core.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;

/// Reads an HTML file: one document a block of text (paragraph, heading, list item, table cell),
/// in the page's order; scripts, navigation, forms, page headers and footers are left out.
///
/// The page is walked without recursion, so that deep nesting cannot exhaust the stack.
final class HtmlPage {
  private static final Set<String> SKIPPED =
      Set.of(
          "head",
          "script",
          "style",
          "noscript",
          "template",
          "nav",
          "header",
          "footer",
          "aside",
          "form",
          "button",
          "select",
          "textarea",
          "svg",
          "math",
          "object",
          "iframe",
          "canvas",
          "audio",
          "video");

  private final InputFile file;
  private final String language;
  private final int limit;
  private final Reading reading;
  private final StringBuilder text = new StringBuilder();
  private final Map<String, Integer> uses = new HashMap<>();
  private String blockId = "";
  private long ordinal;

  private HtmlPage(InputFile file, String language, int limit, Reading reading) {
    this.file = file;
    this.language = language;
    this.limit = limit;
    this.reading = reading;
  }

  static void read(InputFile file, Reader in, String language, int limit, Reading reading)
      throws IOException {
    String html = in.readAllAsString();
    Optional<String> problem = PageGuard.problem(html);
    if (problem.isPresent()) {
      reading.quarantine(
          new Quarantine(
              Quarantine.TOO_COMPLEX,
              file.name(),
              "",
              problem.get(),
              "at most %,d elements, %,d deep"
                  .formatted(PageGuard.MOST_NODES, PageGuard.MOST_DEPTH)));
      return;
    }
    Element body = Parser.htmlParser().parseInput(html, "").body();
    new HtmlPage(file, language, limit, reading).walk(body);
  }

  /// A node to enter, or the end of a block element.
  private record Step(Node node, boolean end) {}

  private void walk(Element body) {
    Deque<Step> steps = new ArrayDeque<>();
    steps.push(new Step(body, false));
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      if (step.end()) {
        emit();
        blockId = "";
      } else if (step.node() instanceof TextNode node) {
        text.append(preformatted(node) ? node.getWholeText() : node.text());
      } else if (step.node() instanceof Element element && !skipped(element)) {
        enter(element, steps);
      }
    }
    emit();
  }

  private static boolean preformatted(TextNode node) {
    return node.parent() instanceof Element parent && parent.normalName().equals("pre");
  }

  private static boolean skipped(Element element) {
    return SKIPPED.contains(element.normalName()) || element.hasAttr("hidden");
  }

  private void enter(Element element, Deque<Step> steps) {
    if (element.normalName().equals("br")) {
      text.append('\n');
      return;
    }
    if (element.isBlock() || element.normalName().matches("td|th|dt|dd|figcaption")) {
      emit();
      blockId = element.id();
      steps.push(new Step(element, true));
    }
    for (Node child = element.lastChild(); child != null; child = child.previousSibling()) {
      steps.push(new Step(child, false));
    }
  }

  private void emit() {
    String found = text.toString();
    text.setLength(0);
    if (found.isBlank()) {
      return;
    }
    ordinal++;
    if (found.length() > limit) {
      reading.quarantine(
          new Quarantine(
              Quarantine.TOO_LONG,
              file.name(),
              "block " + ordinal,
              found.length() + " characters",
              "at most " + limit));
      return;
    }
    boolean stable = !blockId.isEmpty() && uses.merge(blockId, 1, Integer::sum) == 1;
    String id = file.name() + (stable ? "#" + blockId : ":" + ordinal);
    reading.candidate(
        new Candidate(
            new Document(id, language, found, file.name(), "unknown"),
            stable ? Optional.of(id) : Optional.empty()));
  }
}
