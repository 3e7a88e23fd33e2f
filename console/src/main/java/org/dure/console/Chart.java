package org.dure.console;

import static org.dure.console.BeltDiagram.number;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.Round;

/// Learning curves of one region as an inline SVG line chart: what its contributions reported,
/// round by round and from within its rounds, and below it the difference between together and
/// alone. Rounds have the same place in all regions' charts; each region's values use the whole
/// height.
final class Chart {
  /// A pair that can be drawn, the belt's model and its twin, and its unit.
  ///
  /// @param unit key of its name
  record Pair(String together, String alone, String unit) {}

  /// The first pair that any region reported is drawn. Loss comes last because nats per token do
  /// not compare across tokenizers.
  private static final List<Pair> DRAWN =
      List.of(
          new Pair("heldOutBitsPerByte", "twinHeldOutBitsPerByte", "chart.bits"),
          new Pair("bitsPerByte", "twinBitsPerByte", "chart.bits"),
          new Pair("loss", "twinLoss", "chart.nats"));

  private static final double WIDTH = 400;
  private static final double LEFT = 42;
  private static final double RIGHT = 392;
  private static final double TOP = 24;
  private static final double BOTTOM = 150;
  private static final double DIFFERENCE_TOP = 188;
  private static final double DIFFERENCE_BOTTOM = 248;

  /// Room below a plot for its rounds.
  private static final double ROUNDS = 34;

  /// More rounds than this are thinned: nobody sees them, and every viewer fetches them.
  private static final int MOST_POINTS = 120;

  /// More points than this are not marked one by one.
  private static final int MOST_MARKS = 40;

  private static final double LEAST_SPAN = 0.02;
  private static final double LEAST_DIFFERENCE = 0.005;
  private static final int DIGITS = 3;

  /// Means over parts of a round's training, by name: `bitsPerByte.2of4`.
  private static final Pattern WITHIN = Pattern.compile("bitsPerByte\\.(\\d{1,2})of(\\d{1,2})");

  private final View view;
  private final Pair pair;
  private final int lastRound;

  /// What a region reported of a round.
  ///
  /// @param round from 1
  /// @param alone NaN where it told none
  record Point(int round, double together, double alone) {
    double difference() {
      return together - alone;
    }

    /// The difference as a share of what the twin has.
    double share() {
      return difference() / alone;
    }

    boolean hasTwin() {
      return Double.isFinite(alone);
    }
  }

  /// A value of a curve.
  ///
  /// @param round from 1; what lies between two merges has a fraction
  private record Value(double round, double value) {}

  private Chart(View view, Pair pair, int lastRound) {
    this.view = view;
    this.pair = pair;
    this.lastRound = lastRound;
  }

  /// The charts of a study, with common rounds.
  static Chart of(View view) {
    Pair pair =
        DRAWN.stream()
            .filter(candidate -> reported(view, candidate.together()))
            .findFirst()
            .orElse(DRAWN.getLast());
    int last = Math.max(2, view.status().progress().rounds());
    for (Round round : view.status().history()) {
      last = Math.max(last, round.number());
    }
    return new Chart(view, pair, last);
  }

  private static boolean reported(View view, String metric) {
    return view.status().history().stream()
        .flatMap(round -> round.contributions().values().stream())
        .anyMatch(c -> Double.isFinite(c.metrics().getOrDefault(metric, Double.NaN)));
  }

  /// What is drawn.
  Pair pair() {
    return pair;
  }

  /// What the region reported, oldest first.
  List<Point> points(Region region) {
    List<Point> points = new ArrayList<>();
    for (Round round : view.status().history()) {
      Contribution contribution = round.contributions().get(region.name());
      boolean undone = view.status().progress().undone().contains(round.number());
      if (contribution != null && !undone) {
        Map<String, Double> metrics = contribution.metrics();
        double together = metrics.getOrDefault(pair.together(), Double.NaN);
        double alone = metrics.getOrDefault(pair.alone(), Double.NaN);
        if (Double.isFinite(together)) {
          points.add(new Point(round.number(), together, alone));
        }
      }
    }
    return points;
  }

  /// What the region's training told from within rounds, oldest first; none where the curves are in
  /// another unit.
  private List<Value> within(Region region) {
    List<Value> values = new ArrayList<>();
    if (!pair.unit().equals("chart.bits")) {
      return values;
    }
    for (Round round : view.status().history()) {
      Contribution contribution = round.contributions().get(region.name());
      if (contribution != null) {
        contribution
            .metrics()
            .forEach(
                (name, value) -> {
                  Matcher part = WITHIN.matcher(name);
                  if (part.matches() && Double.isFinite(value)) {
                    double number = Integer.parseInt(part.group(1));
                    int parts = Math.max(1, Integer.parseInt(part.group(2)));
                    double place = Math.clamp((number - 0.5) / parts, 0, 1);
                    values.add(new Value(round.number() + place, value));
                  }
                });
      }
    }
    values.sort(Comparator.comparingDouble(Value::round));
    return values;
  }

