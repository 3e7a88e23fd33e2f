package org.dure.console;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.Round;

/// All rounds, and each round by itself: when it opened and closed, and who contributed what.
final class RoundsPage {
  private static final int MOST_ROUNDS = 100;

  /// Rounds that are seen without unfolding; on a phone each is a block of its own.
  private static final int OPEN_ROUNDS = 10;

  private RoundsPage() {}

  /// @param before only rounds below this one are listed; 0 for the newest
  static void list(HtmlWriter html, View view, int before) {
    html.element("h1", view.text("rounds.title"));
    html.element("p", view.text("rounds.intro"), "class", "lead");
    List<Round> rounds =
        view.status().history().reversed().stream()
            .filter(round -> before == 0 || round.number() < before)
            .toList();
    if (rounds.isEmpty()) {
      html.element("p", view.text("rounds.none"), "class", "empty");
      return;
    }
    List<Round> shown = rounds.subList(0, Math.min(rounds.size(), MOST_ROUNDS));
    int open = Math.min(shown.size(), OPEN_ROUNDS);
    table(html, view, view.text("rounds.caption"), shown.subList(0, open));
    if (open < shown.size()) {
      List<Round> folded = shown.subList(open, shown.size());
      String caption =
          view.text(
              "rounds.folded",
              "from",
              view.words().number(folded.getLast().number()),
              "to",
              view.words().number(folded.getFirst().number()));
      html.open("details", "class", "more");
      html.element("summary", caption);
      table(html, view, caption, folded);
      html.close();
    }
    if (shown.size() < rounds.size()) {
      html.open("p");
      html.element(
          "a", view.text("rounds.older"), "href", "/rounds?before=" + shown.getLast().number());
      html.close();
    }
  }

  private static void table(HtmlWriter html, View view, String caption, List<Round> rounds) {
    Table table =
        Table.open(
            html,
            caption,
            List.of(
                view.text("column.round"),
                view.text("column.opened"),
                view.text("column.merged"),
                view.text("column.lasted"),
                view.text("column.contributions"),
                view.text("column.tokens"),
                view.text("column.meanLoss")));
    for (Round round : rounds) {
      row(html, view, table, round);
    }
    table.close();
  }

  private static void row(HtmlWriter html, View view, Table table, Round round) {
    table.row();
    html.element(
        "a",
        view.text("round.name", "round", view.words().number(round.number())),
        "href",
        "/rounds/" + round.number());
    table.headed();
    table.cell();
    view.time(html, round.opened());
    table.done().cell();
    Long merged = round.merged();
    Optional<String> gone = Returns.of(view, round);
    if (gone.isPresent()) {
      html.text(gone.get());
    } else if (merged == null) {
      html.text(view.text("round.open"));
    } else {
      view.time(html, merged);
    }
    table.done();
    table.cell(lasted(view, round));
    table.cell(
        view.text(
            "round.contributions",
            "arrived",
            view.words().number(round.contributions().size()),
            "total",
            view.words().number(couldContribute(view, round))));
    table.cell(view.words().number(weight(round)));
    OptionalDouble loss = meanLoss(round);
    table.cell(loss.isPresent() ? view.words().decimal(loss.getAsDouble(), 3) : "–");
    table.endRow();
  }

  /// Those who were shut out since count in the rounds that they contributed to.
  private static long couldContribute(View view, Round round) {
    return view.status().regions().stream()
        .filter(
            region -> !View.isRevoked(region) || round.contributions().containsKey(region.name()))
        .count();
  }

  private static String lasted(View view, Round round) {
    Long merged = round.merged();
    long end =
        merged == null ? Returns.end(view, round).orElse(view.status().progress().now()) : merged;
    return view.words().duration(end - round.opened());
  }

  private static long weight(Round round) {
    return round.contributions().values().stream().mapToLong(Contribution::weight).sum();
  }

  /// Mean of the contributions' losses, each weighed as in the merge.
  private static OptionalDouble meanLoss(Round round) {
    double sum = 0;
    double weights = 0;
    for (Contribution contribution : round.contributions().values()) {
      Double loss = contribution.metrics().get("loss");
      if (loss != null && Double.isFinite(loss)) {
        sum += loss * contribution.weight();
        weights += contribution.weight();
      }
    }
    return weights > 0 ? OptionalDouble.of(sum / weights) : OptionalDouble.empty();
  }

  static Optional<Round> find(View view, int number) {
    return view.status().history().stream().filter(r -> r.number() == number).findFirst();
  }

