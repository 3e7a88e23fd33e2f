package org.dure.tokenizer;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Trains tokenizers from word counts.
public final class TokenizerTrainer {
  /// Smallest vocabulary: every byte and the specials.
  public static final int LEAST_VOCABULARY = ByteAlphabet.SIZE + Tokenizer.SPECIALS;

  /// Largest vocabulary.
  public static final int MOST_VOCABULARY = 1 << 20;

  /// A pair that occurs less often is not merged: it would be learning one word by heart.
  static final long LEAST_COUNT = 2;

  private TokenizerTrainer() {}

  /// Told how far the training is.
  @FunctionalInterface
  public interface Listener {
    /// Called before the first merge and after each.
    ///
    /// @param merges learned so far
    /// @param total most that will be learned
    void learned(int merges, int total);
  }

  /// Learns byte-pair merges (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with
  /// Subword Units", algorithm 1, over bytes) until the vocabulary has the wished size or no pair
  /// occurs twice.
  ///
  /// The outcome is a function of the counts and the size alone, on every machine. Each step merges
  /// the pair with the largest count; of equal counts the one with the smaller left token, then the
  /// smaller right one. A pair's count is the number of places where the two are neighbours within
  /// a chunk (three equal tokens in a row are two places) times the chunk's count, in 64 bits.
  /// Places are merged from left to right. No token becomes longer than
  /// [WordCounts#MOST_CHUNK_BYTES] bytes. This is what Hugging Face's `BpeTrainer` does where its
  /// 32-bit counts suffice.
  ///
  /// @param vocabularySize tokens wished for, the specials included, from [#LEAST_VOCABULARY] to
  ///     [#MOST_VOCABULARY]; fewer if the text has not that many
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] for another size, or
  ///     [ErrorCode#INPUT_EMPTY] if there are no counts
  public static Tokenizer train(WordCounts counts, int vocabularySize, Listener listener) {
    return Tokenizer.of(learn(List.of(counts), vocabularySize, Scratch.onHeap(), listener));
  }

  /// Of several parts, straight to the bytes of `tokenizer.json` and without holding the counts:
  /// beside the vocabulary, memory is a few buffers. Of one part it is what [#train] gives. Several
  /// choose their merges in turn, each the most frequent pair of its own, which all then apply: a
  /// part gets an equal share of the vocabulary, whatever its counts say and however large it is.
  ///
  /// @param scratch a folder with room for files of about 40 bytes for each byte of the distinct
  ///     chunks, which are gone afterwards; it is made if it is not there
  /// @param out left open
  /// @throws DureException also with [ErrorCode#DISK_FULL]
  public static void write(
      List<PartCounts> parts, int vocabularySize, Path scratch, OutputStream out, Listener listener)
      throws IOException {
    TokenizerJson.write(learn(parts, vocabularySize, Scratch.in(scratch), listener), out);
  }

  private static Merges learn(
      List<? extends CountSource> parts, int vocabularySize, Scratch scratch, Listener listener) {
    if (vocabularySize < LEAST_VOCABULARY || vocabularySize > MOST_VOCABULARY) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "vocabulary of %d tokens, expected %d to %d"
              .formatted(vocabularySize, LEAST_VOCABULARY, MOST_VOCABULARY));
    }
    if (parts.stream().allMatch(part -> part.size() == 0)) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY, "no words to train a tokenizer from: the counts are empty");
    }
    int merges = vocabularySize - LEAST_VOCABULARY;
    try (scratch) {
      return Merges.of(MergeLearner.learn(parts, merges, scratch, listener));
    }
  }

  /// The same without a listener.
  public static Tokenizer train(WordCounts counts, int vocabularySize) {
    return train(counts, vocabularySize, (merges, total) -> {});
  }
}
