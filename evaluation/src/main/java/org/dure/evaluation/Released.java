package org.dure.evaluation;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// The model that a region goes on with: of those that it ends with, the best on text that is kept
/// for choosing. What it is worth is measured on other text, once.
///
/// @param value bits per byte
/// @param difference this minus the twin, paired; below zero this is better; null without a twin
/// @param choice how it was chosen; null for what was made of [Comparison#scores]
public record Released(Interval value, @Nullable Interval difference, @Nullable Choice choice) {
  /// What a region can go on with.
  public static final List<String> ORIGINS =
      List.of("belt", "own", "belt-and-own", "twin", "belt-and-twin");

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  private static DureException malformed(String found) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "released: " + found);
  }

  /// @param origin which of [#ORIGINS] it is
  /// @param model its files
  /// @param dev bits per byte of each on the text to choose by, by its origin; sorted
  /// @param documents of that text that were measured
  /// @param text SHA-256 of the corpus's file of documents to choose by
  public record Choice(
      String origin,
      ModelDigests model,
      SequencedMap<String, Double> dev,
      long documents,
      String text) {
    public Choice {
      dev = Collections.unmodifiableSequencedMap(new TreeMap<>(dev));
      if (!ORIGINS.containsAll(dev.keySet()) || !dev.containsKey(origin)) {
        throw malformed("chosen of %s, expected of %s".formatted(dev.keySet(), ORIGINS));
      }
      if (dev.values().stream().anyMatch(value -> value < 0) || documents < 1) {
        throw malformed("chosen by %s on %d documents".formatted(dev, documents));
      }
      if (!DIGEST.matcher(text).matches()) {
        throw malformed("chosen on a text that is named by no SHA-256");
      }
    }

    public Choice(
        String origin, ModelDigests model, Map<String, Double> dev, long documents, String text) {
      this(origin, model, new TreeMap<>(dev), documents, text);
    }
  }
}
