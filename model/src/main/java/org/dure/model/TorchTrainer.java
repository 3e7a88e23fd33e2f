package org.dure.model;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.core.LocalTrainer;
import org.dure.core.ModelConfig;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/// A [LocalTrainer] on libtorch: a decoder-only transformer, AdamW, clipping by global norm,
/// warm-up once over the cumulative step count, then the schedule.
///
/// The learning-rate schedule, the order of the data and the moments' bias corrections all follow
/// from the number of steps done, which with weights and moments is the whole state. Equal calls on
/// equal machines with equal thread counts give equal bits. The local twin of a region on the belt
/// is the same trainer that adopts nothing.
///
/// Parameters, gradients and moments are one flat vector each. Not thread-safe, but a
/// [#languageModel] may be asked from other threads meanwhile: it sees whole steps.
public final class TorchTrainer implements LocalTrainer {
  private final TrainingConfig training;
  private final Sharing sharing;
  private final TokenWindows data;
  private final Transformer model;
  private final NativeScope.Held held = new NativeScope.Held();
  private final Tensor gradient;
  private final TransformerParameters trainable;
  private final Tensor sharedPart;
  private final AdamW optimiser;
  private final TensorLayout shared;
  private final @Nullable PrivateTraining privacy;
  private final @Nullable DocumentGradient documents;
  private long step;

