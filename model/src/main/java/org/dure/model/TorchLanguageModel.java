package org.dure.model;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.core.ModelConfig;
import org.dure.core.Weights;
import org.dure.tokenizer.Tokenizer;

/// A [LanguageModel] on libtorch. Thread-safe; any number of calls and decoders run at once, each
/// on its caller's thread.
public final class TorchLanguageModel implements LanguageModel {
  /// What a row stands for that no word of the tokenizer has.
  private static final byte[] NOTHING = {};

  /// Tokens of one forward pass of [#logProbabilities]: bounds its memory.
  private static final int MOST_TOKENS = 8192;

  private final Transformer model;
  private final Tokenizer tokenizer;
  private final String name;
  private final String language;
  private final boolean view;

  private TorchLanguageModel(
      Transformer model, Tokenizer tokenizer, String name, String language, boolean view) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.name = name;
    this.language = language;
    this.view = view;
  }

  /// The shape of a folder's model, without loading its weights.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if its config.json is not one we can
  /// run
  public static ModelConfig config(Path folder) {
    return ModelFolder.config(folder);
  }

  /// Refuses a folder whose weights cannot be released: not whole, not finite, not of the
  /// folder's shape, or trained with another tokenizer. Nothing is loaded.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] or [ErrorCode#CLAIM_UNFOUNDED]
  public static void check(Path folder) {
    ModelConfig config = ModelFolder.configToLoad(folder);
    checkVocabulary(
        config, Tokenizer.read(folder.resolve(ModelFolder.TOKENIZER)), folder.toString());
    ModelFolder.requireOwnTokenizer(folder);
    try (Arena arena = Arena.ofConfined()) {
      ModelLayout layout = ModelLayout.of(config);
      ModelFolder.read(folder, layout, Weights.allocate(layout.all(), arena));
    }
  }

  /// Writes beside a model what other programs read of it: `generation_config.json` and
  /// `tokenizer_config.json`, made from its `config.json` and `tokenizer.json`.
  public static void describe(Path folder) {
    Tokenizer tokenizer = Tokenizer.read(folder.resolve(ModelFolder.TOKENIZER));
    ModelFolder.describe(folder, ModelFolder.config(folder), tokenizer);
  }

  /// Opens a folder with `model.safetensors`, `config.json` and `tokenizer.json`.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING] or [ErrorCode#INPUT_MALFORMED] if the
  ///     files are not whole or do not fit together, before libtorch sees a value of theirs
  public static TorchLanguageModel open(Path folder, String name, String language) {
    ModelConfig config = ModelFolder.configToLoad(folder);
    ModelLayout layout = ModelLayout.of(config);
    Tokenizer tokenizer = Tokenizer.read(folder.resolve(ModelFolder.TOKENIZER));
    ModelFolder.checkSpecials(folder, tokenizer);
    checkVocabulary(config, tokenizer, folder.toString());
    try (Arena arena = Arena.ofConfined()) {
      Weights weights = Weights.allocate(layout.all(), arena);
      ModelFolder.read(folder, layout, weights);
      Transformer model = new Transformer(config);
      try (NativeScope scope = NativeScope.open()) {
        scope.fill(model.vector(), weights.values());
      }
      return new TorchLanguageModel(model, tokenizer, name, language, false);
    }
  }

  /// A view on a trainer's model; closing it leaves the model open.
  static TorchLanguageModel view(
      Transformer model, Tokenizer tokenizer, String name, String language) {
    checkVocabulary(model.config(), tokenizer, name);
    return new TorchLanguageModel(model, tokenizer, name, language, true);
  }

  private static void checkVocabulary(ModelConfig config, Tokenizer tokenizer, String where) {
    // A model may have more rows than its text gave words; they are never drawn.
    if (tokenizer.vocabularySize() > config.vocabularySize()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: the tokenizer needs a vocabulary of %d, the model has %d: they are not of one model"
              .formatted(where, tokenizer.vocabularySize(), config.vocabularySize()));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String language() {
    return language;
  }

  @Override
  public int contextLength() {
    return model.config().contextLength();
  }

  @Override
  public int vocabularySize() {
    return model.config().vocabularySize();
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encode(text);
  }

  @Override
  public byte[] bytes(int token) {
    return token < tokenizer.vocabularySize() ? tokenizer.bytes(token) : NOTHING;
  }

  @Override
  public int beginToken() {
    return tokenizer.beginToken();
  }

  @Override
  public int endToken() {
    return tokenizer.endToken();
  }

  @Override
  public float[][] logits(int[] tokens) {
    check(tokens, 1);
    return model.read(
        () -> {
          try (NativeScope scope = NativeScope.open()) {
            Tensor ids = scope.integers(widen(tokens), 1, tokens.length);
            Tensor hidden = model.hidden(model.parameters(), ids).squeeze(0);
            float[][] logits = new float[tokens.length][];
            for (int t = 0; t < tokens.length; t++) {
              logits[t] = logits(model, scope, hidden.narrow(0, t, 1));
            }
            return logits;
          }
        });
  }

  /// The logits of one row of hidden states.
  static float[] logits(Transformer model, NativeScope scope, Tensor row) {
    Tensor logits = torch.linear(row, model.parameters().head());
    return scope.floats(logits, model.config().vocabularySize());
  }

  @Override
  public float[][] logProbabilities(int[][] sequences) {
    for (int[] sequence : sequences) {
      check(sequence, 2);
    }
    float[][] result = new float[sequences.length][];
    int[] order =
        IntStream.range(0, sequences.length)
            .boxed()
            .sorted(Comparator.comparingInt(s -> sequences[s].length))
            .mapToInt(Integer::intValue)
            .toArray();
    int from = 0;
    while (from < order.length) {
      int to = from + 1;
      while (to < order.length
          && (long) (to + 1 - from) * sequences[order[to]].length <= MOST_TOKENS) {
        to++;
      }
      score(sequences, Arrays.copyOfRange(order, from, to), result);
      from = to;
    }
    return result;
  }

  /// Scores the chosen sequences, of ascending length, in one pass; what fills up the shorter ones
  /// lies behind them, where no token of theirs can see it.
  private void score(int[][] sequences, int[] chosen, float[][] result) {
    int length = sequences[chosen[chosen.length - 1]].length - 1;
    long[] tokens = new long[chosen.length * length];
    long[] targets = new long[tokens.length];
    for (int row = 0; row < chosen.length; row++) {
      int[] sequence = sequences[chosen[row]];
      for (int t = 0; t < sequence.length - 1; t++) {
        tokens[row * length + t] = sequence[t];
        targets[row * length + t] = sequence[t + 1];
      }
    }
    float[] scores =
        model.read(
            () -> {
              try (NativeScope scope = NativeScope.open()) {
                Tensor ids = scope.integers(tokens, chosen.length, length);
                Tensor hidden =
                    model
                        .hidden(model.parameters(), ids)
                        .view(tokens.length, model.config().width());
                Tensor all =
                    Head.logProbabilities(
                        hidden, scope.integers(targets, targets.length), model.parameters().head());
                return scope.floats(all, tokens.length);
              }
            });
    for (int row = 0; row < chosen.length; row++) {
      int start = row * length;
      result[chosen[row]] =
          Arrays.copyOfRange(scores, start, start + sequences[chosen[row]].length - 1);
    }
  }

  private void check(int[] tokens, int least) {
    if (tokens.length < least || tokens.length > contextLength()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%d tokens: expected %d to %d".formatted(tokens.length, least, contextLength()));
    }
    check(model.config(), tokens);
  }

  /// Refuses ids that the model does not have.
  static void check(ModelConfig config, int[] tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= config.vocabularySize()) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "token %d: expected 0 to %d".formatted(token, config.vocabularySize() - 1));
      }
    }
  }

  static long[] widen(int[] tokens) {
    return Arrays.stream(tokens).asLongStream().toArray();
  }

  @Override
  public Decoder decoder() {
    return new TorchDecoder(model);
  }

  @Override
  public void close() {
    if (!view) {
      model.close();
    }
  }
}
