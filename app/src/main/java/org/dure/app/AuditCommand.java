package org.dure.app;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dure.app.release.MembershipAudit;
import org.dure.app.terminal.Output;
import org.dure.core.Json;
import org.dure.evaluation.AuditReport;
import org.dure.model.Libtorch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure audit`: attacks on one's own model, before others make them.
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = {
      "Attacks a model to see what it tells of the text that it was trained on.",
      "",
      "What an audit writes goes into the release: dure release --audit FILE."
    },
    subcommands = {AuditCommand.Membership.class})
final class AuditCommand {
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
        "  loss: hits at 1 % false alarms (coin 0.01): 0.012 (0.004 to 0.025)"
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
