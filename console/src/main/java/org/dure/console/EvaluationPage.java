package org.dure.console;

import static org.dure.console.BeltDiagram.number;

import java.util.List;
import java.util.Locale;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Region;

/// The evaluation matrix: held-out bits per byte of each region's model at the start, after the
/// belt, and of its twin that trained alone, as the regions published them.
///
/// The names of scores are those of [Comparison#scores]: `start`, `end`, `released` and `twin`
/// (bits per byte; less is better); `difference`, end minus twin, and `releasedDifference`, of
/// what the region goes on with, with the ends of their intervals (`difference.low`,
/// `difference.high`): below zero the twin is the worse one.
final class EvaluationPage {
  private static final double WIDTH = 640;
  private static final double LEFT = 20;
  private static final double RIGHT = 620;
  private static final int DIGITS = 3;

  private final View view;
  private final List<Region> measured;

  private EvaluationPage(View view) {
    this.view = view;
    this.measured =
        view.status().regions().stream().filter(r -> !r.work().scores().isEmpty()).toList();
  }

  /// @param report whether there is a report to link to
  static void write(HtmlWriter html, View view, Report report) {
    new EvaluationPage(view).page(html, report);
  }

  /// Whether the evaluation's own report exists.
  enum Report {
    ABSENT,
    PRESENT
  }

  /// How the belt's model of a language stands beside its twin.
  enum Verdict {
    BETTER,
    WORSE,
    LEVEL,
    UNKNOWN,
    NOT_MEASURED
  }

  private void page(HtmlWriter html, Report report) {
    html.element("h1", view.text("evaluation.title"));
    Outcome.write(
        html, view, () -> html.element("p", view.text("evaluation.intro"), "class", "lead"));
    if (measured.isEmpty()) {
      html.element("p", view.text("evaluation.none"), "class", "empty");
    } else {
      matrix(html);
      picture(html);
      html.element("p", view.text("evaluation.note"), "class", "note");
    }
    if (report == Report.PRESENT) {
      html.open("p");
      html.element(
          "a",
          view.text("evaluation.report"),
          "href",
          "/report/#" + view.words().language(),
          "class",
          "button");
      html.close();
    }
  }

  private void matrix(HtmlWriter html) {
    Table table =
        Table.open(
            html,
            view.text("evaluation.caption"),
            List.of(
                view.text("column.language"),
                view.text("score.start"),
                view.text("score.end"),
                view.text("score.released"),
                view.text("score.twin"),
                view.text("score.difference"),
                view.text("column.verdict")));
    for (Region region : view.status().regions()) {
      table.row();
      html.open("span", "class", "dot " + view.hue(region.name())).close();
      html.element("bdi", view.label(region), "lang", View.languageTag(region));
      table.headed();
      if (region.work().scores().isEmpty()) {
        for (int i = 0; i < 5; i++) {
          table.cell("–");
        }
        table.cell(view.text("verdict.waiting"));
      } else {
        scores(html, table, region);
      }
      table.endRow();
    }
    table.close();
  }

  private void scores(HtmlWriter html, Table table, Region region) {
    double end = score(region, "end");
    double released = region.work().scores().getOrDefault("released", end);
    for (double value : List.of(score(region, "start"), end, released, score(region, "twin"))) {
      table.cell(
          Double.isFinite(value)
              ? view.words().decimal(value, DIGITS)
              : view.text("verdict.NOT_MEASURED"));
    }
    table.cell();
    double difference = difference(region);
    if (Double.isFinite(difference)) {
      html.text(view.words().signed(difference, DIGITS));
      String name = differenceName(region);
      double low = score(region, name + ".low");
      double high = score(region, name + ".high");
      if (Double.isFinite(low) && Double.isFinite(high)) {
        html.text(" ");
        html.element(
            "span",
            view.text(
                "evaluation.interval",
                "low",
                view.words().signed(low, DIGITS),
                "high",
                view.words().signed(high, DIGITS)),
            "class",
            "muted");
      }
    } else {
      html.text("–");
    }
    table.done();
    Verdict verdict = verdict(region);
    table.cell();
    html.element(
        "span",
        view.text("verdict." + verdict.name()),
        "class",
        "verdict " + verdict.name().toLowerCase(Locale.ROOT));
    table.done();
  }

