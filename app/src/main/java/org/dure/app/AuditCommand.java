package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dure.app.audit.LeakAudit;
import org.dure.app.audit.LeakReport;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.release.MembershipAudit;
import org.dure.app.terminal.Output;
import org.dure.app.workload.PretrainingConfig;
import org.dure.app.workload.RehearsalConfig;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.Settings;
import org.dure.core.runtime.FolderLock;
import org.dure.core.runtime.Progress;
import org.dure.evaluation.AuditReport;
import org.dure.model.Libtorch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure audit`: attacks on what is one's own, before others make them.
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = {
      "Tries what a study, or a model, would give away of a region's text.",
      "",
      "What an audit writes goes into the release: dure release --audit FILE."
    },
    subcommands = {AuditCommand.Leak.class, AuditCommand.Membership.class})
final class AuditCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: leak or membership");
  }

  /// `dure audit leak`.
  @Command(
      name = "leak",
      mixinStandardHelpOptions = true,
      description = {
        "Plants marked sentences in a copy of the region's text, some once, some 10 and 100 times,"
            + " and looks for them in all that would leave.",
        "",
        "Searched is every byte that would cross or be released; a model trained a little on the"
            + " copy is asked for them. Nothing leaves, and the region's own files stay as they"
            + " are."
      },
      footer = {
        "",
        "Example:",
        "  dure audit leak --home ko",
        "  planted 10 times in 4 documents: 0 of 3 found (counts 0, weights 0, ..."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Leak implements Callable<Integer> {
    @Option(
        names = "--home",
        required = true,
        paramLabel = "DIR",
        description = "The region's own folder, prepared.")
    private Path home;

    @Option(
        names = "--study",
        paramLabel = "FILE",
        description = "The study (TOML) (default: the home's, from region init).")
    private @Nullable Path study;

    @Option(
        names = "--region",
        defaultValue = "",
        paramLabel = "NAME",
        description = "Its name in the study (default: the home's).")
    private String name;

    @Option(
        names = "--policy",
        paramLabel = "FILE",
        description = "What the site lets leave (TOML) (default: the home's).")
    private @Nullable Path policy;

    @Option(
        names = "--steps",
        defaultValue = "200",
        paramLabel = "N",
        description = "Steps that the model is trained (default ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
        names = "--seed",
        defaultValue = "1",
        paramLabel = "N",
        description = "By which the sentences are drawn (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "The figures (default: audit.json in the home).")
    private @Nullable Path out;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      if (steps < 1) {
        throw new ParameterException(spec.commandLine(), "--steps: expected at least 1");
      }
      RegionLayout region = RegionLayout.of(home, spec.name());
      PretrainingConfig config = config(region);
      SitePolicy site = policy == null ? SitePolicy.of(region) : SitePolicy.read(policy);
      String member = name.isEmpty() ? RegionHome.read(region).region() : name;
      Path audits = home.resolve(".audit");
      Path scratch = audits.resolve("work");
      LeakReport report;
      try (FolderLock lock = FolderLock.of(audits, "audit")) {
        // One that was killed has left what it made of the text.
        AtomicFiles.delete(scratch);
        try (Progress progress = new Progress("audit", "steps", steps)) {
          report =
              new LeakAudit(region, member, config, site, seed, steps)
                  .run(PrivateFiles.createFolders(scratch), done -> progress.update(done, ""));
        } finally {
          AtomicFiles.delete(scratch);
        }
      }
      Path file = out == null ? home.resolve(LeakReport.FILE) : out;
      report.write(file);
      Output output = Output.of(spec);
      output.result(report, text(report, file));
      output.next("dure release ... --audit %s", file);
      return 0;
    }

    private PretrainingConfig config(RegionLayout region) {
      Path file = study == null ? RegionHome.study(region) : study;
      if (!Files.exists(file)) {
        throw new DureException(
            ErrorCode.INPUT_MISSING,
            study == null
                ? "%s has no study: join one with dure region init, or give --study FILE and --region NAME"
                    .formatted(home)
                : "--study %s: there is no such file".formatted(study));
      }
      return switch (WorkloadConfig.of(Settings.of(file))) {
        case PretrainingConfig pretraining -> pretraining;
        case RehearsalConfig rehearsal ->
            throw new DureException(
                ErrorCode.USAGE,
                "study %s is a rehearsal: it uses no text".formatted(rehearsal.study().name()));
      };
    }

    private static String text(LeakReport report, Path file) {
      StringBuilder text = new StringBuilder();
      text.append(
          String.format(
              Locale.ROOT,
              "searched %,d bytes that would cross and %,d that would be released%n",
              report.crossing(),
              report.released()));
      for (LeakReport.Group group : report.groups()) {
        text.append(
            String.format(
                Locale.ROOT,
                "planted %d times in %d documents: %d of %d found (counts %d, weights %d, release"
                    + " %d), %d reproduced, exposure %.1f of 8 bits%n",
                group.times(),
                group.documents(),
                group.found(),
                group.canaries(),
                group.inCounts(),
                group.inWeights(),
                group.inRelease(),
                group.reproduced(),
                group.exposure()));
      }
      return text.append("figures in ").append(file).toString();
    }
  }

  /// `dure audit membership`.
  @Command(
      name = "membership",
      mixinStandardHelpOptions = true,
      description = {
        "Guesses which documents a model was trained on, and counts how often that is right.",
        "",
        "Training and held-out documents of one corpus are told apart by the model's loss, by its"
            + " loss beside zlib's, and beside that of --reference, a model which saw neither. 0.5"
            + " of the area under the curve is what a coin gets. The outcome names by digest the"
            + " model and the text."
      },
      footer = {
        "",
        "Example:",
        "  dure audit membership --model regions/ko/model --corpus regions/ko/corpus --out"
            + " ko.membership.json",
        "  loss: area under the curve (coin 0.5): 0.512 (0.489 to 0.536)",
        "  loss: hits at 1 %% false alarms (coin 0.01): 0.012 (0.004 to 0.025)"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Membership implements Callable<Integer> {
    @Option(
        names = "--model",
        required = true,
        paramLabel = "DIR",
        description = "A release, or the outcome of a training.")
    private Path model;

    @Option(
        names = "--corpus",
        required = true,
        paramLabel = "DIR",
        description = "The corpus that it was trained on.")
    private Path corpus;

    @Option(
        names = "--reference",
        paramLabel = "DIR",
        description = "A model that saw neither side, to compare with.")
    private @Nullable Path reference;

    @Option(
        names = "--documents",
        defaultValue = "1000",
        paramLabel = "N",
        description = "Documents of either side (default 1000).")
    private int most;

    @Option(
        names = "--seed",
        defaultValue = "1",
        paramLabel = "S",
        description = "Seed of the intervals' resampling (default 1).")
    private long seed;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The audit.")
    private Path out;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      Libtorch.threads(Runtime.getRuntime().availableProcessors());
      AuditReport report = new MembershipAudit(reference, most, seed).of(model, corpus);
      report.write(out);
      say(report);
      return 0;
    }

    private void say(AuditReport report) {
      Output output = Output.of(spec);
      for (AuditReport.Figure figure : report.figures()) {
        output
            .text()
            .print(
                String.format(
                    Locale.ROOT,
                    "%s: %.3f (%.3f to %.3f)%n",
                    figure.name(),
                    figure.value(),
                    figure.low(),
                    figure.high()));
      }
      output.document(Json.object(out));
      output.next(
          "dure release --name NAME --model %s --audit %s --evaluation FILE --key FILE --out DIR",
          model, out);
    }
  }
}