  /// Draws the region's curves, or says that there is nothing to draw yet.
  void write(HtmlWriter html, Region region) {
    List<Point> points = thinned(points(region));
    if (points.isEmpty()) {
      html.element("p", view.text("chart.none"), "class", "chart-none");
      return;
    }
    List<Point> twins = points.stream().filter(Point::hasTwin).toList();
    double bottom = twins.isEmpty() ? BOTTOM : DIFFERENCE_BOTTOM;
    List<Value> within = thinned(within(region));
    String id = "chart-" + view.status().regions().indexOf(region);
    html.open("figure", "class", "chart");
    html.open(
        "svg",
        "viewBox",
        "0 0 " + number(WIDTH) + " " + number(bottom + ROUNDS),
        "role",
        "img",
        "aria-labelledby",
        id + "-title " + id + "-text");
    html.element(
        "title", view.text("chart.title", "region", view.label(region)), "id", id + "-title");
    html.element("desc", description(points, twins), "id", id + "-text");
    curves(html, region, points, twins, within);
    if (!twins.isEmpty()) {
      difference(html, region, twins);
    }
    rounds(html, bottom);
    points.forEach(point -> hover(html, point, points.size(), bottom));
    html.close();
    legend(html, region, points.getLast(), twins, within);
    html.close();
  }

