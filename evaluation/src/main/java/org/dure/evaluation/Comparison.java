package org.dure.evaluation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// One language's answer to what the study was worth: bits per byte at the start, at the end on the
/// belt, and at the end of the local twin (same start, steps, tokenizer and batches, own data
/// only), all on the same held-out text. Immutable.
///
/// @param language BCP 47 code
/// @param difference belt minus twin, paired; below zero the belt is better
/// @param verdict what the difference's interval allows to say
/// @param pages distinct pages of held-out text; groups of pages where there are more than 65,536
/// @param documents of held-out text
/// @param bytes of held-out text
/// @param tokens of held-out text
public record Comparison(
    String language,
    Interval start,
    Interval belt,
    Interval twin,
    Interval difference,
    Verdict verdict,
    long pages,
    long documents,
    long bytes,
    long tokens) {
  /// Pages below which an interval is too uncertain itself to decide by.
  static final int LEAST_PAGES = 10;

  public Comparison {
    Objects.requireNonNull(language, "language");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(belt, "belt");
    Objects.requireNonNull(twin, "twin");
    Objects.requireNonNull(difference, "difference");
    Objects.requireNonNull(verdict, "verdict");
  }

  /// What can be said of the belt's model beside the twin.
  public enum Verdict {
    /// The whole 95 % interval of the difference is below zero.
    BETTER,
    /// The whole 95 % interval of the difference is above zero.
    WORSE,
    /// Zero is within the interval, or the held-out text is of fewer than 10 pages.
    NO_DIFFERENCE
  }

  /// Compares three measures of the same held-out documents.
  ///
  /// @param seed of the resampling: the same measures and seed give the same intervals
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the documents are not the same
  public static Comparison of(
      String language, BitsPerByte start, BitsPerByte belt, BitsPerByte twin, long seed) {
    Bootstrap bootstrap = new Bootstrap(List.of(start, belt, twin), seed);
    Interval difference = bootstrap.difference(1, 2);
    return new Comparison(
        language,
        bootstrap.interval(0),
        bootstrap.interval(1),
        bootstrap.interval(2),
        difference,
        verdict(difference, bootstrap.pages()),
        bootstrap.pages(),
        belt.documents(),
        belt.bytes(),
        belt.tokens());
  }

  /// The comparison as numbers by name: what a region publishes. No text, no document.
  public SequencedMap<String, Double> scores() {
    SequencedMap<String, Double> scores = new LinkedHashMap<>();
    put(scores, "start", start);
    put(scores, "end", belt);
    put(scores, "twin", twin);
    put(scores, "difference", difference);
    scores.put("pages", (double) pages);
    scores.put("documents", (double) documents);
    scores.put("bytes", (double) bytes);
    scores.put("tokens", (double) tokens);
    return scores;
  }

  /// The inverse of [#scores]; other names are ignored.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming what is missing or no number
  public static Comparison of(String language, Map<String, Double> scores) {
    Interval difference = interval(scores, "difference");
    long pages = (long) number(scores, "pages");
    return new Comparison(
        language,
        interval(scores, "start"),
        interval(scores, "end"),
        interval(scores, "twin"),
        difference,
        verdict(difference, pages),
        pages,
        (long) number(scores, "documents"),
        (long) number(scores, "bytes"),
        (long) number(scores, "tokens"));
  }

  private static Verdict verdict(Interval difference, long pages) {
    if (pages < LEAST_PAGES) {
      return Verdict.NO_DIFFERENCE;
    }
    if (difference.isBelowZero()) {
      return Verdict.BETTER;
    }
    return difference.isAboveZero() ? Verdict.WORSE : Verdict.NO_DIFFERENCE;
  }

  private static void put(Map<String, Double> scores, String name, Interval interval) {
    scores.put(name, interval.value());
    scores.put(name + ".low", interval.low());
    scores.put(name + ".high", interval.high());
  }

  private static Interval interval(Map<String, Double> scores, String name) {
    return new Interval(
        number(scores, name), number(scores, name + ".low"), number(scores, name + ".high"));
  }

  private static double number(Map<String, Double> scores, String name) {
    Double value = scores.get(name);
    if (value == null || !Double.isFinite(value)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "score \"%s\" is %s; expected a number"
              .formatted(name, value == null ? "missing" : value.toString()));
    }
    return value;
  }
}
