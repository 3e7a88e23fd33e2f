package org.dure.console;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Region;

/// The head of the first page: which region has a problem, what it is, since when, and what to do.
final class Attention {
  private static final long DAY = 86_400_000;

  private Attention() {}

  static void write(HtmlWriter html, View view) {
    StudyStatus status = view.status();
    StudyStatus.Trouble trouble = status.trouble();
    List<Region> regions = concerned(status);
    html.open("section", "class", "attention", "aria-labelledby", "attention");
    if (trouble == null && regions.isEmpty()) {
      boolean runs =
          status.progress().phase() != Phase.WAITING && status.progress().phase() != Phase.FINISHED;
      html.element("h2", view.text("concerns.title"), "class", "hidden", "id", "attention");
      if (runs && !status.regions().isEmpty()) {
        html.element("p", view.text("concerns.none"), "class", "well");
      }
    } else {
      html.element("h2", view.text("concerns.title"), "id", "attention");
      html.open("ul");
      if (trouble != null) {
        html.open("li", "class", "severe");
        html.open("p");
        html.element("span", ConcernMessages.trouble(view.words(), trouble), "class", "what");
        since(html, view, trouble.since());
        html.close().close();
      }
      regions.forEach(region -> item(html, view, region));
      html.close();
    }
    strangers(html, view);
    html.close();
  }

  /// The regions with a concern, the most important first.
  static List<Region> concerned(StudyStatus status) {
    return status.regions().stream()
        .filter(region -> region.concern() != null)
        .sorted(
            Comparator.comparing(
                region -> {
                  Concern concern = region.concern();
                  return concern == null ? Integer.MAX_VALUE : concern.code().ordinal();
                }))
        .toList();
  }

  private static void item(HtmlWriter html, View view, Region region) {
    Concern concern = region.concern();
    if (concern == null) {
      return;
    }
    html.open("li", "class", concern.code().isSevere() ? "severe" : "mild");
    html.open("p");
    html.open("a", "class", "who", "href", "#region-" + view.status().regions().indexOf(region));
    html.element("bdi", view.label(region), "lang", View.languageTag(region));
    html.close().text(" ");
    html.element("span", ConcernMessages.text(view.words(), concern), "class", "what");
    since(html, view, concern.since());
    html.close();
    html.open("p", "class", "do");
    html.element("b", view.text("concerns.do")).text(" ");
    html.text(ConcernMessages.advice(view.words(), concern));
    html.close().close();
  }

  private static void since(HtmlWriter html, View view, long millis) {
    if (millis > 0) {
      boolean today = view.status().progress().now() - millis < DAY / 2;
      String time =
          today
              ? view.words().time(millis, view.zone())
              : view.words().dateTime(millis, view.zone());
      html.text(" ");
      html.element(
          "time",
          view.text("concerns.since", "time", time),
          "class",
          "muted",
          "datetime",
          Instant.ofEpochMilli(millis).toString());
    }
  }

  private static void strangers(HtmlWriter html, View view) {
    if (!view.status().strangers().isEmpty()) {
      html.element("p", strangers(view), "class", "note");
    }
  }

  /// What was turned away from those who are no region, in a sentence.
  static String strangers(View view) {
    String reasons =
        view.status().strangers().entrySet().stream()
            .map(entry -> entry.getKey() + " × " + view.words().number(entry.getValue()))
            .collect(Collectors.joining(view.text("list.separator")));
    String all = view.text("strangers.text", "reasons", reasons);
    String addresses =
        view.status().load().crowds().entrySet().stream()
            .map(entry -> entry.getKey() + " × " + view.words().number(entry.getValue()))
            .collect(Collectors.joining(view.text("list.separator")));
    return addresses.isEmpty()
        ? all
        : all + " " + view.text("strangers.crowds", "addresses", addresses);
  }
}
