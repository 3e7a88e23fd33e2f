package org.dure.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.release.MembershipAudit;
import org.dure.app.release.ReleaseDraft;
import org.dure.app.release.Releases;
import org.dure.app.workload.Pretraining;
import org.dure.app.workload.PretrainingConfig;
import org.dure.core.AtomicFiles;
import org.dure.core.Json;
import org.dure.corpus.CorpusBuilder;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.EvaluationReportPage;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.Released;
import org.dure.evaluation.ResultSentence;
import org.dure.federation.status.StudyStatus;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;

/// What a demo ends with: releases, report, summary.
final class DemoResult {
  /// Documents that are asked about on either side, for a release's audit.
  private static final int AUDITED = 300;

  private static final String SUMMARY = "summary.json";

  private final Path home;
  private final DemoPlan plan;
  private final PretrainingConfig config;
  private final Consumer<String> say;

  DemoResult(Path home, DemoPlan plan, Consumer<String> say) {
    this.home = home;
    this.plan = plan;
    this.config = plan.config(home);
    this.say = say;
  }

  /// The summary is written last, so it stands for everything.
  static boolean isFinished(Path home) {
    return Files.exists(home.resolve(SUMMARY));
  }

  /// What the finished demo of a home came to.
  static String sentence(Path home) {
    Path evaluation = home.resolve("report").resolve("evaluation.json");
    return sentence(EvaluationReport.read(evaluation));
  }

  private static String sentence(EvaluationReport report) {
    return ResultSentence.of("en", DemoReport.byName(report), report.rounds());
  }

  static Map<String, @Nullable Object> summary(Path home) {
    return Json.object(home.resolve(SUMMARY));
  }

  /// Makes and verifies a release of every model: each institution signs its own, or the hub the
  /// one that all share.
  void release() {
    if (plan.sharing() == Together.ALL) {
      RegionLayout hub = new RegionLayout(Demo.hub(home));
      Identities.publish(hub, key(DemoPlan.SHARED));
      Path evaluation = home.resolve("evaluation.json");
      report().write(evaluation);
      Path model = region(plan.institutions().getFirst()).belt();
      release(DemoPlan.SHARED, plan.institutions(), model, evaluation, hub);
    } else {
      for (Institution one : plan.institutions()) {
        RegionLayout region = region(one);
        release(one.name(), List.of(one), region.model(), region.evaluation(), region);
      }
    }
  }

  private void release(
      String name, List<Institution> of, Path model, Path evaluation, RegionLayout signer) {
    Path out = home.resolve("release").resolve(name);
    if (!Releases.isRelease(out)) {
      ReleaseDraft.of(
              new ReleaseDraft.Parts(
                  name,
                  of.size() == 1 ? of.getFirst().language() : "mul",
                  model,
                  evaluation,
                  of.stream().map(one -> region(one).corpus()).toList(),
                  Demo.hub(home).resolve("ledger"),
                  of.stream().map(one -> CorpusBuilder.profile(region(one).corpus())).toList(),
                  of.stream().map(one -> audit(one, model)).toList()))
          .sign(KeyFiles.signer(signer.key()), out);
    }
    int files = Releases.verify(out, KeyFiles.readPublic(key(name))).files().size();
    say.accept("%s: %d files, signed and verified".formatted(out, files));
  }

  /// What an attacker gets of the institution's text.
  private Path audit(Institution one, Path model) {
    Path file = home.resolve("audits").resolve(one.name() + ".json");
    new MembershipAudit(null, AUDITED, 1).of(model, region(one).corpus()).write(file);
    return file;
  }