  private static <T> List<T> thinned(List<T> points) {
    int step = 1 + (points.size() - 1) / MOST_POINTS;
    List<T> kept = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      if ((points.size() - 1 - i) % step == 0) {
        kept.add(points.get(i));
      }
    }
    return kept;
  }

  private String description(List<Point> points, List<Point> twins) {
    String together =
        described(pair.together(), points.stream().map(p -> new Value(p.round, p.together)));
    return twins.isEmpty()
        ? together
        : together
            + " "
            + described(pair.alone(), twins.stream().map(p -> new Value(p.round, p.alone)));
  }

  private String described(String metric, Stream<Value> curve) {
    List<Value> values = curve.toList();
    return view.text(
        "chart.text",
        "metric",
        view.text("metric." + metric),
        "first",
        decimal(values.getFirst().value),
        "firstRound",
        view.words().number((int) values.getFirst().round),
        "last",
        decimal(values.getLast().value),
        "lastRound",
        view.words().number((int) values.getLast().round));
  }

  private String decimal(double value) {
    return view.words().decimal(value, DIGITS);
  }

  private void curves(
      HtmlWriter html, Region region, List<Point> points, List<Point> twins, List<Value> within) {
    List<Double> values = new ArrayList<>();
    points.forEach(p -> values.addAll(List.of(p.together, p.hasTwin() ? p.alone : p.together)));
    ChartScale scale =
        ChartScale.settled(
            values, within.stream().map(Value::value).toList(), LEAST_SPAN, TOP, BOTTOM);
    grid(html, scale, view.text(pair.unit()));
    html.open("g", "class", view.hue(region.name()));
    if (!within.isEmpty()) {
      curve(html, scale, within, "within");
    }
    if (!twins.isEmpty()) {
      curve(html, scale, twins.stream().map(p -> new Value(p.round, p.alone)).toList(), "second");
    }
    curve(html, scale, points.stream().map(p -> new Value(p.round, p.together)).toList(), "main");
    html.close();
  }

  private void difference(HtmlWriter html, Region region, List<Point> twins) {
    List<Value> values = twins.stream().map(p -> new Value(p.round, p.difference())).toList();
    List<Double> covered = new ArrayList<>();
    // Zero is always in the picture: the side of it is what matters.
    values.forEach(v -> covered.addAll(List.of(v.value, 0.0)));
    ChartScale scale =
        ChartScale.whole(covered, LEAST_DIFFERENCE, DIFFERENCE_TOP, DIFFERENCE_BOTTOM);
    grid(html, scale, view.text("chart.difference"));
    line(html, "zero", LEFT, scale.y(0), RIGHT, scale.y(0));
    html.open("g", "class", view.hue(region.name()));
    curve(html, scale, values, "main");
    html.close();
  }

  private void grid(HtmlWriter html, ChartScale scale, String name) {
    html.open("g", "class", "grid");
    for (double tick : scale.ticks()) {
      double y = scale.y(tick);
      line(html, "line", LEFT, y, RIGHT, y);
      text(html, view.words().decimal(tick, scale.digits()), LEFT - 6, y + 4, "end");
    }
    text(html, name, 0, scale.top() - 11, "start");
    html.close();
  }

  private void rounds(HtmlWriter html, double bottom) {
    html.open("g", "class", "grid");
    int step = Math.max(1, (lastRound + 4) / 5);
    for (int round = 1; round <= lastRound - (step + 1) / 2; round += step) {
      text(html, view.words().number(round), x(round), bottom + 16, "middle");
    }
    text(html, view.words().number(lastRound), x(lastRound), bottom + 16, "middle");
    text(html, view.text("chart.axis"), RIGHT, bottom + 30, "end");
    html.close();
  }

  private static void text(HtmlWriter html, String text, double x, double y, String anchor) {
    html.element("text", text, "x", number(x), "y", number(y), "text-anchor", anchor);
  }

  /// A curve as far as the scale holds it; what lies beyond ends at its edge.
  private void curve(HtmlWriter html, ChartScale scale, List<Value> values, String style) {
    StringBuilder path = new StringBuilder();
    Value before = values.getFirst();
    for (Value value : values) {
      boolean out = !scale.holds(before.value);
      if (scale.holds(value.value)) {
        if (path.isEmpty() || out) {
          path.append('M').append(out ? edge(scale, before, value) + "L" : "");
        } else {
          path.append('L');
        }
        path.append(number(x(value.round))).append(' ').append(number(scale.y(value.value)));
      } else if (!out) {
        path.append('L').append(edge(scale, before, value));
      }
      before = value;
    }
    html.open("path", "class", "curve " + style, "d", path.toString()).close();
    for (Value value : values) {
      boolean last = value == values.getLast();
      if (scale.holds(value.value) && (last || values.size() <= MOST_MARKS)) {
        html.empty(
            "circle",
            "class",
            "point " + style,
            "cx",
            number(x(value.round)),
            "cy",
            number(scale.y(value.value)),
            "r",
            last ? "4" : "1.8");
      }
    }
  }

  private String edge(ChartScale scale, Value from, Value to) {
    double share = scale.crossing(from.value, to.value);
    double x = x(from.round) + share * (x(to.round) - x(from.round));
    return number(x) + " " + number(scale.y(from.value + share * (to.value - from.value)));
  }

  /// A stripe of the picture that tells its round's numbers.
  private void hover(HtmlWriter html, Point point, int count, double bottom) {
    double width = Math.min(40, (RIGHT - LEFT) / Math.max(1, count));
    html.open(
        "rect",
        "class",
        "hover",
        "x",
        number(x(point.round) - width / 2),
        "y",
        number(TOP),
        "width",
        number(width),
        "height",
        number(bottom - TOP));
    String round = view.words().number(point.round);
    html.element(
        "title",
        point.hasTwin()
            ? view.text(
                "chart.point",
                "round",
                round,
                "together",
                decimal(point.together),
                "alone",
                decimal(point.alone),
                "difference",
                view.words().signed(point.difference(), DIGITS))
            : view.text("chart.point.alone", "round", round, "together", decimal(point.together)));
    html.close();
  }

  private void legend(
      HtmlWriter html, Region region, Point last, List<Point> twins, List<Value> within) {
    html.open("figcaption");
    key(html, region, "main", pair.together(), last.together);
    if (!within.isEmpty()) {
      key(html, region, "within", "within", within.getLast().value);
    }
    if (!twins.isEmpty()) {
      Point twin = twins.getLast();
      key(html, region, "second", pair.alone(), twin.alone);
      html.open("span", "class", "key");
      html.text(view.text("score.difference") + " ");
      String share = view.words().signedPercent(twin.share());
      html.element("b", view.words().signed(twin.difference(), DIGITS) + " (" + share + ")");
      html.close();
    }
    html.close();
  }

  private void key(HtmlWriter html, Region region, String style, String metric, double value) {
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
    html.open("path", "class", "curve " + style, "d", "M1 4H23").close();
    html.close();
    html.text(view.text("metric." + metric) + " ");
    html.element("b", decimal(value));
    html.close();
  }

  private double x(double round) {
    return LEFT + (RIGHT - LEFT) * (round - 1) / lastRound;
  }

  private static void line(
      HtmlWriter html, String style, double x1, double y1, double x2, double y2) {
    html.empty(
        "line",
        "class",
        style,
        "x1",
        number(x1),
        "y1",
        number(y1),
        "x2",
        number(x2),
        "y2",
        number(y2));
  }
}
