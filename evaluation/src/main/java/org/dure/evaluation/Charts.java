package org.dure.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.EvaluationReportPage.Point;

/// Pictures of a report as inline SVG: drawn 400 units wide so that their letters stay readable
/// on a phone, told apart by dashes and words as well as by colour, and described in words.
final class Charts {
  private static final int WIDTH = 400;
  private static final int PLOT_LEFT = 44;
  private static final int PLOT_TOP = 24;
  private static final int PLOT_HEIGHT = 190;
  private static final int MOST_POINTS = 300;

  /// More points than this are not marked one by one.
  private static final int MOST_MARKS = 80;

  /// Each at least 4.5 to 1 against white.
  private static final List<String> COLOURS =
      List.of(
          "#0b5fa5", "#9a3b00", "#1b6e3a", "#7a2a8a", "#8a1c3c", "#595959", "#5b5200", "#00666b");

  private static final List<String> DASHES = List.of("", "7 3", "2 3", "9 3 2 3", "14 4", "4 4");

  private final HtmlWriter html;
  private final ReportMessages words;

  Charts(HtmlWriter html, ReportMessages words) {
    this.html = html;
    this.words = words;
  }

  /// Curves with axes and a legend. Points that are no numbers are left out.
  void lines(SequencedMap<String, List<Point>> given) {
    SequencedMap<String, List<Point>> series = new LinkedHashMap<>();
    given.forEach(
        (name, points) -> {
          List<Point> drawn = thin(points.stream().filter(Point::isFinite).toList());
          if (!drawn.isEmpty()) {
            series.put(name, drawn);
          }
        });
    Frame frame = Frame.of(series.values().stream().flatMap(List::stream).toList());
    List<String> described = new ArrayList<>();
    series.forEach(
        (name, points) ->
            described.add(
                words.text(
                    "loss.item",
                    name,
                    words.decimal(points.getFirst().y()),
                    words.decimal(points.getLast().y()))));
    int bottom = PLOT_TOP + PLOT_HEIGHT;
    open(
        "lines",
        bottom + 44 + 18 * Math.ceilDiv(Math.max(1, series.size()), 4),
        words.text("loss.description"),
        String.join("; ", described));
    axes(frame, bottom);
    int index = 0;
    for (Map.Entry<String, List<Point>> one : series.entrySet()) {
      curve(one.getKey(), one.getValue(), frame, index++, bottom);
    }
    html.close();
  }

  private void open(String name, int height, String title, String description) {
    String id = words.language() + "-" + name;
    html.open(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + height,
        "role",
        "img",
        "aria-labelledby",
        id + "-title " + id + "-text");
    html.element("title", title, "id", id + "-title");
    html.element("desc", description, "id", id + "-text");
  }

  private void axes(Frame frame, int bottom) {
    for (double value = frame.lowY; value <= frame.highY + frame.stepY / 2; value += frame.stepY) {
      double y = frame.y(value);
      line(PLOT_LEFT, y, WIDTH, y, "#c4c4c4");
      String label = words.number(value, frame.stepY < 0.1 ? 2 : 1);
      html.element("text", label, "x", "0", "y", place(y + 4));
    }
    for (double value = frame.lowX; value <= frame.highX; value += frame.stepX) {
      html.element(
          "text",
          words.integer(Math.round(value)),
          "x",
          place(frame.x(value)),
          "y",
          place(bottom + 16),
          "text-anchor",
          value == frame.lowX ? "start" : frame.x(value) > WIDTH - 16 ? "end" : "middle");
    }
    html.element(
        "text",
        words.text("loss.x"),
        "x",
        place(WIDTH),
        "y",
        place(bottom + 32),
        "text-anchor",
        "end");
    html.element("text", words.text("loss.y"), "x", "0", "y", "12");
  }