  static void one(HtmlWriter html, View view, Round round) {
    String number = view.words().number(round.number());
    html.element("h1", view.text("round.name", "round", number));
    html.open("dl", "class", "line");
    fact(html, view.text("column.opened"), view.words().time(round.opened(), view.zone()));
    Long merged = round.merged();
    String outcome =
        merged == null ? view.text("round.open") : view.words().time(merged, view.zone());
    fact(html, view.text("column.merged"), Returns.of(view, round).orElse(outcome));
    fact(html, view.text("column.lasted"), lasted(view, round));
    fact(html, view.text("column.tokens"), view.words().number(weight(round)));
    html.close();
    contributions(html, view, round);
    html.element("p", view.text("round.norm"), "class", "note");
    html.element("p", view.text("round.cosine"), "class", "note");
    neighbours(html, view, round);
  }

  private static void contributions(HtmlWriter html, View view, Round round) {
    Set<String> metrics = new LinkedHashSet<>();
    round
        .contributions()
        .values()
        .forEach(contribution -> metrics.addAll(shown(contribution.metrics())));
    List<String> columns = new ArrayList<>();
    columns.add(view.text("column.region"));
    columns.add(view.text("column.arrived"));
    columns.add(view.text("column.tokens"));
    columns.add(view.text("column.share"));
    metrics.forEach(metric -> columns.add(view.word("metric.", metric)));
    columns.add(view.text("column.norm"));
    columns.add(view.text("column.cosine"));
    String caption = view.text("round.caption", "round", view.words().number(round.number()));
    Table table = Table.open(html, caption, columns);
    for (String region : regions(view, round)) {
      table.row();
      html.open("span", "class", "dot " + view.hue(region)).close();
      html.element("bdi", view.label(region));
      table.headed();
      Contribution contribution = round.contributions().get(region);
      if (contribution == null) {
        table.cell(view.text(round.merged() == null ? "round.notYet" : "round.nothing"));
        for (int i = 2; i < columns.size(); i++) {
          table.none();
        }
      } else {
        contribution(html, view, table, round, contribution, metrics);
      }
      table.endRow();
    }
    table.close();
  }

  /// How large the sample was: it belongs to what was measured on it.
  private static final String SAMPLE = "heldOutDocuments";

  /// Names of the metrics of one contribution in the order in which the table shows them; those of
  /// parts of a round (with a dot) are for its curve.
  private static List<String> shown(Map<String, Double> metrics) {
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
        .filter(name -> !order.contains(name) && !name.equals(SAMPLE) && !name.contains("."))
        .sorted()
        .forEach(names::add);
    return names;
  }

  private static void contribution(
      HtmlWriter html,
      View view,
      Table table,
      Round round,
      Contribution contribution,
      Set<String> metrics) {
    table.cell();
    view.time(html, contribution.arrived());
    table.done();
    table.cell(view.words().number(contribution.weight()));
    Double share = contribution.share();
    table.cell(
        view.words()
            .percent(share == null ? (double) contribution.weight() / weight(round) : share));
    for (String metric : metrics) {
      table.cell(view.words().decimal(contribution.metrics().getOrDefault(metric, Double.NaN), 4));
    }
    table.cell(view.words().decimal(contribution.norm(), 4));
    Double cosine = contribution.cosine();
    table.cell(cosine == null ? "–" : view.words().signed(cosine, 3));
  }

  /// The study's regions in their order, then any others that contributed.
  private static List<String> regions(View view, Round round) {
    Set<String> names = new LinkedHashSet<>();
    view.status().regions().stream().map(Region::name).forEach(names::add);
    round.contributions().keySet().stream().sorted().forEach(names::add);
    return List.copyOf(names);
  }

  private static void neighbours(HtmlWriter html, View view, Round round) {
    html.open("nav", "class", "neighbours", "aria-label", view.text("round.neighbours"));
    html.open("ul");
    if (find(view, round.number() - 1).isPresent()) {
      link(html, "← " + view.text("round.previous"), "/rounds/" + (round.number() - 1));
    }
    link(html, view.text("round.all"), "/rounds");
    if (find(view, round.number() + 1).isPresent()) {
      link(html, view.text("round.next") + " →", "/rounds/" + (round.number() + 1));
    }
    html.close().close();
  }

  private static void link(HtmlWriter html, String text, String address) {
    html.open("li").element("a", text, "href", address).close();
  }

  private static void fact(HtmlWriter html, String name, String value) {
    html.open("div").element("dt", name).element("dd", value).close();
  }
}
