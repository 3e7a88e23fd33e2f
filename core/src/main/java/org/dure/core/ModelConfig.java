package org.dure.core;

/// Shape of a decoder-only transformer: what `LlamaForCausalLM` of the transformers library needs
/// to load the weights.
///
/// @param vocabularySize rows of the embedding, a multiple of 128
/// @param width hidden size, a multiple of `heads`
/// @param layers transformer blocks
/// @param heads query heads
/// @param keyValueHeads divides `heads`; fewer than heads is grouped-query attention
/// @param feedForward inner size of the SwiGLU feed-forward
/// @param contextLength most tokens the model sees at once
/// @param ropeTheta base of the rotary positions
/// @param normEpsilon of RMSNorm
/// @param tiedEmbeddings whether the head is the embedding
public record ModelConfig(
    int vocabularySize,
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int feedForward,
    int contextLength,
    double ropeTheta,
    double normEpsilon,
    boolean tiedEmbeddings) {
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if the sizes do not fit together
  public ModelConfig {
    if (vocabularySize < 1 || width < 1 || layers < 1 || heads < 1 || keyValueHeads < 1) {
      throw invalid("every size must be at least 1");
    }
    if (feedForward < 1 || contextLength < 2) {
      throw invalid("feed-forward must be at least 1 and the context length at least 2");
    }
    if (width % heads != 0 || (width / heads) % 2 != 0) {
      throw invalid(
          "width %d must be a multiple of %d heads with an even head size".formatted(width, heads));
    }
    if (heads % keyValueHeads != 0) {
      throw invalid(
          "heads %d must be a multiple of key-value heads %d".formatted(heads, keyValueHeads));
    }
  }

  private static DureException invalid(String problem) {
    return new DureException(ErrorCode.CONFIGURATION_INVALID, "model: " + problem);
  }

  /// Size of one head.
  public int headSize() {
    return width / heads;
  }

  /// Reads `[model]` of a settings file; the vocabulary size is given apart since it may come
  /// from a tokenizer.
  public static ModelConfig of(Settings settings, int vocabularySize) {
    int width = settings.integer("model.width", 128, 8, 65_536);
    int layers = settings.integer("model.layers", 4, 1, 1_024);
    int heads = settings.integer("model.heads", 4, 1, 1_024);
    int keyValueHeads = settings.integer("model.key-value-heads", 2, 1, 1_024);
    int feedForward =
        settings.integer("model.feed-forward", (width * 8 / 3 + 63) / 64 * 64, 8, 1 << 20);
    int contextLength = settings.integer("model.context-length", 128, 2, 1 << 20);
    double ropeTheta = settings.number("model.rope-theta", 10_000, 1, 1e9);
    double normEpsilon = settings.number("model.norm-epsilon", 1e-5, 1e-12, 1e-1);
    boolean tied = settings.truth("model.tied-embeddings", true);
    try {
      return new ModelConfig(
          vocabularySize,
          width,
          layers,
          heads,
          keyValueHeads,
          feedForward,
          contextLength,
          ropeTheta,
          normEpsilon,
          tied);
    } catch (DureException e) {
      settings.problem(String.valueOf(e.getMessage()));
      return new ModelConfig(vocabularySize, 128, 4, 4, 2, 384, 128, ropeTheta, normEpsilon, tied);
    }
  }

  /// Number of trainable values.
  public long parameters() {
    long attention = 2L * width * width + 2L * width * keyValueHeads * headSize();
    long block = attention + 3L * width * feedForward + 2L * width;
    long embeddings = (long) vocabularySize * width * (tiedEmbeddings ? 1 : 2);
    return layers * block + width + embeddings;
  }

  /// Floating-point operations of one training token: forward and backward through every matrix,
  /// and attention over half of the context on average (Kaplan et al. 2020, section 2.1: 6 N plus
  /// the attention term).
  public double trainingOperationsPerToken() {
    long attention = 2L * width * width + 2L * width * keyValueHeads * headSize();
    long matrices = layers * (attention + 3L * width * feedForward) + (long) vocabularySize * width;
    return 6.0 * matrices + 6.0 * layers * contextLength * width;
  }
}
