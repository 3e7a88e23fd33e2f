package org.dure.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Learns merges: again and again the most frequent pair of neighbouring tokens becomes a token.
/// Where several parts learn together, each in its turn says which: every part is a learner of its
/// own, and applies what the others chose.
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
/// Time is that of the merges applied plus a logarithm per pair; room is 28 bytes per byte of the
/// distinct chunks and about 80 per pair, all of it in a [Scratch]. The outcome is a function of
/// the counts: see [TokenizerTrainer#train] for how ties are broken.
final class MergeLearner {
  private static final int GONE = -1;
  private static final int FEW = 1 << 14;

  private final Longs weights;
  private final Ints words;
  private final Ints cells;
  private final Ints next;
  private final Ints previous;

  private final Tokens tokens;

  private final PairTable pairs;
  private final Ints lefts;
  private final Ints rights;
  private final Longs counts;
  private final Ints starts;
  private final Ints placed;
  private int size;
  private int firstNew;

  private final Ints places;
  private int placesEnd;
  private final Ints foundPairs;
  private final Ints foundPlaces;
  private int found;

  private final PairHeap heap;

  /// The tokens so far.
  private static final class Tokens {
    private final int[][] merges;
    private final int[] lengths;
    private int learned;

    Tokens(int most) {
      this.merges = new int[most][];
      this.lengths = new int[ByteAlphabet.SIZE + most];
      Arrays.fill(lengths, 0, ByteAlphabet.SIZE, 1);
    }

    boolean fit(int left, int right) {
      return lengths[left] + lengths[right] <= WordCounts.MOST_CHUNK_BYTES;
    }

    /// @return its number
    int add(int left, int right) {
      int token = ByteAlphabet.SIZE + learned;
      merges[learned++] = new int[] {left, right};
      lengths[token] = lengths[left] + lengths[right];
      return token;
    }
  }

  private MergeLearner(CountSource source, Tokens tokens, Scratch scratch) {
    if (source.chunkBytes() > Integer.MAX_VALUE - 8) {
      throw new DureException(
          ErrorCode.MEMORY_SHORT,
          "%d distinct chunks of %d bytes, more than the trainer can hold: drop rare ones"
              .formatted(source.size(), source.chunkBytes()));
    }
    int bytes = (int) source.chunkBytes();
    this.weights = new Longs(scratch, source.size());
    this.words = new Ints(scratch, bytes);
    this.cells = new Ints(scratch, bytes);
    this.next = new Ints(scratch, bytes);
    this.previous = new Ints(scratch, bytes);
    this.tokens = tokens;
    this.pairs = new PairTable(scratch, FEW);
    this.lefts = new Ints(scratch, FEW);
    this.rights = new Ints(scratch, FEW);
    this.counts = new Longs(scratch, FEW);
    this.starts = new Ints(scratch, FEW);
    this.placed = new Ints(scratch, FEW);
    this.places = new Ints(scratch, FEW);
    this.foundPairs = new Ints(scratch, FEW);
    this.foundPlaces = new Ints(scratch, FEW);
    this.heap = new PairHeap(scratch);
    source.forEach(new Layer());
    for (int i = 0; i < bytes; i++) {
      if (next.get(i) != GONE) {
        count(cells.get(i), cells.get(i + 1), i);
      }
    }
    settle();
  }

  /// Lays the words behind one another.
  private final class Layer implements Consumer<WordCounts.Entry> {
    private int word;
    private int at;

    @Override
    public void accept(WordCounts.Entry entry) {
      weights.set(word, entry.count());
      int end = at + entry.chunk().length;
      for (int i = at; i < end; i++) {
        words.set(i, word);
        cells.set(i, ByteAlphabet.idOf(entry.chunk()[i - at]));
        previous.set(i, i > at ? i - 1 : GONE);
        next.set(i, i + 1 < end ? i + 1 : GONE);
      }
      at = end;
      word++;
    }
  }

