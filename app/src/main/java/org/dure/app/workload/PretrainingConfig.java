package org.dure.app.workload;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.LanguageProfile;
import org.dure.core.ModelConfig;
import org.dure.core.Settings;
import org.dure.core.Sharing;
import org.dure.core.WeightSource;
import org.dure.core.Workload;
import org.dure.core.accounting.SampledGaussian;
import org.dure.core.privacy.CountingFloor;
import org.dure.corpus.CorpusBuilder;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;
import org.dure.model.Libtorch;
import org.dure.model.PrivateTraining;
import org.dure.model.SharedTensors;
import org.dure.model.TrainingConfig;

/// What pretraining needs to know beside the study: the workload's part of the study file.
///
/// @param study the agreement between the regions
/// @param vocabulary tokens that a tokenizer learns
/// @param counting how common a chunk must be before a region exports its count (`all` only); a
///     site's policy may be stricter
/// @param totalSteps local steps of a region over all rounds; the last round may be shorter
/// @param roundDocuments held-out documents measured in every round; 0 for none
/// @param finalDocuments held-out documents measured at the end; 0 for all
/// @param twin whether every region also trains its local twin
/// @param shape of the model but for its vocabulary, see [#model]
/// @param training optimiser, schedule and batch
/// @param privacy how documents are protected; empty where they are not
public record PretrainingConfig(
    Study study,
    int vocabulary,
    CountingFloor counting,
    long totalSteps,
    int roundDocuments,
    int finalDocuments,
    boolean twin,
    ModelConfig shape,
    TrainingConfig training,
    Optional<PrivateTraining> privacy)
    implements WorkloadConfig {
  /// Reads the study file of a pretraining with the workload's settings.
  ///
  /// @throws org.dure.core.DureException with every problem of both
  public static PretrainingConfig of(Settings settings) {
    Reader reader = new Reader();
    Study study = Study.of(settings, reader::read);
    return reader.config(study);
  }

  /// The model for a tokenizer's vocabulary.
  public ModelConfig model(int vocabularySize) {
    return new ModelConfig(
        vocabularySize,
        shape.width(),
        shape.layers(),
        shape.heads(),
        shape.keyValueHeads(),
        shape.feedForward(),
        shape.contextLength(),
        shape.ropeTheta(),
        shape.normEpsilon(),
        shape.tiedEmbeddings());
  }

  /// The vocabulary padded to a multiple of 128, as tokenizers do.
  public int paddedVocabulary() {
    return (vocabulary + 127) / 128 * 128;
  }

  @Override
  public WeightSource initialWeights() {
    return Pretraining.initialWeights(this);
  }

  @Override
  public Optional<CommonPreparation> commonPreparation(Path scratch) {
    return switch (sharing()) {
      case BODY -> Optional.empty();
      case ALL -> Optional.of(new SharedTokenizer(vocabulary, scratch));
    };
  }

  /// The site's floor holds here too, whatever was agreed to before.
  @Override
  public Optional<byte[]> counts(RegionLayout region) {
    return switch (sharing()) {
      case BODY -> Optional.empty();
      case ALL -> {
        SitePolicy policy = SitePolicy.of(region);
        CountingFloor floor = counting.and(policy.counts());
        yield Optional.of(
            Tokenizers.exportable(region.corpus(), floor, policy.sensitive()).bytes());
      }
    };
  }

  @Override
  public List<String> missing(RegionLayout region) {
    List<String> missing = new ArrayList<>();
    if (!Files.isDirectory(region.corpus())) {
      missing.add("corpus (dure corpus build)");
    }
    if (sharing() == Sharing.BODY) {
      if (!Files.isRegularFile(region.tokenizer().resolve(Tokenizers.FILE))) {
        missing.add("tokenizer (dure tokenizer train)");
      }
      if (!Files.isDirectory(region.tokens())) {
        missing.add("tokens (dure corpus pack)");
      }
    }
    return missing;
  }

  @Override
  public Workload workload(Study.Region member, RegionLayout region, double pace, int threads) {
    LanguageProfile unused =
        CorpusBuilder.profile(region.corpus())
            .require(member.language(), region.corpus().toString());
    Libtorch.threads(threads);
    return new Pretraining(this, member, region);
  }

  @Override
  public Terms terms(Study.Region member, String authority) {
    ModelConfig model = model(paddedVocabulary());
    long body = 4 * SharedTensors.layout(Sharing.BODY, model).elements();
    List<Terms.Part> parts = new ArrayList<>(StudyTerms.parts(study, body));
    CountingFloor counts = null;
    List<Terms.Circle> circles = new ArrayList<>(StudyTerms.circles(study, member));
    if (sharing() == Sharing.ALL) {
      StudyTerms.family(study, member).ifPresent(circles::addFirst);
      long all = 4 * SharedTensors.layout(Sharing.ALL, model).elements();
      long words = StudyTerms.listed(study, all - body);
      parts.add(new Terms.Part(SitePolicy.WEIGHTS_WORDS, words, StudyTerms.rounds(study)));
      long most = StudyTerms.listed(study, CommonPreparation.mostBytes(study));
      parts.add(new Terms.Part(SitePolicy.COUNTS, most, 1));
      counts = counting;
    }
    return new Terms(
        Terms.VERSION,
        StudyTerms.subject(study, PRETRAINING, authority),
        member.name(),
        StudyTerms.others(study, member),
        circles,
        parts,
        counts,
        measure(),
        StudyTerms.protection(study, privacy.map(this::noise).orElse(null)));
  }

  /// Of every round the steps that a region's budget would be charged.
  private Terms.Noise noise(PrivateTraining how) {
    long steps = (long) StudyTerms.rounds(study) * study.schedule().steps();
    return new Terms.Noise(how.noiseMultiplier(), how.clip(), how.sampleRate(), steps);
  }

  /// The last round may be the shortest.
  private Terms.Measure measure() {
    long steps = Math.min(stepsOf(1), stepsOf(study.schedule().rounds()));
    return new Terms.Measure(
        steps * training.batch() * training.length(), roundDocuments, finalDocuments);
  }

  public Sharing sharing() {
    return study.sharing();
  }

  @Override
  public Optional<SampledGaussian> privateStep() {
    return privacy.map(how -> how.mechanism(1));
  }

  /// Documents that are measured at the end at most.
  int mostFinalDocuments() {
    return finalDocuments == 0 ? Integer.MAX_VALUE : finalDocuments;
  }

  /// Local steps of all rounds before.
  long stepsBefore(int round) {
    return Math.min(totalSteps, (round - 1L) * study.schedule().steps());
  }

  /// Local steps of a round: the study's, or what is left of the total.
  int stepsOf(int round) {
    return (int)
        Math.clamp(
            totalSteps - (round - 1L) * study.schedule().steps(), 0, study.schedule().steps());
  }

  /// Study and workload are read from the same settings, one after the other.
  private static final class Reader {
    private int vocabulary;
    private CountingFloor counting = CountingFloor.standard();
    private long totalSteps;
    private int roundDocuments;
    private int finalDocuments;
    private boolean twin;
    private ModelConfig shape = new ModelConfig(128, 8, 1, 1, 1, 8, 2, 1, 1, true);
    private TrainingConfig training = TrainingConfig.of(1, 1, 1, 1);
    private Optional<PrivateTraining> privacy = Optional.empty();

    void read(Settings settings) {
      var unused = settings.choice(KEY, PRETRAINING, List.of(PRETRAINING));
      vocabulary = settings.integer("tokenizer.vocabulary", 4_096, 384, 1 << 20);
      if (settings.string("sharing", "body").equals("all")
          && vocabulary > SharedTokenizer.MOST_VOCABULARY) {
        settings.problem(
            "tokenizer.vocabulary is %d: with sharing = \"all\" the hub learns it, at most %d tokens"
                .formatted(vocabulary, SharedTokenizer.MOST_VOCABULARY));
      }
      CountingFloor least = CountingFloor.standard();
      counting =
          new CountingFloor(
              settings.wholeNumber("tokenizer.count-threshold", least.occurrences(), 1, 1 << 30),
              settings.integer("tokenizer.count-documents", least.documents(), 1, 1 << 30),
              settings.integer(
                  "tokenizer.count-characters",
                  least.characters(),
                  1,
                  CountingFloor.MOST_CHARACTERS));
      int rounds = settings.integer("rounds", 20, 1, 1_000_000);
      int steps = settings.integer("steps", 20, 1, 1_000_000);
      if (!settings.has("training.total-steps")) {
        settings.set("training.total-steps=" + (long) rounds * steps);
      }
      privacy = PrivateTraining.of(settings);
      training = TrainingConfig.of(settings);
      if (!settings.has(Study.Judging.STEP_WEIGHT)) {
        settings.set(Study.Judging.STEP_WEIGHT + "=" + training.tokensPerStep());
      }
      totalSteps = training.totalSteps();
      if (totalSteps > (long) rounds * steps || totalSteps <= (rounds - 1L) * steps) {
        settings.problem(
            "training.total-steps is %d: %d rounds of at most %d steps make %d to %d"
                .formatted(
                    totalSteps, rounds, steps, (rounds - 1L) * steps + 1, (long) rounds * steps));
      }
      roundDocuments = settings.integer("evaluation.round-documents", 64, 0, 1 << 30);
      finalDocuments = settings.integer("evaluation.final-documents", 0, 0, 1 << 30);
      twin = settings.truth("evaluation.twin", privacy.isEmpty());
      if (privacy.isPresent()) {
        checkPrivate(settings);
      }
      shape = ModelConfig.of(settings, (vocabulary + 127) / 128 * 128);
    }

    /// What would tell of documents without noise has no place in such a study.
    private void checkPrivate(Settings settings) {
      if (settings.string("sharing", "body").equals("all")) {
        settings.problem(
            "privacy needs sharing = \"body\": with \"all\" regions export word counts, which no"
                + " noise protects");
      }
      if (twin) {
        settings.problem(
            "privacy needs evaluation.twin = false: a twin would be trained without noise");
      }
      if (training.update().dropout() > 0) {
        settings.problem(
            "privacy needs training.dropout = 0: the noise of every step does what it is for");
      }
      if (settings.has("ahead-steps") && settings.integer("ahead-steps", 0, 0, 1_000_000) > 0) {
        settings.problem(
            "privacy needs ahead-steps = 0: no step is done that the hub has not been told of");
      }
    }

    PretrainingConfig config(Study study) {
      return new PretrainingConfig(
          study,
          vocabulary,
          counting,
          totalSteps,
          roundDocuments,
          finalDocuments,
          twin,
          shape,
          training,
          privacy);
    }
  }
}
