package org.dure.model;

import java.util.Arrays;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.tokenizer.TokenShard;

/// The documents in token shards: each goes from one begin token to the next, as no text is ever
/// encoded to one.
final class TokenDocuments {
  private static final int BLOCK = 1 << 16;

  private final List<TokenShard> shards;
  private final int vocabularySize;

  /// Where each document begins, and in which shard.
  private long[] starts = new long[1024];

  private int[] shardOf = new int[1024];
  private int count;

  /// @param begin the token before every document
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if a shard does not begin with a
  ///     document
  TokenDocuments(List<TokenShard> shards, int begin, int vocabularySize) {
    this.shards = shards;
    this.vocabularySize = vocabularySize;
    for (int shard = 0; shard < shards.size(); shard++) {
      index(shard, begin);
    }
  }

  private void index(int shard, int begin) {
    TokenShard tokens = shards.get(shard);
    for (long from = 0; from < tokens.tokens(); from += BLOCK) {
      int[] block = new int[(int) Math.min(BLOCK, tokens.tokens() - from)];
      tokens.read(from, block);
      if (from == 0 && block[0] != begin) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s begins with token %d: a document begins with %d; pack the corpus again"
                .formatted(tokens.file(), block[0], begin));
      }
      for (int i = 0; i < block.length; i++) {
        if (block[i] == begin) {
          add(shard, from + i);
        }
      }
    }
  }

  private void add(int shard, long start) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, Math.multiplyExact(count, 2));
      shardOf = Arrays.copyOf(shardOf, starts.length);
    }
    starts[count] = start;
    shardOf[count] = shard;
    count++;
  }

  int count() {
    return count;
  }

  /// One of the document's windows: up to `length` tokens that are predicted, and the one before
  /// them. Which, is drawn; every token of the document but the first is in exactly one.
  ///
  /// @return 2 to `length + 1` tokens; fewer if the document has nothing to predict
  int[] window(int document, int length, NoiseSource random) {
    TokenShard shard = shards.get(shardOf[document]);
    boolean last = document + 1 == count || shardOf[document + 1] != shardOf[document];
    long end = last ? shard.tokens() : starts[document + 1];
    long predicted = end - starts[document] - 1;
    long windows = Math.max(1, (predicted + length - 1) / length);
    long from = random.below(windows) * length;
    int[] window = new int[(int) Math.min(length, predicted - from) + 1];
    shard.read(starts[document] + from, window);
    for (int token : window) {
      if (token >= vocabularySize) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s holds token %d: the model's vocabulary has %d"
                .formatted(shard.file(), token, vocabularySize));
      }
    }
    return window;
  }
}
