package org.dure.tokenizer;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/// Encodes one chunk: what applying the merges in their order gives, found without applying them.
///
/// The idea is that of GitHub's `bpe` crate (van Antwerpen and Neubeck, "So many tokens, so little
/// time", 2024). The outcome of byte-pair encoding is the only sequence of tokens in which every
/// neighbouring pair is *compatible*: encoding the bytes of the two gives just these two. So we go
/// from left to right, take the longest token that is compatible with the one before, and step back
/// where none is. A position from which the chunk cannot be finished is remembered, hence every
/// position is tried from at most once and time is linear in the chunk, whatever it holds.
///
/// Whether two tokens are compatible is found by undoing their merges, latest first: if a merge
/// across the border would have come before the one that is undone, they are not.
///
/// This needs that every token is what encoding its own bytes gives. Training guarantees it, and
/// [Tokenizer] checks it when it reads a file. Immutable, thread-safe.
final class ChunkEncoder {
  private static final int NONE = -1;
  private static final int KNOWN_BITS = 15;

  private final Merges merges;
  private final TokenTrie trie;
  private final int[] shorter;
  private final int[] lengths;

  /// Pairs that were found compatible, each plus one, in the slot of its hash.
  private final AtomicLongArray known = new AtomicLongArray(1 << KNOWN_BITS);

  ChunkEncoder(Merges merges) {
    this.merges = merges;
    this.trie = new TokenTrie(merges);
    this.shorter = new int[merges.tokens()];
    this.lengths = new int[merges.tokens()];
    for (int id = 0; id < shorter.length; id++) {
      byte[] bytes = merges.bytes(id);
      lengths[id] = bytes.length;
      shorter[id] = bytes.length == 1 ? NONE : trie.longest(bytes, 0, bytes.length - 1);
    }
  }

  /// Working memory of one thread, reused from chunk to chunk.
  static final class Scratch {
    byte[] bytes = new byte[256];
    int[] tokens = new int[256];
    private long[] dead = new long[8];

    void reserve(int length) {
      if (bytes.length < length) {
        bytes = Arrays.copyOf(bytes, Math.max(length, 2 * bytes.length));
      }
      if (tokens.length < length) {
        tokens = new int[bytes.length];
      }
      if (dead.length * 64L <= length) {
        dead = new long[length / 64 + 8];
      }
    }
  }

  /// Encodes `scratch.bytes[0, length)` to `scratch.tokens`.
  ///
  /// @return number of tokens
  int encode(Scratch scratch, int length) {
    if (length == 0) {
      return 0;
    }
    byte[] bytes = scratch.bytes;
    int[] tokens = scratch.tokens;
    long[] dead = scratch.dead;
    Arrays.fill(dead, 0, length / 64 + 1, 0);
    int count = 0;
    int at = 0;
    int candidate = trie.longest(bytes, 0, length);
    while (true) {
      int end = at + lengths[candidate];
      boolean open = (dead[end >> 6] & 1L << end) == 0;
      if (open && (count == 0 || compatible(tokens[count - 1], candidate))) {
        tokens[count++] = candidate;
        if (end == length) {
          return count;
        }
        at = end;
        candidate = trie.longest(bytes, at, length);
      } else {
        candidate = shorter[candidate];
        while (candidate == NONE) {
          dead[at >> 6] |= 1L << at;
          int last = tokens[--count];
          at -= lengths[last];
          candidate = shorter[last];
        }
      }
    }
  }

  /// The first token that encoding its own bytes does not give, or -1. Applies the merges one by
  /// one since only their absence makes the fast way right.
  int unreachable() {
    for (int id = ByteAlphabet.SIZE; id < merges.tokens(); id++) {
      int[] tokens = applyInOrder(merges.bytes(id));
      if (tokens.length != 1 || tokens[0] != id) {
        return id;
      }
    }
    return NONE;
  }

  private int[] applyInOrder(byte[] bytes) {
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = ByteAlphabet.idOf(bytes[i]);
    }
    int length = tokens.length;
    while (true) {
      int at = NONE;
      int first = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < length; i++) {
        int joined = merges.join(tokens[i], tokens[i + 1]);
        if (joined != NONE && joined < first) {
          first = joined;
          at = i;
        }
      }
      if (at == NONE) {
        return Arrays.copyOf(tokens, length);
      }
      tokens[at] = first;
      System.arraycopy(tokens, at + 2, tokens, at + 1, length - at - 2);
      length--;
    }
  }

  /// Whether encoding the bytes of both gives just these two.
  boolean compatible(int left, int right) {
    long pair = PairTable.key(left, right) + 1;
    int slot = (int) (pair * 0x9e3779b97f4a7c15L >>> 64 - KNOWN_BITS);
    if (known.getOpaque(slot) == pair) {
      return true;
    }
    boolean compatible = undo(left, right);
    if (compatible) {
      known.setOpaque(slot, pair);
    }
    return compatible;
  }

  private boolean undo(int left, int right) {
    int first = left;
    int second = right;
    int limit = Integer.MAX_VALUE;
    while (true) {
      int joined = merges.join(first, second);
      if (joined != NONE && joined < limit) {
        return false;
      }
      if (first < ByteAlphabet.SIZE && second < ByteAlphabet.SIZE) {
        return true;
      }
      // Of equal merges the left one comes first, so an equal merge across the border precedes the
      // undoing of the right token but not that of the left one.
      if (first > second) {
        limit = first;
        first = merges.right(first);
      } else {
        limit = second + 1;
        second = merges.left(second);
      }
    }
  }
}
