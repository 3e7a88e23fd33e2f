package org.dure.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.dure.core.Sharing;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.Direction;
import org.dure.federation.status.StudyStatus.Crossing;
import org.dure.federation.status.StudyStatus.Region;

/// What crossed each region's border, round by round, and what never does.
final class BordersPage {
  /// Rounds on one page; a study of thousands stays readable.
  private static final int MOST_ROUNDS = 50;

  /// Rounds of an unfolded region that are seen without unfolding more.
  private static final int OPEN_ROUNDS = 8;

  /// What flows through one column: a direction and a kind.
  private record Flow(Direction direction, TrafficKind kind) {}

  private final View view;
  private final int before;

  private BordersPage(View view, int before) {
    this.view = view;
    this.before = before;
  }

  /// @param before only rounds below this one are shown; 0 for the newest
  static void write(HtmlWriter html, View view, int before) {
    new BordersPage(view, before).page(html);
  }

  private void page(HtmlWriter html) {
    html.element("h1", view.text("borders.title"));
    html.element("p", view.text("borders.intro"), "class", "lead");
    html.open("section", "class", "never", "aria-labelledby", "never");
    html.element("h2", view.text("borders.never.title"), "id", "never");
    boolean body = view.status().sharing() == Sharing.BODY;
    html.element("p", view.text(body ? "borders.never.body" : "borders.never.all"));
    html.close();
    totals(html);
    kinds(html);
    for (Region region : view.status().regions()) {
      region(html, region);
    }
  }

  private void totals(HtmlWriter html) {
    html.open("section", "aria-labelledby", "totals");
    html.element("h2", view.text("borders.totals.title"), "id", "totals");
    Table table =
        Table.open(
            html,
            view.text("borders.totals.caption"),
            List.of(
                view.text("column.region"),
                view.text("direction.out"),
                view.text("direction.in"),
                view.text("column.total")));
    for (Region region : view.status().regions()) {
      table.row();
      html.open("a", "href", "#" + id(region));
      name(html, region);
      html.close();
      table.headed();
      bytes(table, region.work().sent(), region.work().received());
    }
    table.foot();
    table.row(view.text("column.total"));
    bytes(table, view.sent(), view.received());
    table.close();
    html.close();
  }

  private void bytes(Table table, long out, long in) {
    table.cell(view.words().bytes(out));
    table.cell(view.words().bytes(in));
    table.cell(view.words().bytes(out + in));
    table.endRow();
  }

  private void name(HtmlWriter html, Region region) {
    html.open("span", "class", "dot " + view.hue(region.name())).close();
    html.element("bdi", view.label(region), "lang", View.languageTag(region));
  }

  private void kinds(HtmlWriter html) {
    Set<TrafficKind> kinds = new TreeSet<>(Comparator.comparing(TrafficKind::word));
    view.status().traffic().totals().forEach(total -> kinds.add(total.kind()));
    if (kinds.isEmpty()) {
      return;
    }
    html.open("section", "aria-labelledby", "kinds");
    html.element("h2", view.text("borders.kinds.title"), "id", "kinds");
    html.open("dl", "class", "kinds");
    for (TrafficKind kind : kinds) {
      html.open("div");
      html.element("dt", view.word("kind.", kind));
      html.element(
          "dd",
          view.words()
              .known("kind.what.", kind.word())
              .orElseGet(() -> view.text("borders.kinds.unknown")));
      html.close();
    }
    html.close().close();
  }

  private void region(HtmlWriter html, Region region) {
    List<Crossing> crossings =
        view.status().traffic().crossings().stream()
            .filter(c -> c.region().equals(region.name()))
            .toList();
    String id = id(region);
    html.open("section", "aria-labelledby", id);
    // A page of a filtered or older part was asked for to be read.
    if (before > 0) {
      html.open("details", "open", "");
    } else {
      html.open("details");
    }
    html.open("summary").open("h2", "id", id);
    name(html, region);
    html.close();
    html.element(
        "span",
        view.text(
            "fact.crossed.value",
            "sent",
            view.words().bytes(region.work().sent()),
            "received",
            view.words().bytes(region.work().received())),
        "class",
        "muted");
    html.close();
    if (crossings.isEmpty()) {
      html.element("p", view.text("borders.nothing"), "class", "empty");
    } else {
      rounds(html, region, crossings);
    }
    html.close().close();
  }

