package org.dure.evaluation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// One language's answer to what the study was worth: bits per byte at the start, at the end on the
/// belt, and at the end of the local twin (same start, steps, tokenizer and batches, own data
/// only), all on the same held-out text. Immutable.
///
/// @param language BCP 47 code
/// @param start null where it was not measured
/// @param twin null where it was not measured
/// @param difference belt minus twin, paired; below zero the belt is better; null without a twin
/// @param verdict what the difference's interval allows to say
/// @param pages distinct pages of held-out text; groups of pages where there are more than 65,536
/// @param documents of held-out text
/// @param bytes of held-out text
/// @param tokens of held-out text
/// @param heldOutDocuments that there were; more than `documents` where a sample was measured; null
///     where that was not recorded
/// @param measuredOn what the numbers are of; null where that was not recorded, and for a
///     comparison that was made of [#scores]
/// @param region whose text it was; null where that was not recorded
/// @param released the model that the region goes on with; null where that is the belt's without
///     having been chosen
public record Comparison(
    String language,
    @Nullable Interval start,
    Interval belt,
    @Nullable Interval twin,
    @Nullable Interval difference,
    Verdict verdict,
    long pages,
    long documents,
    long bytes,
    long tokens,
    @Nullable Long heldOutDocuments,
    @Nullable MeasuredOn measuredOn,
    @Json.Lenient @Nullable String region,
    @Json.Lenient @Nullable Released released) {
  private static final String HELD_OUT = "heldOutDocuments";
  private static final String RELEASED = "released";
  private static final String RELEASED_DIFFERENCE = "releasedDifference";

  /// A difference is that of the two values but for rounding.
  private static final double ROUNDING = 1e-6;

  /// Pages below which an interval is too uncertain itself to decide by.
  static final int LEAST_PAGES = 10;

  public Comparison {
    boolean measured = verdict != Verdict.NOT_MEASURED;
    if (measured != (twin != null) || measured != (difference != null)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: verdict %s with twin %s and difference %s; expected both, or NOT_MEASURED"
              .formatted(language, verdict, twin, difference));
    }
    if (verdict != verdict(difference, pages)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: verdict %s, but the difference %s on %d pages allows %s"
              .formatted(language, verdict, difference, pages, verdict(difference, pages)));
    }
    if (twin != null
        && difference != null
        && !(Math.abs(belt.value() - twin.value() - difference.value()) <= ROUNDING)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: difference %s between %s and %s"
              .formatted(language, difference.value(), belt.value(), twin.value()));
    }
    if (released != null) {
      Interval less = released.difference();
      if ((less != null) != (twin != null)
          || (twin != null
              && less != null
              && !(Math.abs(released.value().value() - twin.value() - less.value()) <= ROUNDING))) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s: released %s with the difference %s to the twin %s"
                .formatted(language, released.value(), less, twin));
      }
    }
    if (measuredOn != null
        && ((start == null) != (measuredOn.start() == null)
            || (twin == null) != (measuredOn.twin() == null))) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: start or twin is named without a value, or has a value without a name"
              .formatted(language));
    }
  }

  /// What can be said of the belt's model beside the twin.
  public enum Verdict {
    /// The whole 95 % interval of the difference is below zero.
    BETTER,
    /// The whole 95 % interval of the difference is above zero.
    WORSE,
    /// Zero is within the interval, or the held-out text is of fewer than 10 pages.
    NO_DIFFERENCE,
    /// There is no measure of a twin.
    NOT_MEASURED
  }

  /// Compares up to three measures of the same held-out documents.
  ///
  /// @param start null where it was not measured
  /// @param twin null where it was not measured
  /// @param seed of the resampling: the same measures and seed give the same intervals
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the documents are not the same
  public static Comparison of(
      String language,
      @Nullable BitsPerByte start,
      BitsPerByte belt,
      @Nullable BitsPerByte twin,
      long seed) {
    Bootstrap bootstrap =
        new Bootstrap(
            List.of(start == null ? belt : start, belt, twin == null ? belt : twin), seed);
    Interval difference = twin == null ? null : bootstrap.difference(1, 2);
    return new Comparison(
        language,
        start == null ? null : bootstrap.interval(0),
        bootstrap.interval(1),
        twin == null ? null : bootstrap.interval(2),
        difference,
        verdict(difference, bootstrap.pages()),
        bootstrap.pages(),
        belt.documents(),
        belt.bytes(),
        belt.tokens(),
        belt.available(),
        null,
        null,
        null);
  }

  /// Which documents, in English: `all 579 held-out documents`, `64 of 579 held-out documents`.
  public String extent() {
    String measured = String.format(Locale.ROOT, "%,d", documents);
    if (heldOutDocuments == null) {
      return measured + " held-out documents";
    }
    return heldOutDocuments == documents
        ? "all %s held-out documents".formatted(measured)
        : String.format(Locale.ROOT, "%s of %,d held-out documents", measured, heldOutDocuments);
  }

  /// The same with what it was measured on.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it does not name what has a value
  public Comparison on(MeasuredOn objects) {
    return with(objects, region, released);
  }

  /// The same of a region's text.
  public Comparison ofRegion(String name) {
    return with(measuredOn, name, released);
  }

  /// The same with the model that the region goes on with.
  ///
  /// @param model measured on the same documents
  /// @param alone the twin, likewise; null where it was not measured
  /// @param seed of the resampling, as before
  public Comparison releasing(
      BitsPerByte model, @Nullable BitsPerByte alone, Released.Choice choice, long seed) {
    Bootstrap bootstrap = new Bootstrap(List.of(model, alone == null ? model : alone), seed);
    Interval less = alone == null ? null : bootstrap.difference(0, 1);
    return with(measuredOn, region, new Released(bootstrap.interval(0), less, choice));
  }

  /// The same of the belt's model alone, where that is released whatever regions chose.
  public Comparison ofBelt() {
    return with(measuredOn, region, null);
  }

  private Comparison with(
      @Nullable MeasuredOn objects, @Nullable String name, @Nullable Released model) {
    return new Comparison(
        language,
        start,
        belt,
        twin,
        difference,
        verdict,
        pages,
        documents,
        bytes,
        tokens,
        heldOutDocuments,
        objects,
        name,
        model);
  }

  /// What the region goes on with minus the twin: of the released model, else the belt's; null
  /// without a twin.
  public @Nullable Interval outcome() {
    return released == null ? difference : released.difference();
  }

  /// What can be said of [#outcome].
  public Verdict outcomeVerdict() {
    return verdict(outcome(), pages);
  }

  /// By how much what the region goes on with is better than the twin, in percent of the twin's
  /// bits per byte; below zero it is worse. Its interval is that of [#outcome]. Empty without a
  /// twin.
  public Optional<Interval> gain() {
    Interval less = outcome();
    if (twin == null || less == null) {
      return Optional.empty();
    }
    double percent = -100 / twin.value();
    // Zero has no sign.
    return Optional.of(
        new Interval(
            percent * less.value() + 0.0, percent * less.high() + 0.0, percent * less.low() + 0.0));
  }

  /// The same without what only looks measured: before there was a way to say that there was no
  /// start and no twin, the model itself was written in their places.
  Comparison withoutStandIns() {
    boolean noTwin = belt.equals(twin) && new Interval(0, 0, 0).equals(difference);
    return new Comparison(
        language,
        belt.equals(start) ? null : start,
        belt,
        noTwin ? null : twin,
        noTwin ? null : difference,
        noTwin ? Verdict.NOT_MEASURED : verdict,
        pages,
        documents,
        bytes,
        tokens,
        heldOutDocuments,
        measuredOn,
        region,
        released);
  }

  /// The comparison as numbers by name: what a region publishes. No text, no document; what was not
  /// measured has no name.
  public SequencedMap<String, Double> scores() {
    SequencedMap<String, Double> scores = new LinkedHashMap<>();
    put(scores, "start", start);
    put(scores, "end", belt);
    put(scores, "twin", twin);
    put(scores, "difference", difference);
    if (released != null) {
      put(scores, RELEASED, released.value());
      put(scores, RELEASED_DIFFERENCE, released.difference());
    }
    scores.put("pages", (double) pages);
    scores.put("documents", (double) documents);
    scores.put("bytes", (double) bytes);
    scores.put("tokens", (double) tokens);
    if (heldOutDocuments != null) {
      scores.put(HELD_OUT, (double) heldOutDocuments);
    }
    return scores;
  }

  /// The inverse of [#scores]; other names are ignored.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming what is missing or no number
  public static Comparison of(String language, Map<String, Double> scores) {
    boolean measured = holds(scores, "twin") || holds(scores, "difference");
    Interval difference = measured ? interval(scores, "difference") : null;
    long pages = (long) number(scores, "pages");
    return new Comparison(
        language,
        holds(scores, "start") ? interval(scores, "start") : null,
        interval(scores, "end"),
        measured ? interval(scores, "twin") : null,
        difference,
        verdict(difference, pages),
        pages,
        (long) number(scores, "documents"),
        (long) number(scores, "bytes"),
        (long) number(scores, "tokens"),
        scores.containsKey(HELD_OUT) ? Long.valueOf((long) number(scores, HELD_OUT)) : null,
        null,
        null,
        released(scores));
  }

  private static @Nullable Released released(Map<String, Double> scores) {
    return holds(scores, RELEASED)
        ? new Released(
            interval(scores, RELEASED),
            holds(scores, RELEASED_DIFFERENCE) ? interval(scores, RELEASED_DIFFERENCE) : null,
            null)
        : null;
  }

  /// What a difference on so many pages allows to say.
  public static Verdict verdict(@Nullable Interval difference, long pages) {
    if (difference == null) {
      return Verdict.NOT_MEASURED;
    }
    if (pages < LEAST_PAGES) {
      return Verdict.NO_DIFFERENCE;
    }
    if (difference.isBelowZero()) {
      return Verdict.BETTER;
    }
    return difference.isAboveZero() ? Verdict.WORSE : Verdict.NO_DIFFERENCE;
  }

  private static void put(Map<String, Double> scores, String name, @Nullable Interval interval) {
    if (interval != null) {
      scores.put(name, interval.value());
      scores.put(name + ".low", interval.low());
      scores.put(name + ".high", interval.high());
    }
  }

  private static boolean holds(Map<String, Double> scores, String name) {
    return scores.containsKey(name)
        || scores.containsKey(name + ".low")
        || scores.containsKey(name + ".high");
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
