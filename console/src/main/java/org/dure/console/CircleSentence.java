package org.dure.console;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus.Region;

/// Which regions are merged with one another, in a study in which not all are with all.
final class CircleSentence {
  private CircleSentence() {}

  /// Empty where all regions are one circle, and before the first round.
  static String of(View view) {
    SortedMap<String, String> circles =
        view.members().stream()
            .filter(region -> !region.circle().isEmpty())
            .collect(
                Collectors.groupingBy(
                    Region::circle,
                    TreeMap::new,
                    Collectors.mapping(
                        Region::name, Collectors.joining(view.text("list.separator")))));
    int round = view.status().progress().round();
    if (circles.isEmpty() || round == 0) {
      return "";
    }
    return view.text(
        "status.circles",
        "round",
        view.words().number(round),
        "circles",
        String.join(" · ", circles.values()));
  }

  static void write(HtmlWriter html, View view) {
    String sentence = of(view);
    if (!sentence.isEmpty()) {
      html.element("p", sentence, "class", "note");
    }
  }
}
