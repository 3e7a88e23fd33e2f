package org.dure.app.workload;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.dure.app.home.RegionLayout;
import org.dure.core.AtomicFiles;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.core.Workload.Activity;
import org.dure.core.Workload.ActivityKind;
import org.dure.corpus.CorpusIdentity;
import org.dure.corpus.Documents;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.evaluation.Released;
import org.dure.model.SharedTensors;
import org.dure.model.TorchLanguageModel;
import org.dure.model.TorchTrainer;
import org.jspecify.annotations.Nullable;

/// The end of a study at one region: what it was worth, and what the region goes on with.
///
/// ```
/// last merge, own last weights, twin ----> dev text: which is best (Guard) ----> model/
///      |                           +-> their means                                 |
///      +--------------------> held-out text, once: evaluation.json <--------------+
/// ```
///
/// Done again, it gives the same. Not thread-safe.
final class Ending {
  private static final Activity QUIET = (doing, done, total) -> {};

  private final PretrainingConfig config;
  private final String name;
  private final String language;
  private final RegionLayout region;
  private final Pretraining.Trainers now;
  private final Map<String, String> conditions;

  /// @param now as the last phase left them
  Ending(
      PretrainingConfig config,
      String name,
      String language,
      RegionLayout region,
      Pretraining.Trainers now) {
    this.config = config;
    this.name = name;
    this.language = language;
    this.region = region;
    this.now = now;
    this.conditions = new LinkedHashMap<>(Pretraining.conditions(config));
  }

  /// Writes the models and the evaluation.
  ///
  /// @param shared weights of the last merge, which the belt's trainer has in the end
  /// @param untrained at its start
  Comparison of(Weights shared, TorchTrainer untrained, Activity activity) {
    now.belt().read(now.moved());
    try (Arena arena = Arena.ofShared()) {
      Weights own = Weights.of(now.moved(), arena);
      try {
        return of(shared, own, untrained, activity);
      } catch (RuntimeException | Error e) {
        // Where it is tried again, e.g. when a disk has room, its own are its own.
        now.belt().adopt(own);
        throw e;
      }
    }
  }

  private Comparison of(Weights shared, Weights own, TorchTrainer untrained, Activity activity) {
    now.belt().adopt(shared);
    AtomicFiles.delete(region.otherBelt());
    AtomicFiles.folder(region.model(), part -> export(now, now.belt(), part));
    BitsPerByte start =
        measure(untrained, now.heldOut(), as(ActivityKind.EVALUATING_START, activity));
    BitsPerByte end = measure(now.belt(), now.heldOut(), as(ActivityKind.EVALUATING, activity));
    BitsPerByte alone = now.twin().attempt("evaluating", twin -> twin(twin, activity)).orElse(null);
    if (now.twin().ended().isPresent()) {
      conditions.put("twin", "ended before the study did: not measured");
    }
    Comparison comparison =
        Comparison.of(language, start, end, alone, config.study().seed())
            .ofRegion(name)
            .on(
                new MeasuredOn(
                    ModelDigests.of(region.model()),
                    digests(untrained),
                    alone == null ? null : ModelDigests.of(region.twin()),
                    CorpusIdentity.of(region.corpus()).profile(),
                    now.heldOut().digest()));
    // Text to choose by is protected by no noise: in a private study it chooses nothing.
    if (config.privacy().isEmpty()) {
      comparison = guarded(comparison, new Candidates(shared, own, alone != null), end, alone);
    }
    report(comparison).write(region.evaluation());
    return comparison;
  }

  private static Activity as(ActivityKind kind, Activity activity) {
    return (doing, done, total) -> activity.report(kind, done, total);
  }

  /// The twin as it was when it was best, of those times at which it was measured and now.
  private BitsPerByte twin(TorchTrainer twin, Activity activity) {
    AtomicFiles.folder(region.twin(), part -> export(now, twin, part));
    Optional<EarlyStop.Best> best = now.earlyStop().best(twin.step());
    if (best.isEmpty()) {
      conditions.put("twin", "as at the end: not measured in between on text to choose by");
    } else if (now.dev().isPresent()) {
      Path early = now.earlyStop().folder();
      if (dev(early) < dev(region.twin())) {
        AtomicFiles.folder(region.twin(), part -> copy(early, part));
        conditions.put(
            "twin", "as after step %d, when it was best".formatted(best.orElseThrow().step()));
      }
    }
    return measure(region.twin(), now.heldOut(), as(ActivityKind.EVALUATING_TWIN, activity));
  }

  /// What there is to choose from beside the last merge.
  ///
  /// @param twin whether there is one
  private record Candidates(Weights shared, Weights own, boolean twin) {}

