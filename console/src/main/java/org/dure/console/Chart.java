package org.dure.console;

import static org.dure.console.BeltDiagram.number;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dure.core.HtmlWriter;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.Round;

/// Learning curves of one region as an inline SVG line chart: what its contributions reported,
/// round by round. All regions' charts have the same axes, so that they can be compared by eye.
final class Chart {
  /// The pairs that can be drawn, the belt's model and its twin; the first pair that any region
  /// reported is. Loss comes last because nats per token do not compare across tokenizers.
  private static final List<List<String>> DRAWN =
      List.of(
          List.of("heldOutBitsPerByte", "twinHeldOutBitsPerByte"),
          List.of("bitsPerByte", "twinBitsPerByte"),
          List.of("loss", "twinLoss"));

  private static final double WIDTH = 400;
  private static final double HEIGHT = 190;
  private static final double LEFT = 38;
  private static final double RIGHT = 388;
  private static final double TOP = 14;
  private static final double BOTTOM = 158;

  /// More points than this are thinned: nobody sees them, and every viewer fetches them.
  private static final int MOST_POINTS = 240;

  private final View view;
  private final List<String> metrics;
  private final double low;
  private final double high;
  private final int lastRound;

  /// @param round from 1
  private record Point(int round, double value) {}

  private Chart(View view, List<String> metrics, double low, double high, int lastRound) {
    this.view = view;
    this.metrics = metrics;
    this.low = low;
    this.high = high;
    this.lastRound = lastRound;
  }

  /// The charts of a study, on common axes.
  static Chart of(View view) {
    List<String> metrics =
        DRAWN.stream()
            .filter(pair -> reported(view, pair.getFirst()))
            .findFirst()
            .orElse(DRAWN.getLast());
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int last = Math.max(2, view.status().progress().rounds());
    for (Round round : view.status().history()) {
      last = Math.max(last, round.number());
      for (Contribution contribution : round.contributions().values()) {
        for (String metric : metrics) {
          double value = contribution.metrics().getOrDefault(metric, Double.NaN);
          if (Double.isFinite(value)) {
            low = Math.min(low, value);
            high = Math.max(high, value);
          }
        }
      }
    }
    return new Chart(view, metrics, low, high, last);
  }

  private static boolean reported(View view, String metric) {
    return view.status().history().stream()
        .flatMap(round -> round.contributions().values().stream())
        .anyMatch(c -> Double.isFinite(c.metrics().getOrDefault(metric, Double.NaN)));
  }

  /// Draws the region's curves, or says that there is nothing to draw yet.
  void write(HtmlWriter html, Region region) {
    List<List<Point>> curves = new ArrayList<>();
    for (String metric : metrics) {
      curves.add(points(region.name(), metric));
    }
    if (curves.stream().allMatch(List::isEmpty)) {
      html.element("p", view.text("chart.none"), "class", "chart-none");
      return;
    }
    String id = "chart-" + view.status().regions().indexOf(region);
    html.open("figure", "class", "chart");
    html.open(
        "svg",
        "viewBox",
        "0 0 " + number(WIDTH) + " " + number(HEIGHT),
        "role",
        "img",
        "aria-labelledby",
        id + "-title " + id + "-text");
    html.element(
        "title", view.text("chart.title", "region", view.label(region)), "id", id + "-title");
    html.element("desc", description(curves), "id", id + "-text");
    Scale scale = Scale.covering(low, high);
    grid(html, scale);
    html.open("g", "class", view.hue(region.name()));
    for (int i = curves.size() - 1; i >= 0; i--) {
      curve(html, scale, curves.get(i), i == 0 ? "main" : "second");
    }
    html.close().close();
    legend(html, region, curves);
    html.close();
  }

