package org.dure.evaluation;

import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.page.HtmlWriter;

/// Together minus alone as an inline SVG, a row a language: the difference as a dot, its interval
/// as a bar, on one scale around zero. Drawn 400 units wide, so that its letters stay readable on a
/// phone; every value stands in words too, and a row tells all of its numbers on hover.
///
/// The style sheet of the page gives the colours: of `difference` and in it `zero`, `tick` and a
/// group of the class of the verdict's name.
public final class DifferenceChart {
  private static final int WIDTH = 400;
  private static final int ROW = 42;
  private static final int TOP = 20;
  private static final int AXIS = 40;
  private static final double EDGE = 8;
  private static final double LEAST_SPAN = 0.001;

  private final HtmlWriter html;
  private final ReportMessages words;
  private final double span;

  private DifferenceChart(HtmlWriter html, ReportMessages words, double span) {
    this.html = html;
    this.words = words;
    this.span = span;
  }

  /// Writes the picture; nothing where no comparison has a twin.
  ///
  /// @param language of the words, one of `ko`, `ja`, `fr`, `vi`, `en`
  /// @param comparisons by what their language or region is called
  /// @param id that no other element of the page has
  public static void write(
      HtmlWriter html, String language, SequencedMap<String, Comparison> comparisons, String id) {
    double span = LEAST_SPAN;
    int rows = 0;
    for (Comparison comparison : comparisons.values()) {
      Interval difference = comparison.outcome();
      if (difference != null) {
        rows++;
        span = Math.max(span, Math.max(Math.abs(difference.low()), Math.abs(difference.high())));
        span = Math.max(span, Math.abs(difference.value()));
      }
    }
    if (rows > 0) {
      new DifferenceChart(html, ReportMessages.in(language), span).draw(comparisons, rows, id);
    }
  }

  private void draw(SequencedMap<String, Comparison> comparisons, int rows, String id) {
    int bottom = TOP + rows * ROW;
    html.open(
        "svg",
        "class",
        "difference",
        "viewBox",
        "0 0 " + WIDTH + " " + (bottom + AXIS),
        "role",
        "img",
        "aria-labelledby",
        id + "-title " + id + "-text");
    html.element("title", words.text("difference.title"), "id", id + "-title");
    html.element("desc", ResultSentence.of(words.language(), comparisons), "id", id + "-text");
    label(words.text("difference.together"), 0, 12, "start", "tick");
    label(words.text("difference.alone"), WIDTH, 12, "end", "tick");
    html.empty("path", "class", "zero", "d", "M%s %sV%s".formatted(place(x(0)), TOP, bottom + 4));
    int y = TOP;
    for (Map.Entry<String, Comparison> entry : comparisons.entrySet()) {
      Interval difference = entry.getValue().outcome();
      Interval twin = entry.getValue().twin();
      if (difference != null && twin != null) {
        row(entry.getKey(), entry.getValue(), difference, difference.value() / twin.value(), y);
        y += ROW;
      }
    }
    axis(bottom);
    html.close();
  }

  private void row(String name, Comparison comparison, Interval difference, double share, int y) {
    String percent = words.signedPercent(share);
    html.open("g", "class", comparison.outcomeVerdict().name());
    html.element(
        "title",
        words.text(
            "difference.row",
            name,
            words.signed(difference.value()),
            words.signedInterval(difference),
            percent,
            words.text("verdict." + comparison.outcomeVerdict())));
    // The whole row answers to the pointer.
    html.empty(
        "rect",
        "class",
        "row",
        "x",
        "0",
        "y",
        Integer.toString(y),
        "width",
        Integer.toString(WIDTH),
        "height",
        Integer.toString(ROW));
    label(name, 0, y + 17, "start", "name");
    label(words.signed(difference.value()) + " (" + percent + ")", WIDTH, y + 17, "end", "name");
    int middle = y + 30;
    html.empty(
        "path",
        "class",
        "interval",
        "d",
        "M%s %sH%s".formatted(place(x(difference.low())), middle, place(x(difference.high()))));
    html.empty(
        "circle", "cx", place(x(difference.value())), "cy", Integer.toString(middle), "r", "5.5");
    html.close();
  }

  private void axis(int bottom) {
    int y = bottom + 16;
    label(words.signed(-span), x(-span), y, "start", "tick");
    label("0", x(0), y, "middle", "tick");
    label(words.signed(span), x(span), y, "end", "tick");
    label(words.text("difference.axis"), x(0), bottom + 33, "middle", "tick");
  }

  private void label(String text, double x, int y, String anchor, String style) {
    html.element(
        "text",
        text,
        "class",
        style,
        "x",
        place(x),
        "y",
        Integer.toString(y),
        "text-anchor",
        anchor);
  }

  private double x(double difference) {
    return WIDTH / 2.0 + difference / span * (WIDTH / 2.0 - EDGE);
  }

  private static String place(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
