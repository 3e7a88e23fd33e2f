package org.dure.corpus.read;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Foresees what an HTML parser would make of a page, in one pass over its tags, so that a small
/// page cannot ask for unbounded memory or time.
///
/// A parser's tree can be far larger than the page: formatting elements that are never closed are
/// opened again in every later block, and deep nesting is searched at every tag. So the nodes are
/// estimated as one for each tag plus one for each formatting element open there.
final class PageGuard {
  static final int MOST_NODES = 400_000;
  static final int MOST_DEPTH = 1_000;
  private static final int LONGEST_NAME = 16;

  private static final Set<String> FORMATTING =
      Set.of(
          "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong",
          "tt", "u");

  /// Elements without an end tag, or whose end tag may be left out.
  private static final Set<String> OPEN_ENDED =
      Set.of(
          "area",
          "base",
          "br",
          "col",
          "embed",
          "hr",
          "img",
          "input",
          "link",
          "meta",
          "param",
          "source",
          "track",
          "wbr",
          "html",
          "head",
          "body",
          "p",
          "li",
          "dt",
          "dd",
          "tr",
          "td",
          "th",
          "thead",
          "tbody",
          "tfoot",
          "colgroup",
          "caption",
          "option",
          "optgroup",
          "rp",
          "rt");

  private PageGuard() {}

  /// What is too much about the page, if anything.
  static Optional<String> problem(String page) {
    long nodes = 0;
    int formatting = 0;
    int depth = 0;
    for (int at = page.indexOf('<'); at >= 0; at = page.indexOf('<', at)) {
      at++;
      if (page.startsWith("!--", at)) {
        at = after(page, "-->", at);
        continue;
      }
      boolean end = at < page.length() && page.charAt(at) == '/';
      String name = name(page, end ? at + 1 : at);
      if (name.isEmpty()) {
        continue;
      }
      int step = end ? -1 : 1;
      if (FORMATTING.contains(name)) {
        formatting = Math.max(0, formatting + step);
      } else if (!OPEN_ENDED.contains(name)) {
        depth = Math.max(0, depth + step);
      }
      nodes += 1 + formatting;
      if (depth > MOST_DEPTH) {
        return Optional.of("elements nested more than %,d deep".formatted(MOST_DEPTH));
      }
      if (nodes > MOST_NODES) {
        return Optional.of("more than %,d elements when parsed".formatted(MOST_NODES));
      }
      if (!end && (name.equals("script") || name.equals("style"))) {
        at = Math.max(at, after(page, "</" + name, at) - name.length() - 2);
      }
    }
    return Optional.empty();
  }

  private static int after(String page, String mark, int from) {
    int found = page.indexOf(mark, from);
    return found < 0 ? page.length() : found + mark.length();
  }

  private static String name(String page, int from) {
    int to = from;
    while (to < page.length() && to - from < LONGEST_NAME && isNamePart(page.charAt(to))) {
      to++;
    }
    return page.substring(from, to).toLowerCase(Locale.ROOT);
  }

  private static boolean isNamePart(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }
}