  /// Learns until no part has a pair that occurs twice in it, or as many merges as were asked for.
  /// The next pair is the most frequent one of the part that has chosen fewest, of several the
  /// first in their order: whatever its counts say, no part chooses more than its equal share while
  /// others have something left.
  ///
  /// @param scratch for as long as the learning lasts
  /// @return left and right token of each merge, in order
  static int[][] learn(
      List<? extends CountSource> parts,
      int most,
      Scratch scratch,
      TokenizerTrainer.Listener listener) {
    Tokens tokens = new Tokens(most);
    List<MergeLearner> learners = new ArrayList<>();
    parts.forEach(part -> learners.add(new MergeLearner(part, tokens, scratch)));
    PriorityQueue<Turn> turns = new PriorityQueue<>();
    for (int i = 0; i < learners.size(); i++) {
      turns.add(new Turn(0, i));
    }
    listener.learned(0, most);
    while (tokens.learned < most && !turns.isEmpty()) {
      Turn turn = turns.remove();
      MergeLearner leading = learners.get(turn.part);
      int best = leading.mostFrequent();
      if (best != GONE) {
        turns.add(new Turn(turn.chosen + 1, turn.part));
        int left = leading.lefts.get(best);
        int right = leading.rights.get(best);
        int token = tokens.add(left, right);
        learners.forEach(learner -> learner.merge(left, right, token));
        listener.learned(tokens.learned, most);
      }
    }
    return Arrays.copyOf(tokens.merges, tokens.learned);
  }

  /// @param chosen how many merges the part has chosen
  private record Turn(int chosen, int part) implements Comparable<Turn> {
    @Override
    public int compareTo(Turn other) {
      return chosen == other.chosen
          ? Integer.compare(part, other.part)
          : Integer.compare(chosen, other.chosen);
    }
  }

  private void merge(int left, int right, int token) {
    int pair = pairs.find(left, right);
    if (pair >= 0) {
      apply(pair, token);
      settle();
    }
  }

  private int mostFrequent() {
    while (!heap.isEmpty()) {
      int pair = heap.pair();
      if (heap.count() == counts.get(pair)) {
        heap.remove();
        return pair;
      }
      heap.remove();
      offer(pair);
    }
    return GONE;
  }

  private void offer(int pair) {
    int left = lefts.get(pair);
    int right = rights.get(pair);
    if (tokens.fit(left, right) && counts.get(pair) >= TokenizerTrainer.LEAST_COUNT) {
      heap.add(counts.get(pair), PairTable.key(left, right), pair);
    }
  }

  /// Joins the pair wherever it stands.
  private void apply(int pair, int token) {
    int left = lefts.get(pair);
    int right = rights.get(pair);
    int end = starts.get(pair) + placed.get(pair);
    for (int i = starts.get(pair); i < end; i++) {
      int at = places.get(i);
      int after = next.get(at);
      if (cells.get(at) != left || after == GONE || cells.get(after) != right) {
        continue;
      }
      int before = previous.get(at);
      int beyond = next.get(after);
      if (before != GONE) {
        uncount(cells.get(before), left, at);
        count(cells.get(before), token, before);
      }
      if (beyond != GONE) {
        uncount(right, cells.get(beyond), at);
        count(token, cells.get(beyond), at);
        previous.set(beyond, at);
      }
      cells.set(at, token);
      cells.set(after, GONE);
      next.set(at, beyond);
    }
    counts.set(pair, 0);
  }

  private void uncount(int left, int right, int at) {
    int pair = pairs.find(left, right);
    counts.set(pair, counts.get(pair) - weights.get(words.get(at)));
  }

  private void count(int left, int right, int at) {
    int pair = pairs.find(left, right);
    if (pair < 0) {
      pair = size++;
      lefts.grow(size);
      rights.grow(size);
      counts.grow(size);
      starts.grow(size);
      placed.grow(size);
      pairs.add(left, right, pair);
      lefts.set(pair, left);
      rights.set(pair, right);
    }
    counts.set(pair, counts.get(pair) + weights.get(words.get(at)));
    foundPairs.grow(found + 1);
    foundPlaces.grow(found + 1);
    foundPairs.set(found, pair);
    foundPlaces.set(found++, at);
    placed.set(pair, placed.get(pair) + 1);
  }

  /// Lays the places that were found since the last call behind one another, pair by pair, and
  /// offers the new pairs.
  private void settle() {
    int first = firstNew;
    int end = placesEnd;
    for (int pair = first; pair < size; pair++) {
      starts.set(pair, end);
      end = Math.addExact(end, placed.get(pair));
      placed.set(pair, 0);
    }
    places.grow(end);
    for (int i = 0; i < found; i++) {
      int pair = foundPairs.get(i);
      int filled = placed.get(pair);
      places.set(starts.get(pair) + filled, foundPlaces.get(i));
      placed.set(pair, filled + 1);
    }
    for (int pair = first; pair < size; pair++) {
      offer(pair);
    }
    placesEnd = end;
    found = 0;
    firstNew = size;
  }
}