  private TorchTrainer(
      ModelConfig config,
      TrainingConfig training,
      TokenWindows data,
      Sharing sharing,
      @Nullable Protection protection) {
    this.training = training;
    this.privacy = protection == null ? null : protection.privacy();
    TokenDocuments index = protection == null ? null : data.documents(protection.begin());
    this.sharing = sharing;
    this.data = data;
    this.shared = SharedTensors.layout(sharing, config);
    model = new Transformer(config);
    ModelLayout layout = model.layout();
    optimiser = new AdamW(layout.all().elements(), training, layout.decayed());
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      gradient = held.keep(scope.zeros(layout.all().elements()));
      trainable = TransformerParameters.trainable(layout, model.vector(), gradient, held);
      sharedPart =
          held.keep(model.vector().narrow(0, layout.sharedOffset(sharing), shared.elements()));
      scope.fill(model.vector(), InitialWeights.of(layout.all(), training.seed(), arena).values());
    }
    documents =
        protection == null || index == null
            ? null
            : new DocumentGradient(
                protection.privacy(),
                index,
                protection.random(),
                training.length(),
                training.batch(),
                layout.all().elements());
  }

  /// What a training needs that protects documents.
  ///
  /// @param begin the token before every document
  private record Protection(PrivateTraining privacy, int begin, NoiseSource random) {}

  /// A trainer at its start: weights by [InitialWeights] from the training's seed, step 0.
  ///
  /// @param tokenShards written by corpus pack, all with one tokenizer
  /// @param sharing which tensors travel
  /// @throws DureException if a shard is damaged, the shards hold too little, the shapes do not fit
  ///     together, or with [ErrorCode#NATIVE_UNAVAILABLE]
  public static TorchTrainer create(
      ModelConfig config, TrainingConfig training, List<Path> tokenShards, Sharing sharing) {
    return create(config, training, tokenShards, sharing, (Protection) null);
  }

  /// As [#create(ModelConfig, TrainingConfig, List, Sharing)], protecting every document: which
  /// are drawn and what is added to them is random anew in every process, so equal calls do not
  /// give equal bits. `training.batch` documents are expected in a step, and `training.clip` is
  /// not used.
  ///
  /// @param tokenizer that made the tokens
  public static TorchTrainer createPrivate(
      ModelConfig config,
      TrainingConfig training,
      List<Path> tokenShards,
      Sharing sharing,
      PrivateTraining privacy,
      Tokenizer tokenizer) {
    return createPrivate(
        config, training, tokenShards, sharing, privacy, tokenizer, NoiseSource.fresh());
  }

  /// As the other, with a source of noise that a test knows.
  static TorchTrainer createPrivate(
      ModelConfig config,
      TrainingConfig training,
      List<Path> tokenShards,
      Sharing sharing,
      PrivateTraining privacy,
      Tokenizer tokenizer,
      NoiseSource random) {
    if (training.update().dropout() > 0) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "training.dropout is %s: where documents are protected it is 0, their noise does as much"
              .formatted(training.update().dropout()));
    }
    TorchTrainer trainer =
        create(
            config,
            training,
            tokenShards,
            sharing,
            new Protection(privacy, tokenizer.beginToken(), random));
    try {
      trainer.requireTokenizer(tokenizer);
    } catch (DureException e) {
      trainer.close();
      throw e;
    }
    return trainer;
  }

  private static TorchTrainer create(
      ModelConfig config,
      TrainingConfig training,
      List<Path> tokenShards,
      Sharing sharing,
      @Nullable Protection protection) {
    if (training.length() > config.contextLength()) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "training.length is %d: the model's context length is %d"
              .formatted(training.length(), config.contextLength()));
    }
    TokenWindows data =
        TokenWindows.open(tokenShards, training.length(), training.seed(), config.vocabularySize());
    try {
      return new TorchTrainer(config, training, data, sharing, protection);
    } catch (RuntimeException e) {
      data.close();
      throw Libtorch.explain(e);
    }
  }

  /// Refuses a tokenizer that did not make the tokens: what the model writes would be read as other
  /// words than it was trained on.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming both digests
  public void requireTokenizer(Tokenizer tokenizer) {
    if (!tokenizer.digest().equals(data.tokenizerDigest())) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the tokens were made with the tokenizer %s: the given one is %s; pack the corpus again"
              .formatted(data.tokenizerDigest(), tokenizer.digest()));
    }
  }

  @Override
  public TensorLayout shared() {
    return shared;
  }

  /// Local steps done since the start, over all calls and restarts.
  public long step() {
    return step;
  }

  @Override
  public void read(Weights into) {
    checkLayout(into);
    try (NativeScope scope = NativeScope.open()) {
      scope.read(sharedPart, into.values());
    }
  }

  @Override
  public void delta(Weights before, Weights into) {
    checkLayout(before);
    checkLayout(into);
    try (NativeScope scope = NativeScope.open()) {
      scope.subtract(before.values(), sharedPart, into.values());
    }
  }

  private void checkLayout(Weights weights) {
    if (!weights.layout().equals(shared)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the weights have layout %s: this trainer shares %s"
              .formatted(weights.layout().digest(), shared.digest()));
    }
  }

  @Override
  public void adopt(Weights weights) {
    checkLayout(weights);
    model.write(
        () -> {
          try (NativeScope scope = NativeScope.open()) {
            scope.fill(sharedPart, weights.values());
            return weights;
          }
        });
  }

  /// {@inheritDoc}
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if the training diverges; the
  ///     weights are then those before the step that did
  @Override
  public Result train(int steps, Consumer<Step> progress) {
    double loss = 0;
    for (int i = 0; i < steps; i++) {
      Step done = model.write(this::next);
      loss += done.loss();
      progress.accept(done);
    }
    return new Result(steps * training.tokensPerStep(), steps == 0 ? 0 : loss / steps);
  }

  private Step next() {
    long number = step + 1;
    DocumentGradient protecting = documents;
    try (NativeScope scope = NativeScope.open()) {
      double loss =
          protecting == null
              ? batchGradient(number, scope)
              : protecting.fill(model, trainable, gradient);
      double norm = gradient.norm().item_double();
      if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
        throw new DureException(
            ErrorCode.CONFIGURATION_INVALID,
            "training diverged at step %d: loss %s, gradient norm %s; give a smaller"
                    .formatted(number, loss, norm)
                + " training.learning-rate than %s".formatted(training.rate().learningRate()));
      }
      if (protecting == null && norm > training.update().clip()) {
        gradient.mul_(NativeScope.scalar(training.update().clip() / norm));
      }
      double rate = training.learningRate(number);
      optimiser.step(model.vector(), gradient, number, rate);
      step = number;
      return new Step(number, loss, norm, rate, training.tokensPerStep());
    }
  }

  /// Leaves the gradient of a step's batch in `gradient`.
  ///
  /// @return mean loss
  private double batchGradient(long number, NativeScope scope) {
    Batch batch = batch(number, scope);
    gradient.zero_();
    Tensor hidden =
        model.hidden(
            trainable,
            batch.tokens,
            Dropout.of(training.update().dropout(), training.seed(), number));
    return Head.backward(
        hidden.view(training.tokensPerStep(), model.config().width()),
        batch.targets,
        model.parameters().head(),
        trainable.head().mutable_grad());
  }

  /// @param tokens `[batch, length]`
  /// @param targets `[batch * length]`
  private record Batch(Tensor tokens, Tensor targets) {}

  private Batch batch(long number, NativeScope scope) {
    int length = training.length();
    int[] windows = new int[training.batch() * (length + 1)];
    data.read(number, training.batch(), windows);
    long[] tokens = new long[training.batch() * length];
    long[] targets = new long[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      int at = i + i / length;
      tokens[i] = windows[at];
      targets[i] = windows[at + 1];
    }
    return new Batch(
        scope.integers(tokens, training.batch(), length), scope.integers(targets, targets.length));
  }

  /// {@inheritDoc} The folder appears whole or not at all.
  @Override
  public void save(Path folder) {
    TensorLayout all = model.layout().all();
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      Weights weights = new Weights(all, scope.values(model.vector(), arena));
      Weights first = new Weights(all, scope.values(optimiser.firstMoment(), arena));
      Weights second = new Weights(all, scope.values(optimiser.secondMoment(), arena));
      new TrainerState(model.config(), training, sharing.name(), data.digest(), step, privacy)
          .write(folder, weights, first, second);
    }
  }

  @Override
  public void restore(Path folder) {
    TensorLayout all = model.layout().all();
    TrainerState expected =
        new TrainerState(model.config(), training, sharing.name(), data.digest(), step, privacy);
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      Weights weights = Weights.allocate(all, arena);
      Weights first = Weights.allocate(all, arena);
      Weights second = Weights.allocate(all, arena);
      long found = expected.read(folder, weights, first, second);
      model.write(
          () -> {
            scope.fill(model.vector(), weights.values());
            optimiser.fill(first.values(), second.values());
            step = found;
            return weights;
          });
    }
  }

  /// Goes on as one that has done `steps` steps, with a fresh optimiser: AdamW's moments are zero.
  /// Weights stay as they are, unless their norm is not finite; then all are as at the start.
  public void startAgain(long steps) {
    TensorLayout all = model.layout().all();
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      Weights zero = Weights.allocate(all, arena);
      model.write(
          () -> {
            if (!Double.isFinite(model.vector().norm().item_double())) {
              scope.fill(model.vector(), InitialWeights.of(all, training.seed(), arena).values());
            }
            optimiser.fill(zero.values(), zero.values());
            step = steps;
            return zero;
          });
    }
  }

  /// The model as it is now, to measure or to ask: no copy, so it follows the training. It ends
  /// with the trainer; closing it does nothing.
  public LanguageModel languageModel(Tokenizer tokenizer, String name, String language) {
    return TorchLanguageModel.view(model, tokenizer, name, language);
  }

  /// Writes the model as transformers' `LlamaForCausalLM` reads it: `model.safetensors`,
  /// `config.json`, `generation_config.json`. Where the folder holds a `tokenizer.json`, its
  /// special tokens are named in them. Files that exist are replaced one by one.
  public void exportTo(Path folder) {
    try (Arena arena = Arena.ofConfined();
        NativeScope scope = NativeScope.open()) {
      Weights weights = new Weights(model.layout().all(), scope.values(model.vector(), arena));
      ModelFolder.write(folder, model.config(), weights, data.tokenizerDigest());
    }
  }

  @Override
  public void close() {
    if (documents != null) {
      documents.close();
    }
    held.close();
    optimiser.close();
    model.close();
    data.close();
  }
}
