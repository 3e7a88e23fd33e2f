package org.dure.bench.gain;

import java.util.Locale;
import java.util.Map;
import org.dure.core.ModelConfig;

/// The size of a run.
///
/// @param institutions in each language
/// @param tokens of each institution's training text
/// @param passes over them
/// @param vocabulary of every tokenizer
/// @param width of the model; heads have 32 values
/// @param layers of the model
/// @param steps in a round (H)
/// @param dropout while training
/// @param seed of starts and batches
record Plan(
    int institutions,
    int tokens,
    double passes,
    int vocabulary,
    int width,
    int layers,
    int steps,
    double dropout,
    long seed) {
  static final int BATCH = 4;
  static final int LENGTH = 128;

  /// The CPU's size, but for what is given as `key=value`.
  static Plan of(Map<String, String> given) {
    return new Plan(
        integer(given, "institutions", 4),
        integer(given, "tokens", 90_000),
        Double.parseDouble(given.getOrDefault("passes", "5")),
        integer(given, "vocabulary", 2_048),
        integer(given, "width", 128),
        integer(given, "layers", 4),
        integer(given, "steps", 20),
        Double.parseDouble(given.getOrDefault("dropout", "0.1")),
        integer(given, "seed", 1));
  }

  private static int integer(Map<String, String> given, String key, int usual) {
    String value = given.get(key);
    return value == null ? usual : Integer.parseInt(value);
  }

  /// Rounds in which each institution reads its text [#passes] times.
  int rounds() {
    return (int) Math.ceil(tokens * passes / ((double) steps * BATCH * LENGTH));
  }

  /// The same with so many times the passes.
  Plan longer(double times) {
    return new Plan(
        institutions, tokens, times * passes, vocabulary, width, layers, steps, dropout, seed);
  }

  ModelConfig model() {
    int heads = Math.max(2, width / 32);
    int inner = (width * 8 / 3 + 63) / 64 * 64;
    return new ModelConfig(
        vocabulary, width, layers, heads, heads / 2, inner, LENGTH, 10_000, 1e-5, true);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.1f M parameters, %,d tokens and %s passes each, %d rounds of %d steps, dropout %s, seed %d",
        model().parameters() / 1e6,
        tokens,
        passes,
        rounds(),
        steps,
        dropout,
        seed);
  }
}
