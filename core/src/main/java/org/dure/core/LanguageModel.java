package org.dure.core;

/// A language model that can be scored and asked to go on.
///
/// Thread-safe; calls may wait for each other.
public interface LanguageModel extends AutoCloseable {
  /// Name under which it is served.
  String name();

  /// BCP 47 code of the language it was made for, or `mul` for several.
  String language();

  /// Most tokens it sees at once, prompt and answer together.
  int contextLength();

  /// Number of logits.
  int vocabularySize();

  /// Token ids of the text, without special tokens.
  int[] encode(String text);

  /// The UTF-8 bytes that a token stands for; empty for special tokens. A token may end inside a
  /// character.
  byte[] bytes(int token);

  /// The token with which every document begins.
  int beginToken();

  /// The token that ends a document: a generated one ends the answer.
  int endToken();

  /// Logits after every token.
  ///
  /// @param tokens 1 to [#contextLength] of them
  /// @return `[tokens.length][vocabularySize]`; row `t` predicts token `t + 1`
  float[][] logits(int[] tokens);

  /// Natural log-probabilities of the tokens of several sequences, each after its predecessors.
  ///
  /// @param sequences each of 2 to `contextLength` tokens
  /// @return for sequence `s`, `sequences[s].length - 1` values: entry `t` belongs to token `t + 1`
  float[][] logProbabilities(int[][] sequences);

  /// A sequence to continue, with its own cache of keys and values.
  Decoder decoder();

  @Override
  void close();

  /// One sequence being written. Not thread-safe; close it to give back its memory.
  interface Decoder extends AutoCloseable {
    /// Adds tokens to the sequence.
    ///
    /// @return the logits that follow the last one, `[vocabularySize]`
    /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the context would overflow
    float[] next(int... tokens);

    /// Tokens so far.
    int length();

    @Override
    void close();
  }
}
