package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dure.app.release.Releases;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageModel;
import org.dure.core.LanguageProfile;
import org.dure.core.runtime.Progress;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusIdentity;
import org.dure.corpus.Documents;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.model.Libtorch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure eval`: bits per byte on held-out text, at home.
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = {
      "Measures bits per byte of a model on held-out text.",
      "",
      "Beside it a model to compare with (its twin) and one that it started from may be measured,"
          + " all with 95 %% intervals. Writes evaluation.json, which names by digest the weights,"
          + " the tokenizer, the language profile and the held-out text that were measured."
    },
    footer = {
      "",
      "Example:",
      "  dure eval --language ko --model regions/ko/model --twin regions/ko/twin --corpus"
          + " regions/ko/corpus --out ko.evaluation.json",
      "  ko: 1.159 (1.108 to 1.212) bits per byte on all 579 held-out documents",
      "  twin: 1.142 (1.092 to 1.194); difference 0.017 (0.013 to 0.022): worse"
    })
@SuppressWarnings("NullAway.Init")
final class EvalCommand implements Callable<Integer> {
  @Option(
      names = "--language",
      required = true,
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = "Language of the text.")
  private String language;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A release, or the outcome of a training.")
  private Path model;

  @Option(names = "--twin", paramLabel = "DIR", description = "A model to compare with.")
  private @Nullable Path twin;

  @Option(names = "--start", paramLabel = "DIR", description = "The model before training.")
  private @Nullable Path start;

  @Option(names = "--corpus", required = true, paramLabel = "DIR", description = "A corpus.")
  private Path corpus;

  @Option(
      names = "--documents",
      defaultValue = "0",
      paramLabel = "N",
      description = "Measure on this many documents only (default: all).")
  private int most;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Seed of the intervals' resampling (default 1).")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "The report.")
  private Path out;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    LanguageProfile unused = CorpusBuilder.profile(corpus).require(language, corpus.toString());
    CorpusIdentity text = CorpusIdentity.of(corpus);
    Libtorch.threads(Runtime.getRuntime().availableProcessors());
    ModelDigests before = ModelDigests.of(model);
    BitsPerByte measured = measure(model, "model");
    if (!ModelDigests.of(model).equals(before)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT, model + " was changed while it was measured: measure again");
    }
    @Nullable BitsPerByte alone = twin == null ? null : measure(twin, "twin");
    @Nullable BitsPerByte untrained = start == null ? null : measure(start, "start");
    Comparison comparison =
        Comparison.of(language, untrained, measured, alone, seed)
            .on(
                new MeasuredOn(
                    before,
                    start == null ? null : ModelDigests.of(start),
                    twin == null ? null : ModelDigests.of(twin),
                    text.profile(),
                    text.heldOut()));
    EvaluationReport.of(
            language,
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            List.of(comparison),
            null,
            Map.of("seed", Long.toString(seed)))
        .write(out);
    Output output = Output.of(spec);
    PrintWriter print = output.text();
    print.printf(
        "%s: %s bits per byte on %s%n", language, interval(comparison.belt()), comparison.extent());
    if (comparison.start() != null) {
      print.printf("start: %s%n", interval(comparison.start()));
    }
    if (comparison.twin() != null && comparison.difference() != null) {
      print.printf(
          "twin: %s; difference %s: %s%n",
          interval(comparison.twin()),
          interval(comparison.difference()),
          comparison.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    output.document(Json.object(out));
    output.next(
        "dure release --name NAME --language %s --model %s --evaluation %s --key FILE --out DIR",
        language, model, out);
    return 0;
  }

  private BitsPerByte measure(Path folder, String what) {
    try (LanguageModel scored = Releases.open(folder);
        Documents documents = Documents.heldOut(corpus)) {
      try (Progress progress = new Progress(what, "documents", documents.count())) {
        return BitsPerByte.measure(
            scored,
            documents,
            most == 0 ? Integer.MAX_VALUE : most,
            (doing, done, total) -> progress.update(done, ""));
      }
    }
  }

  private static String interval(Interval interval) {
    return String.format(
        Locale.ROOT, "%.3f (%.3f to %.3f)", interval.value(), interval.low(), interval.high());
  }
}
