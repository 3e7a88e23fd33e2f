package org.dure.tokenizer;

import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Every token as a path of bytes: finds the longest token that text starts with.
///
/// Text is walked a character at a time: there is an edge for every ASCII, two-byte or three-byte
/// character that stands whole in a token. The edges of single bytes lie in a table apart, which
/// stays out of the processor's caches: a node is marked where a token goes on from it with a part
/// of a character, or with one of four bytes, and only there are they looked at. Immutable once
/// built.
final class TokenTrie {
  private static final int NODE_BITS = 23;
  private static final int SYMBOL_BITS = 17;
  private static final int FIRST_CHARACTER = 256;
  private static final int NONE = -1;

  private final PackedTable characters = new PackedTable(SYMBOL_BITS, NODE_BITS);
  private final PackedTable bytes = new PackedTable(SYMBOL_BITS, NODE_BITS);

  /// Of each node the longest token on the path to it, plus one, times two; plus one where the node
  /// is marked.
  private int[] states = new int[1 << 10];

  private int nodes = 1;

  TokenTrie(Merges merges) {
    int[] ends = new int[merges.tokens()];
    for (int id = 0; id < merges.tokens(); id++) {
      ends[id] = insert(merges.bytes(id));
    }
    for (int id = 0; id < merges.tokens(); id++) {
      states[ends[id]] |= (id + 1) << 1;
    }
    for (int id = 0; id < merges.tokens(); id++) {
      pass(merges.bytes(id));
    }
  }

  private int insert(byte[] token) {
    int node = 0;
    int at = 0;
    while (at < token.length) {
      int symbol = symbol(token, at, token.length);
      int from = node;
      if (symbol == NONE) {
        states[from] |= 1;
        node = step(node, token[at++] & 0xff);
      } else {
        for (int end = at + width(symbol); at < end; at++) {
          node = step(node, token[at] & 0xff);
        }
        if (characters.find(from, symbol) == NONE) {
          characters.add(from, symbol, node);
        }
      }
    }
    return node;
  }

  /// Lets the nodes of a path know of the longest token before them.
  private void pass(byte[] token) {
    int node = 0;
    for (byte b : token) {
      int next = bytes.find(node, b & 0xff);
      if (states[next] >> 1 == 0) {
        states[next] |= states[node] & -2;
      }
      node = next;
    }
  }

  private int step(int node, int symbol) {
    int next = bytes.find(node, symbol);
    if (next != NONE) {
      return next;
    }
    if (nodes == 1 << NODE_BITS) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "the tokens share too little: more than 2^23 prefixes");
    }
    if (nodes == states.length) {
      states = Arrays.copyOf(states, 2 * nodes);
    }
    bytes.add(node, symbol, nodes);
    return nodes++;
  }

  /// The character of up to three bytes at `at`, or -1 where there is none: ASCII as it is, others
  /// from 256.
  private static int symbol(byte[] text, int at, int limit) {
    int first = text[at];
    if (first >= 0) {
      return first;
    }
    if (first >= (byte) 0xf0 || at + 1 >= limit || first < (byte) 0xc0) {
      return NONE;
    }
    int second = text[at + 1];
    if (first < (byte) 0xe0) {
      int character = (first & 0x1f) << 6 | second & 0x3f;
      return second < (byte) 0xc0 && character >= 0x80 ? FIRST_CHARACTER + character : NONE;
    }
    if (at + 2 >= limit) {
      return NONE;
    }
    int third = text[at + 2];
    int character = (first & 0x0f) << 12 | (second & 0x3f) << 6 | third & 0x3f;
    return second < (byte) 0xc0 && third < (byte) 0xc0 && character >= 0x800
        ? FIRST_CHARACTER + character
        : NONE;
  }

  private static int width(int symbol) {
    return symbol < FIRST_CHARACTER ? 1 : symbol < FIRST_CHARACTER + 0x800 ? 2 : 3;
  }

  /// The longest token that `text[from, limit)` starts with; `from` is below `limit`.
  int longest(byte[] text, int from, int limit) {
    int node = 0;
    int at = from;
    while (at < limit) {
      int symbol = symbol(text, at, limit);
      int next = symbol == NONE ? NONE : characters.find(node, symbol);
      if (next != NONE) {
        at += width(symbol);
      } else {
        next = (states[node] & 1) == 0 ? NONE : bytes.find(node, text[at] & 0xff);
        if (next == NONE) {
          break;
        }
        at++;
      }
      node = next;
    }
    return (states[node] >> 1) - 1;
  }
}