  private void curve(String name, List<Point> points, Frame frame, int index, int bottom) {
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      path.append(path.isEmpty() ? "M" : "L")
          .append(place(frame.x(point.x())))
          .append(' ')
          .append(place(frame.y(point.y())));
    }
    String colour = COLOURS.get(index % COLOURS.size());
    String dashes = DASHES.get(index % DASHES.size());
    html.element(
        "path",
        "",
        "d",
        path.toString(),
        "fill",
        "none",
        "stroke",
        colour,
        "stroke-width",
        "2",
        "stroke-linejoin",
        "round",
        "stroke-dasharray",
        dashes);
    if (points.size() <= MOST_MARKS) {
      points.forEach(point -> mark(name, point, frame, colour));
    }
    double x = (index % 4) * WIDTH / 4.0;
    double y = bottom + 52 + 18 * (index / 4);
    html.element(
        "path",
        "",
        "d",
        "M" + place(x) + " " + place(y - 4) + "h24",
        "stroke",
        colour,
        "stroke-width",
        "3",
        "stroke-dasharray",
        dashes);
    html.element("text", name, "x", place(x + 28), "y", place(y), "fill", colour);
  }

  /// A point, with its numbers on hover.
  private void mark(String name, Point point, Frame frame, String colour) {
    html.open(
        "circle",
        "cx",
        place(frame.x(point.x())),
        "cy",
        place(frame.y(point.y())),
        "r",
        "2.5",
        "fill",
        colour);
    String step = words.integer(Math.round(point.x()));
    html.element("title", words.text("loss.point", name, step, words.decimal(point.y())));
    html.close();
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    html.element(
        "path",
        "",
        "d",
        "M%s %sL%s %s".formatted(place(x1), place(y1), place(x2), place(y2)),
        "stroke",
        colour);
  }

  /// At most 300 points, each the mean of as many neighbours.
  private static List<Point> thin(List<Point> points) {
    int width = Math.ceilDiv(Math.max(1, points.size()), MOST_POINTS);
    if (width == 1) {
      return points;
    }
    List<Point> thinned = new ArrayList<>();
    for (int from = 0; from < points.size(); from += width) {
      List<Point> part = points.subList(from, Math.min(points.size(), from + width));
      thinned.add(
          new Point(
              part.stream().mapToDouble(Point::x).average().orElse(0),
              part.stream().mapToDouble(Point::y).average().orElse(0)));
    }
    return thinned;
  }

  private static String place(double value) {
    return String.format(Locale.ROOT, "%.1f", value).replace(".0", "");
  }

  /// What the axes span, with round numbers for their marks.
  private record Frame(
      double lowX, double highX, double stepX, double lowY, double highY, double stepY) {
    static Frame of(List<Point> points) {
      if (points.isEmpty()) {
        return new Frame(0, 1, 1, 0, 1, 1);
      }
      var x = points.stream().mapToDouble(Point::x).summaryStatistics();
      var y = points.stream().mapToDouble(Point::y).summaryStatistics();
      double lowX = Math.min(0, x.getMin());
      double highX = Math.max(lowX + 1, x.getMax());
      double stepY = step(Math.max(0.01, y.getMax() - y.getMin()));
      double lowY = Math.floor(y.getMin() / stepY) * stepY;
      return new Frame(
          lowX,
          highX,
          Math.max(1, step(highX - lowX)),
          lowY,
          Math.max(lowY + stepY, Math.ceil(y.getMax() / stepY) * stepY),
          stepY);
    }

    /// 1, 2 or 5 times a power of ten, such that three to eight of them fill the range.
    private static double step(double range) {
      double power = Math.pow(10, Math.floor(Math.log10(range / 3)));
      double share = range / 3 / power;
      return share < 2 ? power : share < 5 ? 2 * power : 5 * power;
    }

    double x(double value) {
      return PLOT_LEFT + (WIDTH - PLOT_LEFT) * (value - lowX) / (highX - lowX);
    }

    double y(double value) {
      return PLOT_TOP + PLOT_HEIGHT * (highY - value) / (highY - lowY);
    }
  }
}
