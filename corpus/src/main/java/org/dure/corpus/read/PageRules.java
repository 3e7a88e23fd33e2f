package org.dure.corpus.read;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jsoup.nodes.Element;

/// Which elements of a page hold its content.
///
/// What is left out has a rule by which it is counted. Headers, footers and side notes are those of
/// the page only outside of its articles and sections; the headings in a page's header are content.
final class PageRules {
  static final String COMMENT = "page.comment";

  /// Text that is content.
  static final String CONTENT = "";

  private static final String HEAD = "page.head";
  private static final String HEADER = "page.header";
  private static final String HIDDEN = "page.hidden";

  /// Left out wherever they stand.
  private static final Map<String, String> LEFT_OUT =
      Map.ofEntries(
          Map.entry("head", HEAD),
          Map.entry("script", "page.script"),
          Map.entry("style", "page.style"),
          Map.entry("template", "page.template"),
          Map.entry("noscript", "page.noscript"),
          Map.entry("nav", "page.navigation"),
          Map.entry("button", "page.control"),
          Map.entry("select", "page.control"),
          Map.entry("datalist", "page.control"),
          Map.entry("textarea", "page.control"),
          Map.entry("rt", "page.ruby"),
          Map.entry("rp", "page.ruby"),
          Map.entry("rtc", "page.ruby"),
          Map.entry("math", "page.formula"),
          Map.entry("svg", "page.embedded"),
          Map.entry("canvas", "page.embedded"),
          Map.entry("audio", "page.embedded"),
          Map.entry("video", "page.embedded"),
          Map.entry("object", "page.embedded"),
          Map.entry("applet", "page.embedded"),
          Map.entry("iframe", "page.embedded"),
          Map.entry("noembed", "page.embedded"),
          Map.entry("noframes", "page.embedded"));

  private static final Map<String, String> OF_THE_PAGE =
      Map.of("header", HEADER, "footer", "page.footer", "aside", "page.aside");

  private static final Set<String> CODE = Set.of("script", "style");
  private static final Set<String> SECTIONS = Set.of("article", "main", "section");
  private static final Set<String> HEADINGS = Set.of("h1", "h2", "h3", "h4", "h5", "h6", "hgroup");
  private static final Set<String> PREFORMATTED =
      Set.of("pre", "listing", "xmp", "plaintext", "textarea");

  /// Beyond what the parser calls a block.
  private static final Set<String> BLOCKS =
      Set.of("td", "th", "dt", "dd", "li", "figcaption", "caption", "legend", "summary");

  /// What the parser calls a block though it stands within a line.
  private static final Set<String> INLINE =
      Set.of(
          "ins",
          "del",
          "button",
          "script",
          "style",
          "noscript",
          "template",
          "svg",
          "math",
          "object",
          "video",
          "audio",
          "canvas",
          "applet",
          "iframe",
          "link",
          "meta");

  private PageRules() {}

  /// What holds for the text in an element.
  ///
  /// @param rule why it is left out, or [#CONTENT]
  /// @param section whether it is within an article or a section
  /// @param preformatted whether line ends and spaces stay as they are
  record Place(String rule, boolean section, boolean preformatted) {
    static final Place PAGE = new Place(CONTENT, false, false);

    boolean isContent() {
      return rule.equals(CONTENT);
    }

    /// The place within an element that stands in this one.
    Place in(Element element) {
      String name = element.normalName();
      return new Place(
          rule(element, name),
          section || SECTIONS.contains(name),
          preformatted || PREFORMATTED.contains(name));
    }

    private String rule(Element element, String name) {
      String always = LEFT_OUT.get(name);
      if (always != null && (isContent() || rule.equals(HEAD) || CODE.contains(name))) {
        return always;
      }
      if (!isContent()) {
        return rule.equals(HEADER) && HEADINGS.contains(name) ? CONTENT : rule;
      }
      if (element.hasAttr("hidden") && !isFoundBySearch(element)) {
        return HIDDEN;
      }
      return section ? CONTENT : OF_THE_PAGE.getOrDefault(name, CONTENT);
    }

    /// `hidden=until-found` is folded text.
    private static boolean isFoundBySearch(Element element) {
      return element.attr("hidden").toLowerCase(Locale.ROOT).equals("until-found");
    }
  }

  /// Whether text ends where the element begins and ends.
  static boolean isBlock(Element element) {
    String name = element.normalName();
    return BLOCKS.contains(name) || (element.isBlock() && !INLINE.contains(name));
  }
}