  private List<Point> points(String region, String metric) {
    List<Point> points = new ArrayList<>();
    for (Round round : view.status().history()) {
      Contribution contribution = round.contributions().get(region);
      double value =
          contribution == null
              ? Double.NaN
              : contribution.metrics().getOrDefault(metric, Double.NaN);
      if (Double.isFinite(value)) {
        points.add(new Point(round.number(), value));
      }
    }
    int step = 1 + (points.size() - 1) / MOST_POINTS;
    List<Point> kept = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      if ((points.size() - 1 - i) % step == 0) {
        kept.add(points.get(i));
      }
    }
    return kept;
  }

  private String description(List<List<Point>> curves) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < curves.size(); i++) {
      List<Point> curve = curves.get(i);
      if (!curve.isEmpty()) {
        text.append(
                view.text(
                    "chart.text",
                    "metric",
                    view.text("metric." + metrics.get(i)),
                    "first",
                    view.words().decimal(curve.getFirst().value(), 3),
                    "firstRound",
                    view.words().number(curve.getFirst().round()),
                    "last",
                    view.words().decimal(curve.getLast().value(), 3),
                    "lastRound",
                    view.words().number(curve.getLast().round())))
            .append(' ');
      }
    }
    return text.toString().strip();
  }

  private void grid(HtmlWriter html, Scale scale) {
    html.open("g", "class", "grid");
    for (double tick = scale.low(); tick <= scale.high() + scale.step() / 2; tick += scale.step()) {
      double y = scale.y(tick);
      line(html, LEFT, y, RIGHT, y);
      html.element(
          "text",
          view.words().decimal(tick, scale.digits()),
          "x",
          number(LEFT - 6),
          "y",
          number(y + 4),
          "text-anchor",
          "end");
    }
    int step = Math.max(1, (lastRound + 4) / 5);
    for (int round = 1; round <= lastRound - (step + 1) / 2; round += step) {
      axisRound(html, round);
    }
    axisRound(html, lastRound);
    html.element(
        "text",
        view.text("chart.axis"),
        "x",
        number(RIGHT),
        "y",
        number(BOTTOM + 29),
        "text-anchor",
        "end");
    html.close();
  }

  private void axisRound(HtmlWriter html, int round) {
    html.element(
        "text",
        view.words().number(round),
        "x",
        number(x(round)),
        "y",
        number(BOTTOM + 16),
        "text-anchor",
        "middle");
  }

  private void curve(HtmlWriter html, Scale scale, List<Point> points, String style) {
    if (points.isEmpty()) {
      return;
    }
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      path.append(path.isEmpty() ? "M" : "L")
          .append(number(x(point.round())))
          .append(' ')
          .append(number(scale.y(point.value())));
    }
    html.open("path", "class", "curve " + style, "d", path.toString()).close();
    Point last = points.getLast();
    html.open(
            "circle",
            "class",
            "point " + style,
            "cx",
            number(x(last.round())),
            "cy",
            number(scale.y(last.value())),
            "r",
            style.equals("main") ? "4" : "2.5")
        .close();
  }

  private void legend(HtmlWriter html, Region region, List<List<Point>> curves) {
    html.open("figcaption");
    for (int i = 0; i < curves.size(); i++) {
      if (!curves.get(i).isEmpty()) {
        html.open("span", "class", "key");
        html.open(
            "svg",
            "class",
            "swatch " + view.hue(region.name()),
            "viewBox",
            "0 0 24 8",
            "aria-hidden",
            "true",
            "focusable",
            "false");
        html.open("path", "class", "curve " + (i == 0 ? "main" : "second"), "d", "M1 4H23").close();
        html.close();
        html.text(view.text("metric." + metrics.get(i)) + " ");
        html.element("b", view.words().decimal(curves.get(i).getLast().value(), 3));
        html.close();
      }
    }
    html.close();
  }

  private double x(int round) {
    return LEFT + (RIGHT - LEFT) * (round - 1) / (lastRound - 1);
  }

  private static void line(HtmlWriter html, double x1, double y1, double x2, double y2) {
    html.open("line", "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2));
    html.close();
  }

  /// How large the sample was: it belongs to what was measured on it.
  private static final String SAMPLE = "heldOutDocuments";

  /// Names of the metrics of one contribution in the order in which tables show them.
  static List<String> shown(Map<String, Double> metrics) {
    List<String> order =
        List.of(
            "loss",
            "twinLoss",
            "bitsPerByte",
            "twinBitsPerByte",
            "heldOutBitsPerByte",
            "twinHeldOutBitsPerByte");
    List<String> names = new ArrayList<>(order.stream().filter(metrics::containsKey).toList());
    metrics.keySet().stream()
        .filter(name -> !order.contains(name) && !name.equals(SAMPLE))
        .sorted()
        .forEach(names::add);
    return names;
  }

  /// A vertical axis from `low` to `high` with a tick at every `step`, a round number.
  private record Scale(double low, double high, double step) {
    static Scale covering(double least, double most) {
      double span = Math.max(most - least, 0.05);
      double power = Math.pow(10, Math.floor(Math.log10(span / 3)));
      double ratio = span / 3 / power;
      double step = (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10) * power;
      double low = Math.floor(least / step) * step;
      double high = Math.max(Math.ceil(most / step) * step, low + step);
      return new Scale(low, high, step);
    }

    double y(double value) {
      return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low);
    }

    int digits() {
      return Math.clamp((int) Math.ceil(-Math.log10(step) - 1e-9), 0, 6);
    }
  }
}
