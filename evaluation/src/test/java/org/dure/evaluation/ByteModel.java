package org.dure.evaluation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.LanguageModel;

/// A model whose probabilities anybody can compute: tokens are the UTF-8 bytes 0 to 255, 256 begins
/// and 257 ends a document, and `P(next | previous)` is proportional to
/// `1 + ((131 previous + 17 next + 7) mod 97)` over all 258 tokens.
class ByteModel implements LanguageModel {
  static final int BEGIN = 256;
  static final int END = 257;

  /// Every sequence that was asked for.
  final List<int[]> asked = new ArrayList<>();

  private final int context;

  ByteModel(int context) {
    this.context = context;
  }

  static double probability(int previous, int next) {
    return weight(previous, next) / total(previous);
  }

  /// Bits per byte of a text, straight from the definition.
  static double nats(String text) {
    int previous = BEGIN;
    double nats = 0;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      nats -= Math.log(probability(previous, b & 0xff));
      previous = b & 0xff;
    }
    return nats;
  }

  private static double weight(int previous, int next) {
    return 1 + (131 * previous + 17 * next + 7) % 97;
  }

  private static double total(int previous) {
    double total = 0;
    for (int next = 0; next <= END; next++) {
      total += weight(previous, next);
    }
    return total;
  }

  @Override
  public String name() {
    return "bytes";
  }

  @Override
  public String language() {
    return "mul";
  }

  @Override
  public int contextLength() {
    return context;
  }

  @Override
  public int vocabularySize() {
    return END + 1;
  }

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = bytes[i] & 0xff;
    }
    return tokens;
  }

  @Override
  public byte[] bytes(int token) {
    return token < BEGIN ? new byte[] {(byte) token} : new byte[0];
  }

  @Override
  public int beginToken() {
    return BEGIN;
  }

  @Override
  public int endToken() {
    return END;
  }

  @Override
  public float[][] logits(int[] tokens) {
    throw new UnsupportedOperationException("bits per byte needs no logits");
  }

  @Override
  public float[][] logProbabilities(int[][] sequences) {
    float[][] all = new float[sequences.length][];
    for (int s = 0; s < sequences.length; s++) {
      int[] sequence = sequences[s];
      if (sequence.length < 2 || sequence.length > context) {
        throw new IllegalArgumentException("a sequence of " + sequence.length + " tokens");
      }
      asked.add(sequence.clone());
      all[s] = new float[sequence.length - 1];
      for (int t = 1; t < sequence.length; t++) {
        all[s][t - 1] = (float) Math.log(probability(sequence[t - 1], sequence[t]));
      }
    }
    return all;
  }

  @Override
  public Decoder decoder() {
    throw new UnsupportedOperationException("bits per byte writes nothing");
  }

  @Override
  public void close() {}
}
