package org.dure.app.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
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

  /// Of an evaluation's conditions, where nothing was chosen.
  private static final String RELEASED = "released";

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
        conditions());
  }

  private Map<String, String> conditions() {
    Map<String, String> conditions = new LinkedHashMap<>(Pretraining.conditions(config));
    unchosen().forEach((name, why) -> conditions.put(RELEASED + " (" + name + ")", why));
    return conditions;
  }

  /// Why institutions chose nothing, by their names.
  private SequencedMap<String, String> unchosen() {
    SequencedMap<String, String> unchosen = new LinkedHashMap<>();
    for (Institution one : plan.institutions()) {
      String why = EvaluationReport.read(region(one).evaluation()).conditions().get(RELEASED);
      if (why != null) {
        unchosen.put(one.name(), why);
      }
    }
    return unchosen;
  }

  private Comparison comparison(Institution one) {
    Comparison measured = EvaluationReport.read(region(one).evaluation()).languages().getFirst();
    return plan.sharing() == Together.ALL ? measured.ofBelt() : measured;
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
    unchosen().forEach((name, why) -> say.accept("%s: released is %s".formatted(name, why)));
    DemoFigures figures =
        new DemoFigures(
            plan,
            plan.institutions().stream()
                .map(one -> new DemoFigures.One(one, comparison(one), region(status, one).work()))
                .toList());
    AtomicFiles.write(
        home.resolve("gain.json"), Json.pretty(figures.gain(DemoText.read(home).dropped())));
    AtomicFiles.write(home.resolve(SUMMARY), Json.pretty(figures.summary(seconds)));
  }

  private static StudyStatus.Region region(StudyStatus status, Institution one) {
    return status.regions().stream()
        .filter(region -> region.name().equals(one.name()))
        .findFirst()
        .orElseThrow();
  }

  private RegionLayout region(Institution one) {
    return Demo.region(home, one.name());
  }

  private Path key(String model) {
    return home.resolve("keys").resolve(model + ".pem");
  }
}
