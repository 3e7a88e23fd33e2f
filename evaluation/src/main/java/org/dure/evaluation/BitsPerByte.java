package org.dure.evaluation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.core.Sha256;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;

/// How many bits a model needs for a byte of text that it has not seen: nats of the text's tokens,
/// divided by ln 2 and by the UTF-8 bytes those tokens stand for. Lower is better. Because bytes
/// are counted and not tokens, models with different tokenizers compare, and parallel text in
/// different languages does too.
///
/// # How it is measured
///
/// Every document is scored on its own, as the begin token and its tokens. Special tokens count no
/// bytes and no nats, so the end token is not asked for. A document that does not fit the model's
/// context is read in windows of the context's length, each half a window further than the one
/// before and the last one at the document's end; a token is scored once, in the first window that
/// holds it as a target, so that but for the document's beginning it has at least half a window
/// before it. Windows of like length are computed together for speed; sums are in double precision
/// and in the document's order, so the batching changes no more than the model's own arithmetic
/// does.
///
/// Immutable. Documents without any byte of text are left out.
///
/// @param documents in the order in which they were read
public record BitsPerByte(List<Score> documents) {
  private static final double LN_2 = Math.log(2);

  /// Windows that wait to be sorted by length, and tokens computed together, padding included.
  private static final int BUFFERED_WINDOWS = 512;

  private static final int BATCH_TOKENS = 2048;

  /// A log-probability may be this far above zero by rounding.
  private static final float ROUNDING = 1e-3f;

