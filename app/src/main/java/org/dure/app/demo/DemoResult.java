package org.dure.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.dure.evaluation.ResultSentence;
import org.dure.federation.status.StudyStatus;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;

/// What a demo ends with: releases, report, summary.
final class DemoResult {
  /// Documents that are asked about on either side, for a release's audit.
  private static final int AUDITED = 300;

  private static final String SHARED = "shared";
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
    return ResultSentence.of("en", DemoReport.byLanguage(report), report.rounds());
  }

  static Map<String, @Nullable Object> summary(Path home) {
    return Json.object(home.resolve(SUMMARY));
  }

  /// Makes and verifies a release of every model: with `body` each region signs its own; with `all`
  /// the hub signs the one that all share.
  void release() {
    if (plan.models().equals(List.of(SHARED))) {
      RegionLayout hub = new RegionLayout(Demo.hub(home));
      Identities.publish(hub, key(SHARED));
      Path evaluation = home.resolve("evaluation.json");
      report().write(evaluation);
      RegionLayout first = region(plan.languages().getFirst());
      release(SHARED, plan.languages(), first.model(), evaluation, hub);
    } else {
      for (String language : plan.languages()) {
        RegionLayout region = region(language);
        release(language, List.of(language), region.model(), region.evaluation(), region);
      }
    }
  }

  private void release(
      String name, List<String> languages, Path model, Path evaluation, RegionLayout signer) {
    Path out = home.resolve("release").resolve(name);
    if (!Releases.isRelease(out)) {
      ReleaseDraft.of(
              new ReleaseDraft.Parts(
                  name,
                  languages.size() == 1 ? languages.getFirst() : "mul",
                  model,
                  evaluation,
                  languages.stream().map(language -> region(language).corpus()).toList(),
                  Demo.hub(home).resolve("ledger"),
                  languages.stream()
                      .map(language -> CorpusBuilder.profile(region(language).corpus()))
                      .toList(),
                  languages.stream().map(language -> audit(language, model)).toList()))
          .sign(KeyFiles.signer(signer.key()), out);
    }
    int files = Releases.verify(out, KeyFiles.readPublic(key(name))).files().size();
    say.accept("%s: %d files, signed and verified".formatted(out, files));
  }

  /// What an attacker gets of the region's text.
  private Path audit(String language, Path model) {
    Path file = home.resolve("audits").resolve(language + ".json");
    new MembershipAudit(null, AUDITED, 1).of(model, region(language).corpus()).write(file);
    return file;
  }

  private EvaluationReport report() {
    List<Comparison> comparisons = new ArrayList<>();
    for (String language : plan.languages()) {
      comparisons.addAll(EvaluationReport.read(region(language).evaluation()).languages());
    }
    return EvaluationReport.of(
        plan.name(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        comparisons,
        null,
        Pretraining.conditions(config));
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
    AtomicFiles.write(home.resolve(SUMMARY), Json.pretty(summary(report, status, seconds)));
  }

  private Map<String, Object> summary(
      EvaluationReport report, StudyStatus status, Map<String, Long> seconds) {
    Map<String, Object> languages = new LinkedHashMap<>();
    for (Comparison one : report.languages()) {
      StudyStatus.Region region =
          status.regions().stream()
              .filter(member -> member.language().equals(one.language()))
              .findFirst()
              .orElseThrow();
      Map<String, Object> figures = new LinkedHashMap<>();
      for (String score : List.of("start", "end", "twin")) {
        Double value = one.scores().get(score);
        if (value != null) {
          figures.put(score, value);
        }
      }
      figures.put("tokens", region.work().weight());
      figures.put("sent", region.work().sent());
      figures.put("received", region.work().received());
      languages.put(one.language(), figures);
    }
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("languages", languages);
    summary.put("seconds", seconds);
    summary.put("seed", plan.seed());
    summary.put("steps", plan.steps());
    summary.put("rounds", plan.rounds());
    return summary;
  }

  private RegionLayout region(String language) {
    return Demo.region(home, language);
  }

  private Path key(String model) {
    return home.resolve("keys").resolve(model + ".pem");
  }
}
