package org.dure.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.page.HtmlWriter;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.DifferenceChart;
import org.dure.evaluation.ResultSentence;
import org.dure.federation.status.StudyStatus.Region;

/// What the study has been worth so far, which pages and `dure status` say before anything else:
/// the regions' evaluation once there is one, until then the newest of their learning curves.
final class Outcome {
  private Outcome() {}

  /// What the region published, as the evaluation reads it; empty where it published nothing, or
  /// not all that belongs to it.
  static Optional<Comparison> comparison(Region region) {
    if (region.work().scores().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Comparison.of(region.language(), region.work().scores()));
    } catch (DureException e) {
      return Optional.empty();
    }
  }

  private static SequencedMap<String, Comparison> comparisons(View view) {
    SequencedMap<String, Comparison> comparisons = new LinkedHashMap<>();
    for (Region region : view.status().regions()) {
      comparison(region).ifPresent(found -> comparisons.put(view.readerLabel(region), found));
    }
    return comparisons;
  }

  /// The sentence; empty while nothing is known.
  static String sentence(View view) {
    SequencedMap<String, Comparison> comparisons = comparisons(view);
    String language = view.words().language();
    int rounds = view.status().progress().rounds();
    if (!comparisons.isEmpty()) {
      return ResultSentence.of(language, comparisons, rounds);
    }
    String lead = lead(view);
    String few = lead.isEmpty() ? "" : ResultSentence.tooFew(language, rounds);
    return few.isEmpty() ? lead : few + view.text("sentence.separator") + lead;
  }

  /// Writes the sentence with what follows it, and beside them the differences where they were
  /// measured.
  ///
  /// @param following writes what comes after the sentence
  static void write(HtmlWriter html, View view, Runnable following) {
    String sentence = sentence(view);
    SequencedMap<String, Comparison> comparisons = comparisons(view);
    boolean drawn = comparisons.values().stream().anyMatch(c -> c.difference() != null);
    html.open("div", "class", drawn ? "opening drawn" : "opening").open("div");
    if (!sentence.isEmpty()) {
      html.element("p", sentence, "class", "result");
      if (comparisons.isEmpty()) {
        html.element("p", view.text("lead.note"), "class", "note");
      }
    }
    following.run();
    html.close();
    if (drawn) {
      html.open("figure", "class", "result-chart");
      DifferenceChart.write(html, view.words().language(), comparisons, "difference");
      html.close();
    }
    html.close();
  }

  /// Who is ahead, by the newest points of the learning curves.
  private static String lead(View view) {
    Chart chart = Chart.of(view);
    List<String> compared = new ArrayList<>();
    List<String> alone = new ArrayList<>();
    int ahead = 0;
    int round = 0;
    for (Region region : view.status().regions()) {
      List<Chart.Point> points = chart.points(region);
      if (!points.isEmpty()) {
        Chart.Point last = points.getLast();
        round = Math.max(round, last.round());
        if (last.hasTwin()) {
          ahead += last.difference() < 0 ? 1 : 0;
          compared.add(item(view, region, view.words().signedPercent(last.share())));
        } else {
          alone.add(item(view, region, view.words().decimal(last.together(), 3)));
        }
      }
    }
    String number = view.words().number(round);
    String metric = view.text("metric." + chart.pair().together());
    if (!compared.isEmpty()) {
      return view.words()
          .counted(
              "lead.compared",
              compared.size(),
              "round",
              number,
              "ahead",
              view.words().number(ahead),
              "total",
              view.words().number(compared.size()),
              "list",
              String.join(view.text("list.separator"), compared));
    }
    return alone.isEmpty()
        ? ""
        : view.text(
            "lead.alone",
            "round",
            number,
            "metric",
            metric,
            "list",
            String.join(view.text("list.separator"), alone));
  }

  private static String item(View view, Region region, String value) {
    return view.text("lead.item", "region", view.readerLabel(region), "value", value);
  }
}