  public BitsPerByte {
    documents = List.copyOf(documents);
    if (documents.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY, "no held-out text to measure: expected at least one document");
    }
  }

  /// One document's share.
  ///
  /// @param id of the [Document]
  /// @param nats negative natural log-probability of its tokens, 0 or more
  /// @param bytes UTF-8 bytes its tokens stand for, more than 0
  /// @param tokens scored
  public record Score(String id, double nats, long bytes, long tokens) {
    /// Documents of one page resemble each other: what stands before the `#` of the id.
    String page() {
      int hash = id.indexOf('#');
      return hash < 0 ? id : id.substring(0, hash);
    }
  }

  /// Measures a model on every document.
  ///
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if there is no text, with
  ///     [ErrorCode#INPUT_MALFORMED] naming the document if the model gives no probability
  public static BitsPerByte measure(
      LanguageModel model, Iterable<Document> heldOut, Workload.Activity activity) {
    long total = heldOut instanceof Collection<?> all ? all.size() : 0;
    return new Measurement(model, activity, total).run(heldOut);
  }

  /// Measures a model on some of the documents, for an estimate on the way. Which ones depends on
  /// their ids alone: the same at every call, and of parallel text the same paragraphs in every
  /// language.
  ///
  /// @param most 1 or more
  public static BitsPerByte measure(
      LanguageModel model, Iterable<Document> heldOut, int most, Workload.Activity activity) {
    return measure(model, sample(heldOut, most), activity);
  }

  public double nats() {
    return documents.stream().mapToDouble(Score::nats).sum();
  }

  public long bytes() {
    return documents.stream().mapToLong(Score::bytes).sum();
  }

  public long tokens() {
    return documents.stream().mapToLong(Score::tokens).sum();
  }

  /// Bits per byte.
  public double value() {
    return ratio(nats(), bytes());
  }

  /// [#value] with its 95 % interval; see [Interval].
  public Interval interval(long seed) {
    return new Bootstrap(List.of(this), seed).interval(0);
  }

  static double ratio(double nats, double bytes) {
    return nats / (LN_2 * bytes);
  }

  static List<Document> sample(Iterable<Document> documents, int most) {
    record Ranked(String digest, int index, Document document) {}
    Comparator<Ranked> byDigest = Comparator.comparing(Ranked::digest);
    byDigest = byDigest.thenComparingInt(Ranked::index);
    PriorityQueue<Ranked> chosen = new PriorityQueue<>(byDigest.reversed());
    int index = 0;
    for (Document document : documents) {
      String digest = Sha256.of(document.id().getBytes(StandardCharsets.UTF_8));
      chosen.add(new Ranked(digest, index++, document));
      if (chosen.size() > most) {
        chosen.remove();
      }
    }
    return chosen.stream()
        .sorted(Comparator.comparingInt(Ranked::index))
        .map(Ranked::document)
        .toList();
  }

  /// A document that is being scored; its windows may be computed in any order.
  private static final class Scored {
    final String id;
    final double[] natsOfWindow;
    long bytes;
    long tokens;
    int windowsLeft;

    Scored(String id, int windows) {
      this.id = id;
      this.windowsLeft = windows;
      this.natsOfWindow = new double[windows];
    }

    Score score() {
      double nats = 0;
      for (double window : natsOfWindow) {
        nats += window;
      }
      return new Score(id, nats, bytes, tokens);
    }
  }

  /// Part of a document.
  ///
  /// @param index among the document's windows
  /// @param tokens what the model reads
  /// @param firstTarget index in `tokens` of the first token that no window before this one scored
  private record Window(Scored document, int index, int[] tokens, int firstTarget) {}

  private static final class Measurement {
    private final LanguageModel model;
    private final Workload.Activity activity;
    private final long total;
    private final int context;
    private final List<Scored> documents = new ArrayList<>();
    private final List<Window> waiting = new ArrayList<>();
    private long done;

    Measurement(LanguageModel model, Workload.Activity activity, long total) {
      this.model = model;
      this.activity = activity;
      this.total = total;
      this.context = model.contextLength();
    }

    BitsPerByte run(Iterable<Document> heldOut) {
      activity.report(ActivityKind.EVALUATING, 0, total);
      for (Document document : heldOut) {
        add(document);
      }
      compute();
      return new BitsPerByte(
          documents.stream().map(Scored::score).filter(score -> score.bytes > 0).toList());
    }

    private void add(Document document) {
      int[] text = model.encode(document.text());
      int[] tokens = new int[text.length + 1];
      tokens[0] = model.beginToken();
      System.arraycopy(text, 0, tokens, 1, text.length);
      int[] starts = windowStarts(tokens.length, context);
      Scored scored = new Scored(document.id(), starts.length);
      documents.add(scored);
      done += starts.length == 0 ? 1 : 0;
      int firstTarget = 1;
      for (int i = 0; i < starts.length; i++) {
        int end = Math.min(tokens.length, starts[i] + context);
        waiting.add(
            new Window(
                scored, i, Arrays.copyOfRange(tokens, starts[i], end), firstTarget - starts[i]));
        firstTarget = end;
        if (waiting.size() >= BUFFERED_WINDOWS) {
          compute();
        }
      }
    }

    private void compute() {
      waiting.sort(Comparator.comparingInt(window -> window.tokens.length));
      int from = 0;
      while (from < waiting.size()) {
        int to = from + 1;
        while (to < waiting.size()
            && (to + 1 - from) * waiting.get(to).tokens.length <= BATCH_TOKENS) {
          to++;
        }
        compute(waiting.subList(from, to));
        activity.report(ActivityKind.EVALUATING, done, total);
        from = to;
      }
      waiting.clear();
    }

    private void compute(List<Window> batch) {
      float[][] logProbabilities =
          model.logProbabilities(batch.stream().map(Window::tokens).toArray(int[][]::new));
      for (int i = 0; i < batch.size(); i++) {
        add(batch.get(i), logProbabilities[i]);
      }
    }

    private void add(Window window, float[] logProbabilities) {
      Scored document = window.document;
      double nats = 0;
      for (int t = window.firstTarget; t < window.tokens.length; t++) {
        int bytes = model.bytes(window.tokens[t]).length;
        if (bytes > 0) {
          float logProbability = logProbabilities[t - 1];
          if (!(logProbability <= ROUNDING) || Float.isInfinite(logProbability)) {
            throw new DureException(
                ErrorCode.INPUT_MALFORMED,
                "model \"%s\" gives log-probability %s to a token of \"%s\"; expected 0 or less"
                    .formatted(model.name(), logProbability, document.id));
          }
          nats -= logProbability;
          document.bytes += bytes;
          document.tokens++;
        }
      }
      document.natsOfWindow[window.index] = nats;
      document.windowsLeft--;
      done += document.windowsLeft == 0 ? 1 : 0;
    }
  }

  /// Where the windows of a sequence begin; none for a sequence without a target.
  static int[] windowStarts(int length, int context) {
    if (length < 2) {
      return new int[0];
    }
    if (length <= context) {
      return new int[1];
    }
    int stride = Math.max(1, context / 2);
    int windows = 1 + Math.ceilDiv(length - context, stride);
    int[] starts = new int[windows];
    for (int i = 0; i < windows; i++) {
      starts[i] = Math.min(i * stride, length - context);
    }
    return starts;
  }
}
