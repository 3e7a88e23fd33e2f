package org.dure.tokenizer;

/// Skeleton: signatures are final, bodies follow.
public final class TokenizerTrainer {
  private TokenizerTrainer() {}

  /// Told how far the training is.
  @FunctionalInterface
  public interface Listener {
    /// @param merges learned so far
    /// @param total merges asked for
    void learned(int merges, int total);
  }

  public static Tokenizer train(WordCounts counts, int vocabularySize, Listener listener) {
    throw new UnsupportedOperationException();
  }
}
