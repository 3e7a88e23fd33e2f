package org.dure.app;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dure.app.terminal.Output;
import org.dure.app.workload.Pretraining;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LocalTrainer;
import org.dure.core.ModelConfig;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.runtime.FolderLock;
import org.dure.core.runtime.Progress;
import org.dure.model.Libtorch;
import org.dure.model.PrivateTraining;
import org.dure.model.TorchTrainer;
import org.dure.model.TrainingConfig;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure train`: one region alone.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a model from scratch on a region's own tokens, alone.",
      "",
      "Interrupted, it goes on where it was when the same command is given again, with the same"
          + " bits."
    },
    footer = {
      "",
      "Example:",
      "  dure train --tokens tokens/ko --tokenizer tokenizer/ko/tokenizer.json --steps 240 --out"
          + " alone/ko",
      "  1.3 M parameters, 240 steps of 512 tokens",
      "  training: 240 steps in 36 s",
      "  the model is in alone/ko/model"
    })
@SuppressWarnings("NullAway.Init")
final class TrainCommand implements Callable<Integer> {
  @Option(names = "--tokens", required = true, paramLabel = "DIR", description = "Token shards.")
  private Path tokens;

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "FILE",
      description = "The tokenizer.json that made them.")
  private Path tokenizer;

  @Option(
      names = "--steps",
      required = true,
      paramLabel = "N",
      description = "Steps of the optimiser.")
  private int steps;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "S",
      description = "Seed of everything random (default 1).")
  private long seed;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "TOML with [model], [training] and, to protect documents, [privacy].")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting, e.g. --set model.width=256.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--save-every",
      defaultValue = "50",
      paramLabel = "N",
      description = "Steps between two saved states (default 50).")
  private int saveEvery;

  @Option(
      names = "--threads",
      defaultValue = "0",
      paramLabel = "N",
      description = "Threads of libtorch (default: the cores).")
  private int threads;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Run folder.")
  private Path out;

  @Spec private CommandSpec spec;

  /// @param model its folder
  /// @param upToDate whether it was trained before, so that nothing had to be done
  record Result(String model, int steps, boolean upToDate) {}

  @Override
  public Integer call() {
    Output output = Output.of(spec);
    Tokenizer words = Tokenizer.read(tokenizer);
    Settings settings = config == null ? Settings.parse("defaults", "") : Settings.of(config);
    overrides.forEach(settings::set);
    ModelConfig model = ModelConfig.of(settings, words.vocabularySize());
    settings.set("seed=" + seed).set("training.total-steps=" + steps);
    TrainingConfig training = TrainingConfig.of(settings);
    Optional<PrivateTraining> privacy = PrivateTraining.of(settings);
    double delta = privacy.isPresent() ? settings.number("privacy.delta", 1e-6, 1e-12, 0.1) : 0;
    double most = privacy.isPresent() ? settings.number("privacy.epsilon", 8, 1e-6, 1e3) : 0;
    settings.finish();
    String resolved = "tokenizer = \"%s\"%n".formatted(words.digest()) + settings.toToml();
    try (FolderLock lock = FolderLock.of(out, "training")) {
      if (isFinished(resolved)) {
        output.note("%s is finished: %d steps, nothing to do".formatted(out, steps));
        end(output, true);
        return 0;
      }
      privacy.ifPresent(how -> checkBudget(how, delta, most, output));
      Libtorch.threads(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
      output.note(
          String.format(
              Locale.ROOT,
              "%.1f M parameters, %,d steps of %,d tokens",
              model.parameters() / 1e6,
              steps,
              training.tokensPerStep()));
      try (TorchTrainer trainer = trainer(model, training, privacy, words)) {
        trainer.requireTokenizer(words);
        train(trainer, resolved, output);
        AtomicFiles.folder(
            out.resolve("model"),
            part -> {
              words.write(part);
              trainer.exportTo(part);
            });
      }
      AtomicFiles.write(out.resolve("config.toml"), resolved);
      end(output, false);
      return 0;
    }
  }

  private TorchTrainer trainer(
      ModelConfig model,
      TrainingConfig training,
      Optional<PrivateTraining> privacy,
      Tokenizer words) {
    List<Path> shards = Pretraining.shards(tokens);
    return privacy.isEmpty()
        ? TorchTrainer.create(model, training, shards, Sharing.ALL)
        : TorchTrainer.createPrivate(model, training, shards, Sharing.ALL, privacy.get(), words);
  }

  /// @throws DureException with [ErrorCode#PRIVACY_SPENT] if so many steps would tell too much
  private void checkBudget(PrivateTraining how, double delta, double most, Output output) {
    double epsilon = PrivacyAccountant.epsilon(List.of(how.mechanism(steps)), delta);
    if (!(epsilon <= most)) {
      throw new DureException(
          ErrorCode.PRIVACY_SPENT,
          "%d steps with noise %s at sample rate %s come to epsilon %.3f at delta %s: privacy.epsilon allows %s"
              .formatted(steps, how.noiseMultiplier(), how.sampleRate(), epsilon, delta, most));
    }
    output.note(
        String.format(
            Locale.ROOT,
            "every document is protected: epsilon %.3f at delta %s after all steps",
            epsilon,
            delta));
  }

  private void end(Output output, boolean upToDate) {
    Path model = out.resolve("model");
    output.result(
        new Result(model.toString(), steps, upToDate), "the model is in %s".formatted(model));
    output.next(
        "dure eval --language CODE --model %s --corpus DIR --out %s",
        model, out.resolve("evaluation.json"));
  }

  private boolean isFinished(String resolved) {
    return Files.isRegularFile(out.resolve("config.toml"))
        && Files.isDirectory(out.resolve("model"))
        && Sha256.of(out.resolve("config.toml"))
            .equals(Sha256.of(resolved.getBytes(StandardCharsets.UTF_8)));
  }

  /// States are folders `state-STEP`; the newest whole one is where training goes on.
  private void train(TorchTrainer trainer, String resolved, Output output) {
    Path settingsOfState = out.resolve("state-config.toml");
    int done = 0;
    if (Files.isRegularFile(settingsOfState)) {
      if (!Sha256.of(settingsOfState)
          .equals(Sha256.of(resolved.getBytes(StandardCharsets.UTF_8)))) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "%s holds a training with other settings (%s)".formatted(out, settingsOfState));
      }
      done = newestState();
    }
    AtomicFiles.write(settingsOfState, resolved);
    if (done > 0) {
      trainer.restore(out.resolve("state-" + done));
      output.note(String.format(Locale.ROOT, "going on after step %,d", done));
    }
    try (Progress progress = new Progress("training", "steps", steps)) {
      while (done < steps) {
        int some = Math.min(saveEvery, steps - done);
        LocalTrainer.Result result =
            trainer.train(
                some,
                step ->
                    progress.update(
                        step.step(), String.format(Locale.ROOT, "loss %.3f", step.loss())));
        int before = done;
        done += some;
        AtomicFiles.folder(out.resolve("state-" + done), trainer::save);
        AtomicFiles.delete(out.resolve("state-" + before));
        progress.update(done, String.format(Locale.ROOT, "loss %.3f", result.loss()));
      }
    }
  }

  private int newestState() {
    int newest = 0;
    for (int step = saveEvery; step <= steps; step += saveEvery) {
      if (Files.isDirectory(out.resolve("state-" + step))) {
        newest = step;
      }
    }
    return Files.isDirectory(out.resolve("state-" + steps)) ? steps : newest;
  }
}
