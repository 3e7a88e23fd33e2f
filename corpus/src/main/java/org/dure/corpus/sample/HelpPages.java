package org.dure.corpus.sample;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/// Takes the paragraphs out of a page of the LibreOffice help.
///
/// A page's text is in `#DisplayArea`; each paragraph there is a `p` (or, rarely, a heading) whose
/// `id` is the same in every translation. Section headings, code and pictures are left out. Where
/// the page offers one wording for each program or system (`switchinline`), the default one is
/// taken. A paragraph that is embedded twice in a page is taken once.
final class HelpPages {
  private static final Set<String> NOT_TEXT =
      Set.of("code", "codeintable", "smathcode", "bascode", "related", "image", "imageintable");

  private static final String PARAGRAPHS =
      "p[id], h1[id^=par_], h2[id^=par_], h3[id^=par_], h4[id^=par_], h5[id^=par_]";

  private HelpPages() {}

  /// @param id `id` of the element
  record Paragraph(String id, String text) {}

  /// @param html the page in UTF-8
  static List<Paragraph> paragraphs(String html) {
    Document page = Jsoup.parse(html);
    Element area = page.getElementById("DisplayArea");
    if (area == null) {
      return List.of();
    }
    for (Element choice : area.select("span.switchinline")) {
      chooseDefault(choice);
    }
    area.select("script, style, nav, footer, noscript").remove();
    List<Paragraph> paragraphs = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Element element : area.select(PARAGRAPHS)) {
      if (isText(element) && seen.add(element.id())) {
        String text = element.text().strip();
        if (!text.isEmpty()) {
          paragraphs.add(new Paragraph(element.id(), text));
        }
      }
    }
    return paragraphs;
  }

  private static boolean isText(Element element) {
    return element.classNames().stream().noneMatch(NOT_TEXT::contains);
  }

  private static void chooseDefault(Element choice) {
    List<Element> wordings = choice.children();
    Optional<Element> chosen =
        wordings.stream().filter(wording -> wording.id().startsWith("default")).findFirst();
    Element keep = chosen.orElse(wordings.isEmpty() ? null : wordings.getFirst());
    for (Element wording : List.copyOf(wordings)) {
      if (wording != keep) {
        wording.remove();
      }
    }
  }
}
