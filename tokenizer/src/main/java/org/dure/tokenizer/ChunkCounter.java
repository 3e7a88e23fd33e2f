package org.dure.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Counts chunks while text passes: a hash table with open addressing whose keys lie behind one
/// another in one array, so that a chunk seen before costs no allocation.
///
/// Distinct chunks never cease to come, so their bytes have a bound: beyond it the rarest are
/// forgotten, those seen once, then up to twice, four times, until half of it is free (as word2vec
/// and fastText prune their vocabularies). What is forgotten and comes again counts from one. The
/// outcome is a function of the texts and their order. Not thread-safe.
///
/// Of each chunk it also counts the documents in which it stands; what is forgotten and comes again
/// has too few of both, never too many.
final class ChunkCounter {
  private final long mostBytes;
  private char[] keys = new char[1 << 14];
  private int[] ends = new int[1 << 11];
  private int[] hashes = new int[1 << 11];
  private long[] counts = new long[1 << 11];
  private int[] documents = new int[1 << 11];
  private int[] newest = new int[1 << 11];
  private int[] slots = new int[1 << 12];
  private int keyLength;
  private int size;
  private long bytes;
  private final Pieces pieces;
  private int document;

  /// @param mostBytes of distinct chunks, in UTF-8
  /// @param pieces how chunks are cut further
  ChunkCounter(long mostBytes, Pieces pieces) {
    this.mostBytes = mostBytes;
    this.pieces = pieces;
  }

  /// What is added from here on is of another document.
  void nextDocument() {
    document = Math.addExact(document, 1);
  }

  /// Counts the chunks of one text.
  void add(String text) {
    char[] chars = NormalForm.characters(text);
    for (int at = 0; at < chars.length; ) {
      int end = Splitter.STANDARD.end(chars, at, chars.length);
      int from = at;
      while (from < end) {
        int to = pieces.end(chars, from, end);
        addOne(chars, from, to);
        from = to;
      }
      at = end;
    }
  }

  private void addOne(char[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    hash *= 0x9e3779b1;
    int mask = slots.length - 1;
    int slot = hash >>> 7 & mask;
    while (slots[slot] != 0) {
      int entry = slots[slot] - 1;
      if (hashes[entry] == hash
          && Arrays.equals(text, from, to, keys, entry == 0 ? 0 : ends[entry - 1], ends[entry])) {
        counts[entry]++;
        if (newest[entry] != document) {
          newest[entry] = document;
          documents[entry]++;
        }
        return;
      }
      slot = (slot + 1) & mask;
    }
    append(text, from, to, hash, slot);
  }

  private void append(char[] text, int from, int to, int hash, int slot) {
    int length = to - from;
    int end = Math.addExact(keyLength, length);
    if (end > keys.length) {
      keys = Arrays.copyOf(keys, grown(Math.max(end, keys.length)));
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, 2 * size);
      hashes = Arrays.copyOf(hashes, 2 * size);
      counts = Arrays.copyOf(counts, 2 * size);
      documents = Arrays.copyOf(documents, 2 * size);
      newest = Arrays.copyOf(newest, 2 * size);
    }
    System.arraycopy(text, from, keys, keyLength, length);
    keyLength = end;
    ends[size] = end;
    hashes[size] = hash;
    counts[size] = 1;
    documents[size] = 1;
    newest[size] = document;
    slots[slot] = ++size;
    bytes += Utf8Encoder.length(text, from, to);
    if (bytes > mostBytes) {
      forgetTheRarest();
    } else if (2 * size > slots.length) {
      slots = new int[2 * slots.length];
      fillSlots();
    }
  }

  private void fillSlots() {
    for (int entry = 0; entry < size; entry++) {
      int free = hashes[entry] >>> 7 & (slots.length - 1);
      while (slots[free] != 0) {
        free = (free + 1) & (slots.length - 1);
      }
      slots[free] = entry + 1;
    }
  }

  private void forgetTheRarest() {
    for (long rare = 1; bytes > mostBytes / 2; rare *= 2) {
      forget(rare);
    }
    Arrays.fill(slots, 0);
    fillSlots();
  }

  /// Moves the chunks seen more than `rare` times together.
  private void forget(long rare) {
    int kept = 0;
    int end = 0;
    long keptBytes = 0;
    for (int entry = 0, from = 0; entry < size; entry++) {
      int to = ends[entry];
      if (counts[entry] > rare) {
        keptBytes += Utf8Encoder.length(keys, from, to);
        System.arraycopy(keys, from, keys, end, to - from);
        end += to - from;
        ends[kept] = end;
        hashes[kept] = hashes[entry];
        documents[kept] = documents[entry];
        newest[kept] = newest[entry];
        counts[kept++] = counts[entry];
      }
      from = to;
    }
    size = kept;
    keyLength = end;
    bytes = keptBytes;
  }

  private static int grown(int length) {
    return (int) Math.min(2L * length, Integer.MAX_VALUE - 8);
  }

  /// Every chunk that stands so often in so many documents, as UTF-8 with its count, unsorted.
  WordCounts.Entry[] entries(long leastOccurrences, int leastDocuments) {
    List<WordCounts.Entry> entries = new ArrayList<>(size);
    byte[] buffer = new byte[Utf8Encoder.most(WordCounts.MOST_CHUNK_BYTES)];
    int from = 0;
    for (int i = 0; i < size; i++) {
      if (counts[i] >= leastOccurrences && documents[i] >= leastDocuments) {
        int length = Utf8Encoder.encode(keys, from, ends[i], buffer);
        entries.add(new WordCounts.Entry(Arrays.copyOf(buffer, length), counts[i]));
      }
      from = ends[i];
    }
    return entries.toArray(WordCounts.Entry[]::new);
  }
}