  private String id(Region region) {
    return "border-" + view.status().regions().indexOf(region);
  }

  private void rounds(HtmlWriter html, Region region, List<Crossing> crossings) {
    List<Flow> flows = flows(totals(region));
    List<Integer> rounds =
        crossings.stream()
            .map(Crossing::round)
            .filter(round -> before == 0 || round < before)
            .distinct()
            .sorted(Comparator.reverseOrder())
            .toList();
    List<Integer> shown = rounds.subList(0, Math.min(rounds.size(), MOST_ROUNDS));
    int open = Math.min(shown.size(), OPEN_ROUNDS);
    Table table = open(html, region, flows);
    rows(html, table, flows, crossings, shown.subList(0, open));
    table.foot();
    table.row(view.text("column.total"));
    for (Flow flow : flows) {
      sum(html, table, totals(region), flow);
    }
    table.endRow();
    table.close();
    if (open < shown.size()) {
      html.open("details", "class", "more");
      html.element("summary", view.text("rounds.older"));
      Table older = open(html, region, flows);
      rows(html, older, flows, crossings, shown.subList(open, shown.size()));
      older.close();
      html.close();
    }
    if (shown.size() < rounds.size()) {
      html.open("p");
      html.element("a", view.text("rounds.older"), "href", "/borders?before=" + shown.getLast());
      html.close();
    }
  }

  private Table open(HtmlWriter html, Region region, List<Flow> flows) {
    List<String> columns = new ArrayList<>();
    columns.add(view.text("column.round"));
    for (Flow flow : flows) {
      columns.add(
          view.word("direction.short.", flow.direction()) + " " + view.word("kind.", flow.kind()));
    }
    String caption = view.text("borders.rounds.caption", "region", view.label(region));
    return Table.open(html, caption, columns);
  }

  private void rows(
      HtmlWriter html,
      Table table,
      List<Flow> flows,
      List<Crossing> crossings,
      List<Integer> rounds) {
    for (int round : rounds) {
      table.row(round == 0 ? view.text("borders.noRound") : view.words().number(round));
      for (Flow flow : flows) {
        sum(html, table, crossings.stream().filter(c -> c.round() == round).toList(), flow);
      }
      table.endRow();
    }
  }

  /// What crossed since the study began, also in rounds that are no longer shown one by one.
  private List<Crossing> totals(Region region) {
    return view.status().traffic().totals().stream()
        .filter(total -> total.region().equals(region.name()))
        .map(t -> new Crossing(t.region(), 0, t.direction(), t.kind(), t.items(), t.bytes()))
        .toList();
  }

  /// Columns: what leaves first, then what comes in; within a direction the heaviest first.
  private static List<Flow> flows(List<Crossing> crossings) {
    Set<Flow> flows = new LinkedHashSet<>();
    crossings.stream()
        .sorted(
            Comparator.comparing(Crossing::direction)
                .thenComparing(Crossing::bytes, Comparator.reverseOrder())
                .thenComparing(c -> c.kind().word()))
        .forEach(c -> flows.add(new Flow(c.direction(), c.kind())));
    return List.copyOf(flows);
  }

  private void sum(HtmlWriter html, Table table, List<Crossing> crossings, Flow flow) {
    List<Crossing> of =
        crossings.stream()
            .filter(c -> c.direction() == flow.direction() && c.kind() == flow.kind())
            .toList();
    if (of.isEmpty()) {
      table.none();
      return;
    }
    table.cell();
    html.text(view.words().bytes(of.stream().mapToLong(Crossing::bytes).sum()));
    long items = of.stream().mapToLong(Crossing::items).sum();
    html.text(" ");
    Messages words = view.words();
    String parts = words.counted("borders.items", items, "items", words.number(items));
    html.element("span", parts, "class", "muted");
    table.done();
  }
}
