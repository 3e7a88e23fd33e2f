package org.dure.evaluation;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Resamples of one held-out set on which several models were measured.
///
/// Whole pages are drawn, because the paragraphs of a page resemble each other and are not as many
/// independent witnesses. All models see the same draws, which is what makes their differences
/// paired: what is hard about a page is hard for both and cancels.
final class Bootstrap {
  static final int RESAMPLES = 2000;
  private static final double TAIL = 0.025;

  private final double[] values;

  /// `[model][resample]`, bits per byte.
  private final double[][] resampled;

  private final int pages;

  /// @param measures of the same documents in the same order
  Bootstrap(List<BitsPerByte> measures, long seed) {
    BitsPerByte first = measures.getFirst();
    measures.forEach(measure -> checkSameDocuments(first, measure));
    values = measures.stream().mapToDouble(BitsPerByte::value).toArray();
    pages = first.pages().size();
    double[] bytes = new double[pages];
    double[][] nats = new double[measures.size()][pages];
    for (int page = 0; page < pages; page++) {
      bytes[page] = first.pages().bytes(page);
      for (int m = 0; m < nats.length; m++) {
        nats[m][page] = measures.get(m).pages().nats(page);
      }
    }
    resampled = resample(bytes, nats, new SplittableRandom(seed));
  }

  /// Distinct pages, from which all uncertainty is estimated.
  int pages() {
    return pages;
  }

  /// Bits per byte of a model.
  Interval interval(int model) {
    return interval(values[model], resampled[model]);
  }

  /// Bits per byte of one model minus those of another.
  Interval difference(int model, int other) {
    double[] differences = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      differences[i] = resampled[model][i] - resampled[other][i];
    }
    return interval(values[model] - values[other], differences);
  }

  private static double[][] resample(double[] bytes, double[][] nats, SplittableRandom random) {
    double[][] resampled = new double[nats.length][RESAMPLES];
    double[] drawn = new double[nats.length];
    for (int i = 0; i < RESAMPLES; i++) {
      Arrays.fill(drawn, 0);
      double drawnBytes = 0;
      for (int n = 0; n < bytes.length; n++) {
        int page = random.nextInt(bytes.length);
        drawnBytes += bytes[page];
        for (int m = 0; m < nats.length; m++) {
          drawn[m] += nats[m][page];
        }
      }
      for (int m = 0; m < nats.length; m++) {
        resampled[m][i] = BitsPerByte.ratio(drawn[m], drawnBytes);
      }
    }
    return resampled;
  }

  private static Interval interval(double value, double[] samples) {
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    return new Interval(value, quantile(sorted, TAIL), quantile(sorted, 1 - TAIL));
  }

  /// By linear interpolation between the two nearest samples (type 7 of Hyndman and Fan, 1996).
  static double quantile(double[] sorted, double probability) {
    double position = probability * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  private static void checkSameDocuments(BitsPerByte first, BitsPerByte other) {
    if (!first.textDigest().equals(other.textDigest())) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "models were measured on different text, so they cannot be compared: %,d documents of %,d bytes and %,d of %,d"
              .formatted(first.documents(), first.bytes(), other.documents(), other.bytes()));
    }
  }
}
