package org.dure.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.tokenizer.TokenShard;

/// What a trainer reads, step by step: a pure function of seed and step, so that the position in
/// the data is the step's number.
///
/// A shard of `n` tokens gives `(n - 1) / length` windows of `length + 1` tokens, each beginning
/// with the last token of the one before: every token but the first is predicted once. What is left
/// over, fewer than `length` tokens, moves from the end to the beginning by an offset drawn for
/// each epoch: no token is left out for ever, and windows do not always break at the same place.
/// In each epoch every window comes once, in an order of its own.
final class TokenWindows implements AutoCloseable {
  private final List<TokenShard> shards;
  private final long[] ends;
  private final int length;
  private final long seed;
  private final int vocabularySize;

  private TokenWindows(
      List<TokenShard> shards, long[] ends, int length, long seed, int vocabularySize) {
    this.shards = shards;
    this.ends = ends;
    this.length = length;
    this.seed = seed;
    this.vocabularySize = vocabularySize;
  }

  /// Opens the shards.
  ///
  /// @throws DureException if one is damaged, if they come from several tokenizers, or with
  ///     [ErrorCode#INPUT_EMPTY] if they hold no window
  static TokenWindows open(List<Path> files, int length, long seed, int vocabularySize) {
    List<TokenShard> shards = new ArrayList<>();
    try {
      long[] ends = new long[files.size()];
      long windows = 0;
      for (int i = 0; i < files.size(); i++) {
        TokenShard shard = TokenShard.open(files.get(i));
        shards.add(shard);
        if (!shard.tokenizerDigest().equals(shards.getFirst().tokenizerDigest())) {
          throw new DureException(
              ErrorCode.INPUT_MALFORMED,
              "%s was made with tokenizer %s, %s with %s: expected one tokenizer"
                  .formatted(
                      files.get(i),
                      shard.tokenizerDigest(),
                      files.getFirst(),
                      shards.getFirst().tokenizerDigest()));
        }
        windows += Math.max(0, shard.tokens() - 1) / length;
        ends[i] = windows;
      }
      if (windows == 0) {
        throw new DureException(
            ErrorCode.INPUT_EMPTY,
            "%s hold no %d tokens in one shard: give more text, or a shorter training.length"
                .formatted(files, length + 1));
      }
      return new TokenWindows(List.copyOf(shards), ends, length, seed, vocabularySize);
    } catch (DureException e) {
      shards.forEach(TokenShard::close);
      throw e;
    }
  }

  /// The same tokens, by document.
  ///
  /// @param begin the token before every document
  TokenDocuments documents(int begin) {
    return new TokenDocuments(shards, begin, vocabularySize);
  }

  /// Windows of one epoch.
  long windows() {
    return ends[ends.length - 1];
  }

  /// Digest of what the shards are: equal digests mean the same tokens of the same tokenizer, in
  /// the same order. Made of the shards' own digests, which opening them has verified.
  String digest() {
    return Sha256.of(Json.bytes(shards.stream().map(TokenShard::digest).toList()));
  }

  /// [org.dure.tokenizer.Tokenizer#digest] of the one that made the tokens.
  String tokenizerDigest() {
    return shards.getFirst().tokenizerDigest();
  }

  /// Fills `into`, `count` windows of `length + 1` tokens one after the other, with those of a
  /// step.
  ///
  /// @param step from 1
  void read(long step, int count, int[] into) {
    int[] window = new int[length + 1];
    for (int i = 0; i < count; i++) {
      long position = Math.multiplyExact(step - 1, count) + i;
      read(position / windows(), position % windows(), window);
      System.arraycopy(window, 0, into, i * window.length, window.length);
    }
  }

  private void read(long epoch, long position, int[] window) {
    long key = InitialWeights.mix(seed ^ InitialWeights.mix(epoch + 1));
    long chosen = new Permutation(windows(), key).at(position);
    int shard = 0;
    while (ends[shard] <= chosen) {
      shard++;
    }
    long index = shard == 0 ? chosen : chosen - ends[shard - 1];
    long count = shard == 0 ? ends[0] : ends[shard] - ends[shard - 1];
    long spare = shards.get(shard).tokens() - 1 - count * length;
    long offset = Long.remainderUnsigned(InitialWeights.mix(key + shard), spare + 1);
    shards.get(shard).read(offset + index * length, window);
    for (int token : window) {
      if (token >= vocabularySize) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s holds token %d: the model's vocabulary has %d"
                .formatted(shards.get(shard).file(), token, vocabularySize));
      }
    }
  }

  @Override
  public void close() {
    shards.forEach(TokenShard::close);
  }
}
