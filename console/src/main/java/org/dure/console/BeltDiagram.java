package org.dure.console;

import java.util.List;
import java.util.Locale;
import org.dure.core.Sharing;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;

/// The drawings of the belt: regions as nodes on a ring around what they share, and the signs of
/// their states, which differ in shape as well as in colour.
final class BeltDiagram {
  private static final double WIDTH = 420;
  private static final double HEIGHT = 316;
  private static final double CENTRE_X = WIDTH / 2;
  private static final double CENTRE_Y = 146;
  private static final double RADIUS_X = 148;
  private static final double RADIUS_Y = 118;

  /// More nodes than this have no room for names below them.
  private static final int MOST_NAMES = 12;

  private BeltDiagram() {}

  /// The picture of the whole belt, with a title and a description that say the same in words.
  static void write(HtmlWriter html, View view) {
    html.open(
        "svg",
        "class",
        "ring",
        "viewBox",
        "0 0 " + number(WIDTH) + " " + number(HEIGHT),
        "role",
        "img",
        "aria-labelledby",
        "ring-title ring-text");
    html.element("title", view.text("ring.title"), "id", "ring-title");
    html.element("desc", description(view), "id", "ring-text");
    html.open(
            "ellipse",
            "class",
            "belt",
            "cx",
            number(CENTRE_X),
            "cy",
            number(CENTRE_Y),
            "rx",
            number(RADIUS_X),
            "ry",
            number(RADIUS_Y))
        .close();
    List<Region> regions = view.status().regions();
    for (int i = 0; i < regions.size(); i++) {
      spoke(html, view, regions.get(i), angle(i, regions.size()));
    }
    body(html, view);
    for (int i = 0; i < regions.size(); i++) {
      node(html, view, regions.get(i), angle(i, regions.size()), regions.size());
    }
    html.close();
  }

  private static String description(View view) {
    StringBuilder text = new StringBuilder();
    for (Region region : view.status().regions()) {
      text.append(view.label(region))
          .append(": ")
          .append(view.text("state." + View.standing(region)))
          .append(". ");
    }
    return text.toString().strip();
  }

  private static double angle(int i, int of) {
    // Four nodes sit on the diagonals, where their names have room beside the centre.
    double first = of == 4 ? -0.75 * Math.PI : -0.5 * Math.PI;
    return first + 2 * Math.PI * i / of;
  }

  private static double x(double angle) {
    return CENTRE_X + RADIUS_X * Math.cos(angle);
  }

  private static double y(double angle) {
    return CENTRE_Y + RADIUS_Y * Math.sin(angle);
  }

  private static void spoke(HtmlWriter html, View view, Region region, double angle) {
    html.open(
            "line",
            "class",
            "spoke " + style(region.presence().state()) + " " + view.hue(region.name()),
            "x1",
            number(CENTRE_X),
            "y1",
            number(CENTRE_Y),
            "x2",
            number(x(angle)),
            "y2",
            number(y(angle)))
        .close();
  }

  private static void body(HtmlWriter html, View view) {
    html.open(
            "rect",
            "class",
            "shared",
            "x",
            number(CENTRE_X - 74),
            "y",
            number(CENTRE_Y - 32),
            "width",
            "148",
            "height",
            "64",
            "rx",
            "14")
        .close();
    boolean body = view.status().sharing() == Sharing.BODY;
    html.element(
        "text",
        view.text(body ? "ring.body" : "ring.all"),
        "class",
        "shared-name",
        "x",
        number(CENTRE_X),
        "y",
        number(CENTRE_Y - 5));
    html.element(
        "text",
        view.text(
            "round.of",
            "round",
            view.words().number(view.status().progress().round()),
            "rounds",
            view.words().number(view.status().progress().rounds())),
        "class",
        "shared-round",
        "x",
        number(CENTRE_X),
        "y",
        number(CENTRE_Y + 16));
  }

  private static void node(HtmlWriter html, View view, Region region, double angle, int of) {
    double x = x(angle);
    double y = y(angle);
    html.open(
        "g", "class", "node " + style(region.presence().state()) + " " + view.hue(region.name()));
    html.open("circle", "cx", number(x), "cy", number(y), "r", of > MOST_NAMES ? "9" : "22");
    html.close();
    if (of <= MOST_NAMES) {
      html.open(
          "svg",
          "x",
          number(x - 11),
          "y",
          number(y - 11),
          "width",
          "22",
          "height",
          "22",
          "viewBox",
          "0 0 16 16");
      shape(html, region.presence().state());
      html.close();
      html.element(
          "text",
          view.label(region),
          "class",
          "node-name",
          "x",
          number(x),
          "y",
          number(y + 40),
          "lang",
          View.languageTag(region));
    }
    html.close();
  }

  /// A small sign of a state, for use beside the state's name.
  static void sign(HtmlWriter html, RegionState state) {
    html.open(
        "svg",
        "class",
        "sign",
        "viewBox",
        "0 0 16 16",
        "aria-hidden",
        "true",
        "focusable",
        "false");
    shape(html, state);
    html.close();
  }

  private static void shape(HtmlWriter html, RegionState state) {
    String path =
        switch (state) {
          case EXPECTED -> "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10";
          case PRESENT -> "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z";
          case ABSENT -> "M8 2l6.5 12h-13z";
          case FINISHED -> "M2.5 8.5l3.8 3.8l7.2-8";
        };
    html.open("path", "class", "shape-" + style(state), "d", path).close();
  }

  /// The class by which the style sheet knows a state.
  static String style(RegionState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /// The sign of Dure itself: four fields around a shared well.
  static void mark(HtmlWriter html) {
    html.open(
        "svg",
        "class",
        "mark",
        "viewBox",
        "0 0 32 32",
        "aria-hidden",
        "true",
        "focusable",
        "false");
    html.open("path", "d", "M4 4h10v6a6 6 0 0 1-4 4H4zM18 4h10v10h-6a6 6 0 0 1-4-4z").close();
    html.open("path", "d", "M4 18h6a6 6 0 0 1 4 4v6H4zM22 18h6v10H18v-6a6 6 0 0 1 4-4z").close();
    html.open("circle", "cx", "16", "cy", "16", "r", "3").close();
    html.close();
  }

  /// A coordinate as SVG reads it, whatever the reader's language.
  static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
