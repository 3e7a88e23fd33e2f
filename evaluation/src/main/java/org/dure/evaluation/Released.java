package org.dure.evaluation;

import java.util.Collections;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
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
  /// @param origin which it is, e.g. `belt`, `own`, `belt-and-own`
  /// @param model its files
  /// @param dev bits per byte of each on the text to choose by, by its origin; sorted
  /// @param documents of that text that were measured
  /// @param text SHA-256 of the corpus's file of documents to choose by; null where there was none
  public record Choice(
      String origin,
      ModelDigests model,
      SequencedMap<String, Double> dev,
      long documents,
      @Nullable String text) {
    public Choice {
      dev = Collections.unmodifiableSequencedMap(new TreeMap<>(dev));
      if (!dev.isEmpty() && !dev.containsKey(origin)) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "released: %s, which is none of those that were measured: %s"
                .formatted(origin, dev.keySet()));
      }
    }

    public Choice(
        String origin,
        ModelDigests model,
        Map<String, Double> dev,
        long documents,
        @Nullable String text) {
      this(origin, model, new TreeMap<>(dev), documents, text);
    }
  }
}
