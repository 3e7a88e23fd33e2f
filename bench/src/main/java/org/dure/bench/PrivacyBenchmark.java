package org.dure.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.dure.core.Document;
import org.dure.core.LanguageModel;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.accounting.NumericalAccountant;
import org.dure.core.accounting.RenyiAccountant;
import org.dure.core.accounting.SampledGaussian;
import org.dure.corpus.Documents;
import org.dure.evaluation.AuditReport;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MembershipInference;
import org.dure.model.Libtorch;
import org.dure.model.PrivateTraining;
import org.dure.model.TorchTrainer;
import org.dure.model.TrainingConfig;
import org.dure.tokenizer.Tokenizer;

/// What protecting every document costs in loss, and what it takes from an attacker: the same small
/// model on a region's own text, trained the same steps without and with noise.
///
/// ```
/// java -cp ... org.dure.bench.PrivacyBenchmark REGION [STEPS [BATCH]]
/// ```
///
/// REGION holds `corpus`, `tokenizer/tokenizer.json` and `tokens`, as `runs/small.sh` makes them.
/// One line a run: bits per byte of held-out text, epsilon by both accountants, the area under the
/// curve of the loss attack, seconds.
public final class PrivacyBenchmark {
  private static final double DELTA = 1e-6;
  private static final int MEASURED = 400;
  private static final double CLIP = 0.5;
  private static final double[] NOISE = {0, 0.5, 0.7, 1.0, 2.0};

  /// What all runs share.
  private record Setting(
      Path region, Tokenizer tokenizer, ModelConfig model, TrainingConfig training) {}

  private PrivacyBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    Path region = Path.of(arguments[0]);
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 300;
    int batch = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 32;
    Libtorch.threads(Runtime.getRuntime().availableProcessors());
    Tokenizer tokenizer = Tokenizer.read(region.resolve("tokenizer/tokenizer.json"));
    ModelConfig model =
        new ModelConfig(tokenizer.vocabularySize(), 128, 4, 4, 2, 384, 128, 10_000, 1e-5, true);
    Setting setting =
        new Setting(region, tokenizer, model, TrainingConfig.of(1, batch, 128, steps));
    try (Documents documents = Documents.train(region.resolve("corpus"))) {
      long count = documents.count();
      System.out.printf(
          Locale.ROOT,
          "%,d documents, %.1f M parameters, %d steps, %d documents expected in each%n",
          count,
          model.parameters() / 1e6,
          steps,
          batch);
      for (double noise : NOISE) {
        Optional<PrivateTraining> privacy =
            noise == 0
                ? Optional.empty()
                : Optional.of(
                    new PrivateTraining(noise, CLIP, Math.min(1, batch / (double) count)));
        run(setting, privacy);
      }
    }
  }

  private static TorchTrainer trainer(Setting setting, Optional<PrivateTraining> privacy)
      throws IOException {
    List<Path> shards;
    try (Stream<Path> files = Files.list(setting.region.resolve("tokens"))) {
      shards = files.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
    }
    return privacy.isEmpty()
        ? TorchTrainer.create(setting.model, setting.training, shards, Sharing.ALL)
        : TorchTrainer.createPrivate(
            setting.model, setting.training, shards, Sharing.ALL, privacy.get(), setting.tokenizer);
  }

  private static void run(Setting setting, Optional<PrivateTraining> privacy) throws IOException {
    int steps = Math.toIntExact(setting.training.totalSteps());
    long start = System.nanoTime();
    try (TorchTrainer trainer = trainer(setting, privacy)) {
      trainer.train(steps, step -> {});
      double seconds = (System.nanoTime() - start) / 1e9;
      try (LanguageModel model = trainer.languageModel(setting.tokenizer, "measured", "mul");
          Documents training = Documents.train(setting.region.resolve("corpus"));
          Documents heldOut = Documents.heldOut(setting.region.resolve("corpus"))) {
        List<Document> trained = BitsPerByte.sample(training, MEASURED);
        List<Document> others = BitsPerByte.sample(heldOut, MEASURED);
        Interval value = BitsPerByte.measure(model, others, (doing, done, total) -> {}).interval(1);
        AuditReport.Figure attack =
            MembershipInference.figures(model, trained, others, null, 1).getFirst();
        System.out.printf(
            Locale.ROOT,
            "%s: %.3f (%.3f to %.3f) bits per byte, loss attack %.3f (%.3f to %.3f), %.0f s%n",
            privacy.map(how -> protectedBy(how, steps)).orElse("no noise"),
            value.value(),
            value.low(),
            value.high(),
            attack.value(),
            attack.low(),
            attack.high(),
            seconds);
      }
    }
  }

  private static String protectedBy(PrivateTraining how, int steps) {
    List<SampledGaussian> spent = List.of(how.mechanism(steps));
    return String.format(
        Locale.ROOT,
        "noise %.1f (epsilon at most %.2f; by moments %.2f; delta %s)",
        how.noiseMultiplier(),
        NumericalAccountant.standard().epsilon(spent, DELTA).high(),
        RenyiAccountant.standard().epsilon(spent, DELTA),
        DELTA);
  }
}
