package org.dure.evaluation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.jspecify.annotations.Nullable;

/// Whether a model lets one tell which documents it was trained on from others of the same corpus.
///
/// Three attacks guess by a score, the higher the likelier trained on, all per byte or per bit of
/// the text itself:
/// - **loss**: the less the model is surprised (Yeom et al. 2018);
/// - **compression**: the same beside how well zlib compresses the text (Carlini et al. 2021), so
///   that easy text is not taken for known text;
/// - **reference**: beside the surprise of another model that did not see the text (Carlini et al.
///   2022), where there is one.
///
/// For each: the area under the curve of hits against false alarms, 0.5 for a coin; and the hits at
/// a false-alarm rate of 1 %, 0.01 for a coin. Intervals are of 1,000 seeded resamples of whole
/// pages on either side. A figure that is no better than a coin shows that these attacks fail, not
/// that none works.
public final class MembershipInference {
  private static final int RESAMPLES = 1_000;
  private static final double FALSE_ALARMS = 0.01;
  private static final double TAIL = 0.025;

  /// Fewer on either side say nothing.
  private static final int LEAST = 2;

  private MembershipInference() {}

  /// A document as an attacker sees it.
  ///
  /// @param page to which it belongs
  /// @param score the higher, the likelier trained on
  record Guess(String page, double score) {}

  /// Asks a model about documents.
  ///
  /// @param trained some that the model was trained on
  /// @param others some of the same corpus that it was not
  /// @param reference another model, which was trained on neither; null where there is none
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if there are too few of either
  public static List<AuditReport.Figure> figures(
      LanguageModel model,
      List<Document> trained,
      List<Document> others,
      @Nullable LanguageModel reference,
      long seed) {
    if (Math.min(trained.size(), others.size()) < LEAST) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%d documents trained on and %d others: expected at least %d of each"
              .formatted(trained.size(), others.size(), LEAST));
    }
    Map<String, List<Guess>> inside = guesses(model, trained, reference);
    Map<String, List<Guess>> outside = guesses(model, others, reference);
    List<AuditReport.Figure> figures = new ArrayList<>();
    inside.forEach(
        (attack, members) -> figures.addAll(figures(attack, members, outside.get(attack), seed)));
    return figures;
  }

  private static Map<String, List<Guess>> guesses(
      LanguageModel model, List<Document> documents, @Nullable LanguageModel reference) {
    List<BitsPerByte.Score> scores = BitsPerByte.scores(model, documents);
    Map<String, Document> byId = new LinkedHashMap<>();
    documents.forEach(document -> byId.put(document.id(), document));
    Map<String, List<Guess>> guesses = new LinkedHashMap<>();
    guesses.put(
        "loss",
        scores.stream().map(one -> new Guess(one.page(), -one.nats() / one.bytes())).toList());
    guesses.put(
        "compression",
        scores.stream()
            .map(one -> new Guess(one.page(), -one.nats() / compressed(byId, one.id())))
            .toList());
    if (reference != null) {
      Map<String, Double> known = new LinkedHashMap<>();
      BitsPerByte.scores(reference, documents)
          .forEach(one -> known.put(one.id(), one.nats() / one.bytes()));
      guesses.put(
          "reference",
          scores.stream()
              .filter(one -> known.containsKey(one.id()))
              .map(
                  one ->
                      new Guess(
                          one.page(), known.getOrDefault(one.id(), 0.0) - one.nats() / one.bytes()))
              .toList());
    }
    return guesses;
  }

  /// Bits of the document's text as zlib writes it.
  private static double compressed(Map<String, Document> documents, String id) {
    Document document = documents.get(id);
    byte[] text = document == null ? new byte[0] : document.text().getBytes(StandardCharsets.UTF_8);
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try {
      deflater.setInput(text);
      deflater.finish();
      byte[] block = new byte[1 << 12];
      while (!deflater.finished()) {
        int unused = deflater.deflate(block);
      }
      return 8.0 * deflater.getBytesWritten();
    } finally {
      deflater.end();
    }
  }

  /// The figures of one attack.
  static List<AuditReport.Figure> figures(
      String attack, List<Guess> members, @Nullable List<Guess> others, long seed) {
    Side inside = Side.of(members);
    Side outside = Side.of(others == null ? List.of() : others);
    SplittableRandom random = new SplittableRandom(seed);
    double[] areas = new double[RESAMPLES];
    double[] hits = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double[] some = inside.resample(random);
      double[] rest = outside.resample(random);
      areas[i] = area(some, rest);
      hits[i] = hits(some, rest);
    }
    double[] all = inside.all();
    double[] none = outside.all();
    return List.of(
        figure(attack + ": area under the curve (coin 0.5)", area(all, none), areas),
        figure(attack + ": hits at 1 % false alarms (coin 0.01)", hits(all, none), hits));
  }

  private static AuditReport.Figure figure(String name, double value, double[] samples) {
    Arrays.sort(samples);
    return AuditReport.Figure.of(
        name,
        new Interval(
            value, Bootstrap.quantile(samples, TAIL), Bootstrap.quantile(samples, 1 - TAIL)));
  }

  /// @param pages scores of each page's documents
  private record Side(List<double[]> pages) {
    static Side of(List<Guess> guesses) {
      Map<String, List<Double>> byPage = new LinkedHashMap<>();
      guesses.forEach(
          guess -> byPage.computeIfAbsent(guess.page(), _ -> new ArrayList<>()).add(guess.score()));
      return new Side(
          byPage.values().stream()
              .map(page -> page.stream().mapToDouble(Double::doubleValue).toArray())
              .toList());
    }

    double[] all() {
      double[] all = pages.stream().flatMapToDouble(Arrays::stream).toArray();
      Arrays.sort(all);
      return all;
    }

    double[] resample(SplittableRandom random) {
      double[][] drawn = new double[pages.size()][];
      Arrays.setAll(drawn, _ -> pages.get(random.nextInt(pages.size())));
      double[] all = Arrays.stream(drawn).flatMapToDouble(Arrays::stream).toArray();
      Arrays.sort(all);
      return all;
    }
  }

  /// The chance that a member's score is above another document's, ties counting half (Mann and
  /// Whitney 1947).
  ///
  /// @param members sorted
  /// @param others sorted
  static double area(double[] members, double[] others) {
    long twice = 0;
    int below = 0;
    int upTo = 0;
    for (double score : members) {
      while (below < others.length && others[below] < score) {
        below++;
      }
      while (upTo < others.length && others[upTo] <= score) {
        upTo++;
      }
      twice += below + upTo;
    }
    return twice / 2.0 / members.length / others.length;
  }

  /// Share of members above the score that at most 1 % of the others exceed.
  ///
  /// @param members sorted
  /// @param others sorted
  static double hits(double[] members, double[] others) {
    double threshold = others[others.length - 1 - (int) (FALSE_ALARMS * others.length)];
    return Arrays.stream(members).filter(score -> score > threshold).count()
        / (double) members.length;
  }
}
