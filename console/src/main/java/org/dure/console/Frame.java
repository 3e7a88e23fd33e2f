package org.dure.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.dure.core.LanguageProfile;
import org.dure.core.Version;
import org.dure.core.page.HtmlWriter;

/// What every page has around its content: head, skip link, navigation, language selector, the line
/// that says when the hub no longer answers, and the footer.
final class Frame {
  /// Pages of the navigation: address to key of the name.
  private static final List<Map.Entry<String, String>> PAGES =
      List.of(
          Map.entry("/", "nav.belt"),
          Map.entry("/borders", "nav.borders"),
          Map.entry("/rounds", "nav.rounds"),
          Map.entry("/evaluation", "nav.evaluation"),
          Map.entry("/release", "nav.release"));

  private Frame() {}

  /// A whole page.
  ///
  /// @param heading what the page is about; becomes part of the title
  /// @param content writes what is inside `main`
  static String page(View view, String heading, Consumer<HtmlWriter> content) {
    HtmlWriter html = new HtmlWriter();
    html.open("html", "lang", view.words().language());
    head(html, heading + " · " + View.brief(view.status().study()) + " · Dure");
    html.open("body");
    html.element("a", view.text("skip"), "class", "skip", "href", "#content");
    header(html, view);
    html.open("p", "class", "lost", "role", "alert", "id", "lost", "hidden", "")
        .text(
            view.text(
                "connection.lost",
                "time",
                view.words().time(view.status().progress().now(), view.zone())))
        .close();
    html.open("main", "id", "content", "tabindex", "-1");
    content.accept(html);
    html.close();
    footer(html, view);
    html.close().close();
    return "<!DOCTYPE html>\n" + html.end();
  }

  /// A page that only says what went wrong, for when there is no picture of the study to show.
  static String problem(Messages words, String heading, String detail) {
    HtmlWriter html = new HtmlWriter();
    html.open("html", "lang", words.language());
    head(html, heading + " · Dure");
    html.open("body").open("main", "id", "content");
    html.element("h1", heading).element("p", detail);
    html.open("p").element("a", words.text("error.home"), "href", "/").close();
    html.close().close().close();
    return "<!DOCTYPE html>\n" + html.end();
  }

  private static void head(HtmlWriter html, String title) {
    html.open("head");
    html.open("meta", "charset", "utf-8");
    html.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.open("meta", "name", "color-scheme", "content", "light dark");
    html.element("title", title);
    html.open("link", "rel", "icon", "href", "/console/icon.svg", "type", "image/svg+xml");
    html.open("link", "rel", "stylesheet", "href", "/console/console.css");
    html.element("script", "", "type", "module", "src", "/console/console.js");
    html.close();
  }

  private static void header(HtmlWriter html, View view) {
    html.open("header", "class", "top");
    html.open("a", "class", "brand", "href", "/");
    BeltDiagram.mark(html);
    html.element("span", "Dure").close();
    html.open("nav", "class", "pages", "aria-label", view.text("nav.label"));
    html.open("ul");
    for (Map.Entry<String, String> page : PAGES) {
      html.open("li");
      String name = view.text(page.getValue());
      if (current(page.getKey(), view.path())) {
        html.element("a", name, "href", page.getKey(), "aria-current", "page");
      } else {
        html.element("a", name, "href", page.getKey());
      }
      html.close();
    }
    html.close().close();
    languages(html, view);
    html.close();
  }

  private static boolean current(String page, String path) {
    return page.equals("/") ? path.equals("/") : path.equals(page) || path.startsWith(page + "/");
  }

  private static void languages(HtmlWriter html, View view) {
    html.open("nav", "class", "languages", "aria-label", view.text("language.label"));
    html.open("details").open("summary");
    String here = view.words().language();
    html.element("span", LanguageProfile.ownName(here), "class", "own");
    html.element("span", here.toUpperCase(Locale.ROOT), "class", "code").close();
    html.open("ul");
    for (String language : Messages.LANGUAGES) {
      String name = LanguageProfile.ownName(language);
      List<String> attributes = new ArrayList<>();
      attributes.addAll(List.of("href", view.path() + "?lang=" + language));
      attributes.addAll(List.of("lang", language, "hreflang", language));
      if (language.equals(here)) {
        attributes.addAll(List.of("aria-current", "true"));
      }
      html.open("li").element("a", name, attributes.toArray(String[]::new)).close();
    }
    html.close().close().close();
  }

  private static void footer(HtmlWriter html, View view) {
    html.open("footer");
    html.open("p");
    html.text(
        view.text(
            "footer.picture",
            "time",
            view.words().time(view.status().progress().now(), view.zone())));
    html.text(" ");
    html.element("span", view.text("footer.live"), "class", "live-only");
    html.element("noscript", view.text("footer.reload"));
    html.close();
    html.open("p");
    html.text("Dure " + Version.TEXT + " · ");
    html.element("a", view.text("footer.json"), "href", "/api/status");
    html.close().close();
  }
}
