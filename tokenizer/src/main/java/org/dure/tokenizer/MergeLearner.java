package org.dure.tokenizer;

import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Learns merges: again and again the most frequent pair of neighbouring tokens becomes a token.
///
/// # How it is fast
///
/// All distinct chunks lie behind one another in one array of tokens whose live cells are linked
/// forwards and backwards; a merge touches only the places where its pair stands. Three facts make
/// that simple:
///
/// 1. A pair that contains the newest token arises only while that token's merge is applied. So the
///    list of a pair's places is complete once it exists, and lies in one piece of [#places];
///    places that another merge has since taken are skipped by looking.
/// 2. For the same reason the count of a pair only falls after it has entered the [#heap]. An entry
///    at the top whose count is too high is put back with the count of now; otherwise it is the
///    most frequent pair.
/// 3. Places are found in rising order, so runs such as `aaa` are merged from the left.
///
/// Time is that of the merges applied plus a logarithm per pair; memory is 28 bytes per byte of the
/// distinct chunks. The outcome is a function of the counts: see [TokenizerTrainer#train] for how
/// ties are broken.
final class MergeLearner {
  private static final int GONE = -1;

  private final long[] weights;
  private final int[] words;
  private final int[] cells;
  private final int[] next;
  private final int[] previous;

  private final int[][] merges;
  private final int[] lengths;
  private int learned;

  private final PairTable pairs = new PairTable(1 << 14);
  private int[] lefts = new int[1 << 14];
  private int[] rights = new int[1 << 14];
  private long[] counts = new long[1 << 14];
  private int[] starts = new int[1 << 14];
  private int[] placed = new int[1 << 14];
  private int size;
  private int firstNew;

  private int[] places = new int[1 << 14];
  private int placesEnd;
  private int[] foundPairs = new int[1 << 14];
  private int[] foundPlaces = new int[1 << 14];
  private int found;

  private final PairHeap heap = new PairHeap();

  MergeLearner(WordCounts words, int mostMerges) {
    long bytes = 0;
    for (WordCounts.Entry entry : words.entries()) {
      bytes += entry.chunk().length;
    }
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new DureException(
          ErrorCode.MEMORY_SHORT,
          "%d distinct chunks of %d bytes, more than the trainer can hold: drop rare ones"
              .formatted(words.size(), bytes));
    }
    this.weights = new long[words.size()];
    this.words = new int[(int) bytes];
    this.cells = new int[(int) bytes];
    this.next = new int[(int) bytes];
    this.previous = new int[(int) bytes];
    this.merges = new int[mostMerges][];
    this.lengths = new int[ByteAlphabet.SIZE + mostMerges];
    Arrays.fill(lengths, 0, ByteAlphabet.SIZE, 1);
    lay(words);
  }

  private void lay(WordCounts source) {
    int at = 0;
    for (int word = 0; word < weights.length; word++) {
      WordCounts.Entry entry = source.entries()[word];
      weights[word] = entry.count();
      int end = at + entry.chunk().length;
      for (int i = at; i < end; i++) {
        words[i] = word;
        cells[i] = ByteAlphabet.idOf(entry.chunk()[i - at]);
        previous[i] = i > at ? i - 1 : GONE;
        next[i] = i + 1 < end ? i + 1 : GONE;
      }
      at = end;
    }
    for (int i = 0; i < cells.length; i++) {
      if (next[i] != GONE) {
        count(cells[i], cells[i + 1], i);
      }
    }
    settle();
  }

  /// Learns until no pair that occurs twice is left, or as many merges as were asked for.
  ///
  /// @return left and right token of each merge, in order
  int[][] learn(TokenizerTrainer.Listener listener) {
    listener.learned(0, merges.length);
    while (learned < merges.length) {
      int best = mostFrequent();
      if (best == GONE) {
        break;
      }
      int token = ByteAlphabet.SIZE + learned;
      merges[learned++] = new int[] {lefts[best], rights[best]};
      lengths[token] = lengths[lefts[best]] + lengths[rights[best]];
      apply(best, token);
      settle();
      listener.learned(learned, merges.length);
    }
    return Arrays.copyOf(merges, learned);
  }

  private int mostFrequent() {
    while (!heap.isEmpty()) {
      int pair = heap.pair();
      if (heap.count() == counts[pair]) {
        heap.remove();
        return pair;
      }
      heap.remove();
      offer(pair);
    }
    return GONE;
  }

  private void offer(int pair) {
    boolean fits = lengths[lefts[pair]] + lengths[rights[pair]] <= WordCounts.MOST_CHUNK_BYTES;
    if (fits && counts[pair] >= TokenizerTrainer.LEAST_COUNT) {
      heap.add(counts[pair], PairTable.key(lefts[pair], rights[pair]), pair);
    }
  }

  /// Joins the pair wherever it stands.
  private void apply(int pair, int token) {
    int left = lefts[pair];
    int right = rights[pair];
    for (int i = starts[pair]; i < starts[pair] + placed[pair]; i++) {
      int at = places[i];
      int after = next[at];
      if (cells[at] != left || after == GONE || cells[after] != right) {
        continue;
      }
      int before = previous[at];
      int beyond = next[after];
      if (before != GONE) {
        uncount(cells[before], left, at);
        count(cells[before], token, before);
      }
      if (beyond != GONE) {
        uncount(right, cells[beyond], at);
        count(token, cells[beyond], at);
        previous[beyond] = at;
      }
      cells[at] = token;
      cells[after] = GONE;
      next[at] = beyond;
    }
    counts[pair] = 0;
  }

  private void uncount(int left, int right, int at) {
    counts[pairs.find(left, right)] -= weights[words[at]];
  }

  private void count(int left, int right, int at) {
    int pair = pairs.find(left, right);
    if (pair < 0) {
      pair = size++;
      if (pair == lefts.length) {
        lefts = Arrays.copyOf(lefts, 2 * pair);
        rights = Arrays.copyOf(rights, 2 * pair);
        counts = Arrays.copyOf(counts, 2 * pair);
        starts = Arrays.copyOf(starts, 2 * pair);
        placed = Arrays.copyOf(placed, 2 * pair);
      }
      pairs.add(left, right, pair);
      lefts[pair] = left;
      rights[pair] = right;
    }
    counts[pair] += weights[words[at]];
    if (found == foundPairs.length) {
      foundPairs = Arrays.copyOf(foundPairs, grown(found));
      foundPlaces = Arrays.copyOf(foundPlaces, grown(found));
    }
    foundPairs[found] = pair;
    foundPlaces[found++] = at;
    placed[pair]++;
  }

  /// Lays the places that were found since the last call behind one another, pair by pair, and
  /// offers the new pairs.
  private void settle() {
    int first = firstNew;
    int end = placesEnd;
    for (int pair = first; pair < size; pair++) {
      starts[pair] = end;
      end = Math.addExact(end, placed[pair]);
      placed[pair] = 0;
    }
    if (end > places.length) {
      places = Arrays.copyOf(places, Math.max(end, grown(places.length)));
    }
    for (int i = 0; i < found; i++) {
      int pair = foundPairs[i];
      places[starts[pair] + placed[pair]++] = foundPlaces[i];
    }
    for (int pair = first; pair < size; pair++) {
      offer(pair);
    }
    placesEnd = end;
    found = 0;
    firstNew = size;
  }

  private static int grown(int length) {
    return (int) Math.min(2L * length, Integer.MAX_VALUE - 8);
  }
}
