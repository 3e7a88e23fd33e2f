package org.dure.serving;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.tokenizer.NormalForm;

/// A model of one short text: the last nine bytes predict the next token. Tokens have one or two
/// bytes, so that characters are cut over tokens. Its probabilities are exact: with `c` places in
/// the text that follow the same nine bytes, a token that begins at `k` of them has `(k + s) / (c +
/// s * vocabulary)`, `s` being [#SMOOTHING]; logits are these probabilities' logarithms. So the
/// most likely continuation of a piece of the text is the rest of the text, and then its end.
final class NgramModel implements LanguageModel {
  static final double SMOOTHING = 1e-4;
  static final int BEGIN = 256;
  static final int END = 257;
  static final int PADDING = 258;
  private static final int MEMORY = 9;

  final AtomicInteger steps = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger running = new AtomicInteger();
  final AtomicInteger mostRunning = new AtomicInteger();

  /// Called whenever text is tokenised.
  volatile Runnable onEncode = () -> {};

  /// What every logit is multiplied with.
  volatile float damage = 1;

  /// Called in every step of a decoder.
  volatile Runnable onStep = () -> {};

  private final String name;
  private final String language;
  private final int context;
  private final List<byte[]> tokens = new ArrayList<>();
  private final Map<String, Integer> pairs = new HashMap<>();
  private final Map<String, Map<Integer, Integer>> followers = new HashMap<>();

  NgramModel(String name, String language, int context, String text) {
    this.name = name;
    this.language = language;
    this.context = context;
    for (int value = 0; value < 256; value++) {
      tokens.add(new byte[] {(byte) value});
    }
    for (int special = BEGIN; special <= PADDING; special++) {
      tokens.add(new byte[0]);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + 1 < bytes.length; at += 2) {
      String pair = key(bytes, at);
      if (!pairs.containsKey(pair)) {
        pairs.put(pair, tokens.size());
        tokens.add(Arrays.copyOfRange(bytes, at, at + 2));
      }
    }
    for (int at = 0; at <= bytes.length; at++) {
      followers
          .computeIfAbsent(context(bytes, at), unused -> new HashMap<>())
          .merge(at == bytes.length ? END : tokenAt(bytes, at), 1, Integer::sum);
    }
  }

  private int tokenAt(byte[] bytes, int at) {
    Integer pair = at + 1 < bytes.length ? pairs.get(key(bytes, at)) : null;
    return pair == null ? Byte.toUnsignedInt(bytes[at]) : pair;
  }

  private static String context(byte[] bytes, int length) {
    return Arrays.toString(Arrays.copyOfRange(bytes, Math.max(0, length - MEMORY), length));
  }

  private static String key(byte[] bytes, int at) {
    return bytes[at] + "," + bytes[at + 1];
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
    return context;
  }

  @Override
  public int vocabularySize() {
    return tokens.size();
  }

  @Override
  public int[] encode(String text) {
    onEncode.run();
    byte[] bytes = NormalForm.of(text).getBytes(StandardCharsets.UTF_8);
    List<Integer> ids = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int token = tokenAt(bytes, at);
      ids.add(token);
      at += tokens.get(token).length;
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private byte[] bytes(List<Integer> ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ids.forEach(id -> bytes.writeBytes(bytes(id)));
    return bytes.toByteArray();
  }

  @Override
  public byte[] bytes(int token) {
    return tokens.get(token).clone();
  }

  @Override
  public int beginToken() {
    return BEGIN;
  }

  @Override
  public int endToken() {
    return END;
  }

  /// Probability of `token` after a sequence.
  double probability(List<Integer> sequence, int token) {
    byte[] bytes = bytes(sequence);
    Map<Integer, Integer> seen = followers.getOrDefault(context(bytes, bytes.length), Map.of());
    int count = seen.values().stream().mapToInt(Integer::intValue).sum();
    return (seen.getOrDefault(token, 0) + SMOOTHING) / (count + SMOOTHING * tokens.size());
  }

  @Override
  public float[][] logits(int[] sequence) {
    if (sequence.length < 1 || sequence.length > context) {
      throw new DureException(ErrorCode.INPUT_MALFORMED, sequence.length + " tokens");
    }
    float[][] logits = new float[sequence.length][];
    for (int at = 0; at < sequence.length; at++) {
      logits[at] = row(Arrays.stream(sequence).limit(at + 1).boxed().toList());
    }
    return logits;
  }

  private float[] row(List<Integer> sequence) {
    float[] row = new float[tokens.size()];
    for (int token = 0; token < row.length; token++) {
      row[token] = damage * (float) Math.log(probability(sequence, token));
    }
    return row;
  }

  @Override
  public float[][] logProbabilities(int[][] sequences) {
    throw new UnsupportedOperationException("not needed for serving");
  }

  @Override
  public Decoder decoder() {
    open.incrementAndGet();
    return new Decoder() {
      private final List<Integer> sequence = new ArrayList<>();
      private boolean closed;

      @Override
      public float[] next(int... more) {
        if (closed || sequence.size() + more.length > context) {
          throw new DureException(
              ErrorCode.INPUT_MALFORMED,
              "decoder is closed or full: %d + %d".formatted(sequence.size(), more.length));
        }
        mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
          onStep.run();
          steps.incrementAndGet();
          Arrays.stream(more).forEach(sequence::add);
          return row(sequence);
        } finally {
          running.decrementAndGet();
        }
      }

      @Override
      public int length() {
        return sequence.size();
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          open.decrementAndGet();
        }
      }
    };
  }

  @Override
  public void close() {}
}