  /// The comparison with the model that the region goes on with, which then is the region's model.
  private Comparison guarded(
      Comparison comparison, Candidates candidates, BitsPerByte end, @Nullable BitsPerByte alone) {
    if (now.dev().isEmpty()) {
      conditions.put(
          "released",
          "the last merge's, not chosen: fewer than %d documents to choose by"
              .formatted(Guard.LEAST_DOCUMENTS));
      return comparison;
    }
    Map<Guard.Origin, Double> dev = new EnumMap<>(Guard.Origin.class);
    dev.put(Guard.Origin.BELT, dev(region.model()));
    for (Guard.Origin origin : Guard.Origin.values()) {
      weights(origin, candidates)
          .ifPresent(
              weights -> {
                now.belt().adopt(weights);
                dev.put(origin, measure(now.belt(), devText(), QUIET).value());
              });
    }
    if (candidates.twin()) {
      dev.put(Guard.Origin.TWIN, dev(region.twin()));
    }
    Guard.Origin best = Guard.best(dev);
    BitsPerByte released =
        switch (best) {
          case BELT -> end;
          case TWIN -> {
            keepOther(region.twin());
            yield requireNonNull(alone);
          }
          case OWN, BELT_AND_OWN, BELT_AND_TWIN -> {
            now.belt().adopt(weights(best, candidates).orElseThrow());
            keepOther();
            yield measure(now.belt(), now.heldOut(), QUIET);
          }
        };
    now.belt().adopt(candidates.shared());
    Map<String, Double> figures = new LinkedHashMap<>();
    dev.forEach((origin, value) -> figures.put(origin.word(), value));
    return comparison.releasing(
        released,
        alone,
        new Released.Choice(
            best.word(),
            ModelDigests.of(region.model()),
            figures,
            Math.min(devText().count(), config.mostFinalDocuments()),
            devText().digest()),
        config.study().seed());
  }

  /// The weights of a candidate that is in no folder; empty for one that is, or is not there. What
  /// they are in is used again for the next.
  private Optional<Weights> weights(Guard.Origin origin, Candidates candidates) {
    return switch (origin) {
      case BELT, TWIN -> Optional.empty();
      case OWN -> Optional.of(candidates.own());
      case BELT_AND_OWN -> Optional.of(mean(candidates.shared(), candidates.own(), now.moved()));
      case BELT_AND_TWIN -> {
        if (!candidates.twin() || config.sharing() != Sharing.ALL) {
          yield Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
          Weights twin = SharedTensors.of(region.twin(), config.sharing(), arena);
          yield Optional.of(mean(candidates.shared(), twin, now.moved()));
        }
      }
    };
  }

  private static Weights mean(Weights one, Weights other, Weights into) {
    for (long i = 0; i < into.layout().elements(); i++) {
      into.set(i, (one.get(i) + other.get(i)) / 2);
    }
    return into;
  }

  /// The belt's trainer as it is now becomes the region's model.
  private void keepOther() {
    keepBelt();
    AtomicFiles.folder(region.model(), part -> export(now, now.belt(), part));
  }

  private void keepOther(Path model) {
    keepBelt();
    AtomicFiles.folder(region.model(), part -> copy(model, part));
  }

  private void keepBelt() {
    AtomicFiles.folder(region.otherBelt(), part -> copy(region.model(), part));
  }

  private Documents devText() {
    return now.dev().orElseThrow();
  }

  private double dev(Path model) {
    return measure(model, devText(), QUIET).value();
  }

  private BitsPerByte measure(Path folder, Documents documents, Activity activity) {
    try (var model = TorchLanguageModel.open(folder, language, language)) {
      return BitsPerByte.measure(model, documents, config.mostFinalDocuments(), activity);
    }
  }

  private BitsPerByte measure(TorchTrainer trainer, Documents documents, Activity activity) {
    try (var model = trainer.languageModel(now.tokenizer(), language, language)) {
      return BitsPerByte.measure(model, documents, config.mostFinalDocuments(), activity);
    }
  }

  private EvaluationReport report(Comparison comparison) {
    return EvaluationReport.of(
        config.study().name(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        List.of(comparison),
        null,
        conditions);
  }

  /// Writes a trainer's model with its tokenizer.
  static void export(Pretraining.Trainers now, TorchTrainer trainer, Path folder) {
    now.tokenizer().write(folder);
    trainer.exportTo(folder);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  /// What the folder of a model would be that nobody keeps.
  private ModelDigests digests(TorchTrainer trainer) {
    Path folder = region.path().resolve("start");
    try {
      AtomicFiles.folder(folder, part -> export(now, trainer, part));
      return ModelDigests.of(folder);
    } finally {
      AtomicFiles.delete(folder);
    }
  }
}