  private EvaluationReport report() {
    List<Comparison> comparisons = new ArrayList<>();
    for (Institution one : plan.institutions()) {
      comparisons.add(comparison(one));
    }
    return EvaluationReport.of(
        plan.name(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        comparisons,
        null,
        Pretraining.conditions(config));
  }

  private Comparison comparison(Institution one) {
    return EvaluationReport.read(region(one).evaluation()).languages().getFirst();
  }

  /// Writes the report and, last of all, the summary.
  void report(
      StudyStatus status, List<EvaluationReportPage.Sample> samples, Map<String, Long> seconds) {
    EvaluationReport report = report();
    report.write(home.resolve("report").resolve("evaluation.json"));
    DemoReport.write(home.resolve("report"), report, status, samples, seconds);
    say.accept(sentence(report));
    for (Comparison one : report.languages()) {
      say.accept(DemoReport.line(one));
    }
    List<Figures> figures =
        plan.institutions().stream()
            .map(one -> new Figures(one, comparison(one), region(status, one)))
            .toList();
    AtomicFiles.write(home.resolve("gain.json"), Json.pretty(gain(figures)));
    AtomicFiles.write(home.resolve(SUMMARY), Json.pretty(summary(figures, seconds)));
  }

  /// What is known of an institution at the end.
  private record Figures(
      Institution institution, Comparison comparison, StudyStatus.Region region) {
    /// As `summary.json` has them: bits per byte, tokens, bytes.
    Map<String, Double> summary() {
      Map<String, Double> figures = new LinkedHashMap<>();
      for (String score : List.of("start", "end", "twin")) {
        Double value = comparison.scores().get(score);
        if (value != null) {
          figures.put(score, value);
        }
      }
      figures.put("tokens", (double) region.work().weight());
      figures.put("sent", (double) region.work().sent());
      figures.put("received", (double) region.work().received());
      return figures;
    }
  }

  private static StudyStatus.Region region(StudyStatus status, Institution one) {
    return status.regions().stream()
        .filter(region -> region.name().equals(one.name()))
        .findFirst()
        .orElseThrow();
  }

  private Map<String, Object> summary(List<Figures> all, Map<String, Long> seconds) {
    Map<String, Object> institutions = new LinkedHashMap<>();
    Map<String, List<Map<String, Double>>> byLanguage = new LinkedHashMap<>();
    for (Figures one : all) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("language", one.institution().language());
      figures.putAll(one.summary());
      institutions.put(one.institution().name(), figures);
      byLanguage
          .computeIfAbsent(one.institution().language(), language -> new ArrayList<>())
          .add(one.summary());
    }
    Map<String, Object> languages = new LinkedHashMap<>();
    byLanguage.forEach((language, figures) -> languages.put(language, means(figures)));
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("languages", languages);
    summary.put("institutions", institutions);
    summary.put("seconds", seconds);
    summary.put("seed", plan.seed());
    summary.put("steps", plan.steps());
    summary.put("rounds", plan.rounds());
    return summary;
  }

  /// Of the names that all have.
  private static Map<String, Double> means(List<Map<String, Double>> all) {
    Map<String, Double> means = new LinkedHashMap<>();
    for (String name : all.getFirst().keySet()) {
      if (all.stream().allMatch(one -> one.containsKey(name))) {
        means.put(
            name, all.stream().mapToDouble(one -> one.getOrDefault(name, 0.0)).average().orElse(0));
      }
    }
    return means;
  }

  /// What `gain.json` holds: what joining was worth to each, on text that nobody trained on.
  private Map<String, @Nullable Object> gain(List<Figures> all) {
    List<Map<String, @Nullable Object>> institutions = new ArrayList<>();
    Map<String, @Nullable String> test = new LinkedHashMap<>();
    for (Figures one : all) {
      Comparison comparison = one.comparison();
      Optional<Interval> gain = comparison.gain();
      Released released = comparison.released();
      Map<String, @Nullable Object> figures = new LinkedHashMap<>();
      figures.put("name", one.institution().name());
      figures.put("language", one.institution().language());
      figures.put("twin", comparison.twin() == null ? null : comparison.twin().value());
      figures.put("belt", comparison.belt().value());
      figures.put(
          "released", released == null ? comparison.belt().value() : released.value().value());
      figures.put("gain", gain.map(Interval::value).orElse(null));
      figures.put("interval", gain.map(each -> List.of(each.low(), each.high())).orElse(null));
      figures.put("circle", circle(one.institution()));
      // Every merge is taken whole, and nobody was told a gain beforehand.
      figures.put("take", 1);
      figures.put("forecast", null);
      figures.put("sent", one.region().work().sent());
      figures.put("received", one.region().work().received());
      institutions.add(figures);
      MeasuredOn on = comparison.measuredOn();
      test.put(one.institution().name(), on == null ? null : on.heldOut());
    }
    Map<String, @Nullable Object> whole = new LinkedHashMap<>();
    whole.put("institutions", institutions);
    whole.put("test", test);
    whole.put("dropped", DemoText.read(home).dropped());
    // Circles are those of the study; no step was spent on looking for them.
    whole.put("finding", 0);
    return whole;
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

  private RegionLayout region(Institution one) {
    return Demo.region(home, one.name());
  }

  private Path key(String model) {
    return home.resolve("keys").resolve(model + ".pem");
  }
}
