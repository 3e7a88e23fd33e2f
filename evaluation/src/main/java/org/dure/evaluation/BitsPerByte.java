package org.dure.evaluation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
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
/// Immutable. Documents without any byte of text are left out. What is kept does not grow with the
/// text: sums, and those of [PageScores].
public final class BitsPerByte {
  private static final double LN_2 = Math.log(2);

  /// Windows that wait to be sorted by length, and tokens computed together, padding included.
  private static final int BUFFERED_WINDOWS = 512;

  private static final int BATCH_TOKENS = 2048;

  /// A log-probability may be this far above zero by rounding.
  private static final float ROUNDING = 1e-3f;

  private final long documents;
  private final double nats;
  private final long bytes;
  private final long tokens;
  private final PageScores pages;
  private final String textDigest;

  private final long available;

  private BitsPerByte(Sum sum, long available) {
    if (sum.documents == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY, "no held-out text to measure: expected at least one document");
    }
    documents = sum.documents;
    nats = sum.nats.getSum();
    bytes = sum.bytes;
    tokens = sum.tokens;
    pages = sum.pages;
    textDigest = Sha256.hex(sum.text.digest());
    this.available = available;
  }

  /// Adds scores up, in the order of the documents.
  static final class Sum {
    private final DoubleSummaryStatistics nats = new DoubleSummaryStatistics();
    private final PageScores pages = new PageScores();
    private final MessageDigest text = Sha256.digest();
    private long documents;
    private long bytes;
    private long tokens;

    void add(Score score) {
      documents++;
      nats.accept(score.nats());
      bytes += score.bytes();
      tokens += score.tokens();
      pages.add(score);
      text.update((score.id() + "\n" + score.bytes() + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  static BitsPerByte of(Iterable<Score> scores) {
    Sum sum = new Sum();
    scores.forEach(sum::add);
    return new BitsPerByte(sum, sum.documents);
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

  /// Measures a model on every document. They are passed once or twice and never held together.
  ///
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if there is no text, with
  ///     [ErrorCode#INPUT_MALFORMED] naming the document if the model gives no probability
  public static BitsPerByte measure(
      LanguageModel model, Iterable<Document> heldOut, Workload.Activity activity) {
    Sum all = sum(model, heldOut, count(heldOut), activity);
    return new BitsPerByte(all, all.documents);
  }

  private static Sum sum(
      LanguageModel model, Iterable<Document> documents, long total, Workload.Activity activity) {
    Sum sum = new Sum();
    new Measurement(model, activity, total, sum::add).run(documents);
    return sum;
  }

  /// Each document's score, in their order.
  static List<Score> scores(LanguageModel model, Collection<Document> documents) {
    List<Score> scores = new ArrayList<>();
    new Measurement(model, (doing, done, total) -> {}, documents.size(), scores::add)
        .run(documents);
    return scores;
  }

  private static long count(Iterable<Document> documents) {
    if (documents instanceof Collection<?> all) {
      return all.size();
    }
    long count = 0;
    for (Document _ : documents) {
      count++;
    }
    return count;
  }

  /// Measures a model on some of the documents, for an estimate on the way. Which ones depends on
  /// their ids alone: the same at every call, and of parallel text the same paragraphs in every
  /// language.
  ///
  /// @param most 1 or more
  public static BitsPerByte measure(
      LanguageModel model, Iterable<Document> heldOut, int most, Workload.Activity activity) {
    long total = count(heldOut);
    return total <= most
        ? measure(model, heldOut, activity)
        : new BitsPerByte(sum(model, chosen(heldOut, most), most, activity), total);
  }

  /// Number of documents that were measured.
  public long documents() {
    return documents;
  }

  /// Number of documents that there were, measured or not. Where all were measured, those without
  /// text do not count.
  long available() {
    return available;
  }

  public double nats() {
    return nats;
  }

  public long bytes() {
    return bytes;
  }

  public long tokens() {
    return tokens;
  }

  PageScores pages() {
    return pages;
  }

  /// SHA-256 of all ids and sizes: whether two measures are of the same documents.
  String textDigest() {
    return textDigest;
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

  /// The documents on which [#measure(LanguageModel, Iterable, int, Workload.Activity)] measures,
  /// in their order: a list to measure again and again, as large as was asked for.
  public static List<Document> sample(Iterable<Document> documents, int most) {
    List<Document> sample = new ArrayList<>();
    chosen(documents, most).forEach(sample::add);
    return List.copyOf(sample);
  }

  /// The same one by one; what is held is a number for each.
  private static Iterable<Document> chosen(Iterable<Document> documents, int most) {
    record Ranked(long digest, int index) {}
    Comparator<Ranked> byDigest = (a, b) -> Long.compareUnsigned(a.digest, b.digest);
    PriorityQueue<Ranked> lowest =
        new PriorityQueue<>(byDigest.thenComparingInt(Ranked::index).reversed());
    int index = 0;
    for (Document document : documents) {
      byte[] id = document.id().getBytes(StandardCharsets.UTF_8);
      lowest.add(new Ranked(ByteBuffer.wrap(Sha256.digest().digest(id)).getLong(), index++));
      if (lowest.size() > most) {
        lowest.remove();
      }
    }
    BitSet indexes = new BitSet(index);
    lowest.forEach(ranked -> indexes.set(ranked.index));
    return () -> {
      int[] at = {0};
      return StreamSupport.stream(documents.spliterator(), false)
          .filter(_ -> indexes.get(at[0]++))
          .iterator();
    };
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
    private final Consumer<Score> scores;

    /// Those that were read and not yet handed on, in their order.
    private final Deque<Scored> documents = new ArrayDeque<>();

    private final List<Window> waiting = new ArrayList<>();
    private long done;

    Measurement(
        LanguageModel model, Workload.Activity activity, long total, Consumer<Score> scores) {
      this.model = model;
      this.activity = activity;
      this.total = total;
      this.context = model.contextLength();
      this.scores = scores;
    }

    void run(Iterable<Document> heldOut) {
      activity.report(ActivityKind.EVALUATING, 0, total);
      for (Document document : heldOut) {
        add(document);
      }
      compute();
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
      while (!documents.isEmpty() && documents.getFirst().windowsLeft == 0) {
        Score score = documents.removeFirst().score();
        if (score.bytes > 0) {
          scores.accept(score);
        }
      }
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
