package org.dure.corpus.read;

import java.io.Reader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jsoup.nodes.Comment;
import org.jsoup.nodes.DataNode;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;

/// Reads an HTML file: one document a block of text (paragraph, heading, list item, table cell),
/// in the page's order. What [PageRules] leaves out is counted.
///
/// The page is walked without recursion, so that deep nesting cannot exhaust the stack.
final class HtmlPage {
  private final InputFile file;
  private final String language;
  private final int limit;
  private final Reading reading;
  private final StringBuilder text = new StringBuilder();
  private final Map<String, Integer> uses = new HashMap<>();
  private final Map<String, Long> leftOut = new TreeMap<>();
  private String blockId = "";
  private long ordinal;

  private HtmlPage(InputFile file, String language, int limit, Reading reading) {
    this.file = file;
    this.language = language;
    this.limit = limit;
    this.reading = reading;
  }

  static void read(InputFile file, Reader in, String language, int limit, Reading reading) {
    switch (PageParser.parse(in)) {
      case PageParser.Outcome.Refused refused ->
          reading.quarantine(
              new Quarantine(refused.rule(), file.name(), "", refused.found(), refused.expected()));
      case PageParser.Outcome.Whole whole -> {
        HtmlPage walk = new HtmlPage(file, language, limit, reading);
        walk.walk(whole.page());
        walk.leftOut.forEach(reading::leftOut);
      }
    }
  }

  /// A node to enter, or the end of a block element.
  private record Step(Node node, PageRules.Place place, boolean end) {}

  private void walk(Document page) {
    Deque<Step> steps = new ArrayDeque<>();
    enter(page, PageRules.Place.PAGE, steps);
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      if (step.end()) {
        emit();
        blockId = "";
        continue;
      }
      switch (step.node()) {
        case TextNode node ->
            add(step.place().preformatted() ? node.getWholeText() : node.text(), step.place());
        case DataNode node -> add(node.getWholeData(), step.place());
        case Comment node -> count(PageRules.COMMENT, node.getData());
        case Element element -> enter(element, step.place(), steps);
        default -> {}
      }
    }
    emit();
  }

  private void add(String found, PageRules.Place place) {
    if (place.isContent()) {
      text.append(found);
    } else {
      count(place.rule(), found);
    }
  }

  private void count(String rule, String found) {
    String stripped = found.strip();
    if (!stripped.isEmpty()) {
      leftOut.merge(rule, (long) stripped.codePointCount(0, stripped.length()), Long::sum);
    }
  }

  private void enter(Element element, PageRules.Place around, Deque<Step> steps) {
    if (element.normalName().equals("br")) {
      text.append(around.isContent() ? "\n" : "");
      return;
    }
    PageRules.Place place = around.in(element);
    if (PageRules.isBlock(element)) {
      emit();
      blockId = element.id();
      steps.push(new Step(element, place, true));
    }
    for (Node child = element.lastChild(); child != null; child = child.previousSibling()) {
      steps.push(new Step(child, place, false));
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
            new org.dure.core.Document(id, language, found, file.name(), "unknown"),
            stable ? Optional.of(id) : Optional.empty()));
  }
}
