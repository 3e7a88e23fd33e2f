package org.dure.app.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.Released;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;

/// What a demo came to, as `summary.json` and `gain.json` have it for programs.
record DemoFigures(DemoPlan plan, List<One> institutions) {
  /// What is known of an institution at the end.
  record One(Institution institution, Comparison comparison, StudyStatus.Work work) {
    /// Bits per byte, tokens and bytes, by name.
    private Map<String, Number> figures() {
      Map<String, Number> figures = new LinkedHashMap<>();
      for (String score : List.of("start", "end", "released", "twin")) {
        Double value = comparison.scores().get(score);
        if (value != null) {
          figures.put(score, value);
        }
      }
      figures.put("tokens", work.weight());
      figures.put("sent", work.sent());
      figures.put("received", work.received());
      return figures;
    }
  }

  Map<String, Object> summary(Map<String, Long> seconds) {
    Map<String, Object> byName = new LinkedHashMap<>();
    Map<String, List<Map<String, Number>>> byLanguage = new LinkedHashMap<>();
    for (One one : institutions) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("language", one.institution.language());
      figures.putAll(one.figures());
      byName.put(one.institution.name(), figures);
      byLanguage
          .computeIfAbsent(one.institution.language(), language -> new ArrayList<>())
          .add(one.figures());
    }
    Map<String, Object> languages = new LinkedHashMap<>();
    byLanguage.forEach((language, figures) -> languages.put(language, means(figures)));
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("languages", languages);
    summary.put("institutions", byName);
    summary.put("seconds", seconds);
    summary.put("seed", plan.seed());
    summary.put("steps", plan.steps());
    summary.put("rounds", plan.rounds());
    return summary;
  }

  /// Of the names that all have; of whole numbers the nearest one.
  private static Map<String, Number> means(List<Map<String, Number>> all) {
    Map<String, Number> means = new LinkedHashMap<>();
    all.getFirst()
        .forEach(
            (name, first) -> {
              List<Double> values =
                  all.stream()
                      .map(one -> one.get(name))
                      .filter(Objects::nonNull)
                      .map(Number::doubleValue)
                      .toList();
              double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
              if (values.size() == all.size()) {
                means.put(name, first instanceof Long ? Long.valueOf(Math.round(mean)) : mean);
              }
            });
    return means;
  }

  /// What joining was worth to each, on text that nobody trained on.
  ///
  /// @param dropped paragraphs that were left out as near copies
  Map<String, @Nullable Object> gain(long dropped) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    Map<String, @Nullable String> test = new LinkedHashMap<>();
    for (One one : institutions) {
      all.add(gain(one));
      MeasuredOn on = one.comparison.measuredOn();
      test.put(one.institution.name(), on == null ? null : on.heldOut());
    }
    Map<String, @Nullable Object> whole = new LinkedHashMap<>();
    whole.put("institutions", all);
    whole.put("test", test);
    whole.put("dropped", dropped);
    // Circles are those of the study; no step was spent on looking for them.
    whole.put("finding", 0);
    return whole;
  }

  private Map<String, @Nullable Object> gain(One one) {
    Comparison comparison = one.comparison;
    Released released = comparison.released();
    Optional<Interval> gain = comparison.gain();
    Map<String, @Nullable Object> figures = new LinkedHashMap<>();
    figures.put("name", one.institution.name());
    figures.put("language", one.institution.language());
    figures.put("twin", comparison.twin() == null ? null : comparison.twin().value());
    figures.put("belt", comparison.belt().value());
    figures.put(
        "released", released == null ? comparison.belt().value() : released.value().value());
    figures.put("gain", gain.map(Interval::value).orElse(null));
    figures.put("interval", gain.map(each -> List.of(each.low(), each.high())).orElse(null));
    figures.put("circle", circle(one.institution));
    // Every merge is taken whole, and nobody was told a gain beforehand.
    figures.put("take", 1);
    figures.put("forecast", null);
    figures.put("sent", one.work.sent());
    figures.put("received", one.work.received());
    return figures;
  }

  /// With whom words and body were merged; null where they stayed at home.
  private Map<String, @Nullable String> circle(Institution one) {
    String all = "all";
    String language = "language:" + one.language();
    Map<String, @Nullable String> circle = new LinkedHashMap<>();
    circle.put(
        "words",
        switch (plan.sharing()) {
          case LANGUAGE -> language;
          case BODY -> null;
          case ALL -> all;
        });
    circle.put(
        "body",
        switch (plan.sharing()) {
          case LANGUAGE -> language;
          case BODY, ALL -> all;
        });
    return circle;
  }
}
