package org.dure.corpus;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Stage;
import org.dure.core.Verdict;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.corpus.read.Candidate;

/// Applies a stage on all cores and hands the verdicts on in the order in which the candidates
/// came: what follows sees the same sequence whatever the number of threads.
///
/// Candidates wait in batches; how many characters are under way at once is bounded, so memory does
/// not depend on the corpus. For one calling thread.
final class OrderedExecutor implements AutoCloseable {
  private static final int BATCH_CHARACTERS = 1 << 17;
  private static final int BATCH_DOCUMENTS = 512;
  static final long MOST_CHARACTERS = 8L << 20;

  private final Stage stage;
  private final Consumer<Judged> next;
  private final ExecutorService workers;
  private final int mostBatches;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private List<Candidate> batch = new ArrayList<>();
  private int batchCharacters;
  private long pendingCharacters;

  /// A candidate with what the stage said of it.
  record Judged(Candidate candidate, Verdict verdict) {}

  private record Pending(Future<List<Judged>> judged, int characters) {}

  /// @param next called in the calling thread, in order
  OrderedExecutor(Stage stage, int threads, Consumer<Judged> next) {
    this.stage = stage;
    this.next = next;
    this.workers = Executors.newFixedThreadPool(threads, BackgroundTask.threads("corpus"));
    this.mostBatches = 4 * threads;
  }

  void add(Candidate candidate) {
    batch.add(candidate);
    batchCharacters += characters(candidate.document());
    if (batchCharacters >= BATCH_CHARACTERS || batch.size() >= BATCH_DOCUMENTS) {
      submit();
    }
  }

  /// Ids, sources and licences are the input's too, and may be longer than the text.
  private static int characters(Document document) {
    return document.text().length()
        + document.id().length()
        + document.source().length()
        + document.licence().length();
  }

  /// How many characters are under way: added and not yet handed on.
  long characters() {
    return pendingCharacters + batchCharacters;
  }

  /// Waits until everything added has been handed on.
  void finish() {
    submit();
    while (!pending.isEmpty()) {
      handOn();
    }
  }

  private void submit() {
    if (batch.isEmpty()) {
      return;
    }
    List<Candidate> candidates = batch;
    pending.add(new Pending(workers.submit(() -> judge(candidates)), batchCharacters));
    pendingCharacters += batchCharacters;
    batch = new ArrayList<>();
    batchCharacters = 0;
    while (pending.size() > mostBatches || pendingCharacters > MOST_CHARACTERS) {
      handOn();
    }
  }

  private List<Judged> judge(List<Candidate> candidates) {
    return candidates.stream().map(c -> new Judged(c, stage.apply(c.document()))).toList();
  }

  private void handOn() {
    Pending first = pending.remove();
    pendingCharacters -= first.characters();
    try {
      first.judged().get().forEach(next);
    } catch (ExecutionException e) {
      MemoryExhaustion.endIf(e);
      throw new DureException(
          ErrorCode.INTERNAL, "a corpus stage failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted while building the corpus", e);
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