  private static double score(Region region, String name) {
    return region.work().scores().getOrDefault(name, Double.NaN);
  }

  /// Of what the region goes on with, where it published that.
  private static String differenceName(Region region) {
    String released = "releasedDifference";
    return region.work().scores().containsKey(released) ? released : "difference";
  }

  private static double difference(Region region) {
    double published = score(region, differenceName(region));
    return Double.isFinite(published) ? published : score(region, "end") - score(region, "twin");
  }

  /// What the evaluation says of these scores; unknown where they are not all there.
  static Verdict verdict(Region region) {
    return Outcome.comparison(region)
        .map(
            comparison ->
                switch (comparison.outcomeVerdict()) {
                  case BETTER -> Verdict.BETTER;
                  case WORSE -> Verdict.WORSE;
                  case NO_DIFFERENCE -> Verdict.LEVEL;
                  case NOT_MEASURED -> Verdict.NOT_MEASURED;
                })
        .orElse(Verdict.UNKNOWN);
  }

  private void picture(HtmlWriter html) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (Region region : measured) {
      for (String score : List.of("start", "end", "twin")) {
        double value = score(region, score);
        if (Double.isFinite(value)) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      }
    }
    if (!(least < most)) {
      return;
    }
    double height = 46.0 * measured.size() + 34;
    html.open("figure", "class", "scores");
    html.open(
        "svg",
        "viewBox",
        "0 0 " + number(WIDTH) + " " + number(height),
        "role",
        "img",
        "aria-labelledby",
        "scores-title scores-text");
    html.element("title", view.text("evaluation.picture"), "id", "scores-title");
    html.element("desc", view.text("evaluation.picture.text"), "id", "scores-text");
    for (int i = 0; i < measured.size(); i++) {
      line(html, measured.get(i), 46.0 * i + 30, least, most);
    }
    html.open("g", "class", "grid");
    axisEnd(html, least, LEFT, "start", height);
    axisEnd(html, most, RIGHT, "end", height);
    html.close().close();
    html.open("figcaption");
    for (String score : List.of("start", "twin", "end")) {
      html.open("span", "class", "key");
      html.open(
          "svg",
          "class",
          "sign",
          "viewBox",
          "-8 -8 16 16",
          "aria-hidden",
          "true",
          "focusable",
          "false");
      mark(html, score, 0, 0);
      html.close();
      html.text(view.text("score." + score));
      html.close();
    }
    html.close().close();
  }

  private void axisEnd(HtmlWriter html, double value, double x, String anchor, double height) {
    html.element(
        "text",
        view.words().decimal(value, 2),
        "x",
        number(x),
        "y",
        number(height - 8),
        "text-anchor",
        anchor);
  }

  private void line(HtmlWriter html, Region region, double y, double least, double most) {
    html.open("g", "class", view.hue(region.name()));
    html.element(
        "text", view.label(region), "class", "name", "x", number(LEFT), "y", number(y - 12));
    html.open(
        "line",
        "class",
        "track",
        "x1",
        number(LEFT),
        "x2",
        number(RIGHT),
        "y1",
        number(y),
        "y2",
        number(y));
    html.close();
    for (String score : List.of("start", "twin", "end")) {
      double value = score(region, score);
      if (Double.isFinite(value)) {
        mark(html, score, LEFT + (RIGHT - LEFT) * (value - least) / (most - least), y);
      }
    }
    html.close();
  }

  /// Start is a ring, the twin a diamond, the belt a full disc.
  private static void mark(HtmlWriter html, String score, double x, double y) {
    if (score.equals("twin")) {
      String path = "M%s %sl6.5 6.5l-6.5 6.5l-6.5-6.5z".formatted(number(x), number(y - 6.5));
      html.open("path", "class", "mark twin", "d", path).close();
    } else {
      html.open("circle", "class", "mark " + score, "cx", number(x), "cy", number(y), "r", "5.5");
      html.close();
    }
  }
}
