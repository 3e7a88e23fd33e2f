package org.dure.tokenizer;

import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Every token as a path of bytes: finds the longest token that text starts with.
///
/// Besides the edge of every byte there is one for every character of two or three bytes that a
/// token holds whole, so that most text is walked a character at a time. Immutable once built.
final class TokenTrie {
  private static final int NODE_BITS = 23;
  private static final int SYMBOL_BITS = 17;
  private static final int FIRST_CHARACTER = 256;
  private static final int NONE = -1;

  private final PackedTable edges = new PackedTable(SYMBOL_BITS, NODE_BITS);

  /// Of each node the longest token on the path to it.
  private int[] longest = new int[1 << 10];

  private int nodes = 1;

  TokenTrie(Merges merges) {
    Arrays.fill(longest, NONE);
    int[] ends = new int[merges.tokens()];
    for (int id = 0; id < merges.tokens(); id++) {
      ends[id] = insert(merges.bytes(id));
    }
    for (int id = 0; id < merges.tokens(); id++) {
      longest[ends[id]] = id;
    }
    for (int id = 0; id < merges.tokens(); id++) {
      pass(merges.bytes(id));
    }
  }

  private int insert(byte[] token) {
    int node = 0;
    int start = 0;
    int startNode = 0;
    for (int at = 0; at < token.length; at++) {
      node = step(node, token[at] & 0xff);
      int symbol = symbol(token, start, token.length);
      if (symbol == NONE || start + width(symbol) == at + 1) {
        if (symbol != NONE && edges.find(startNode, symbol) == NONE) {
          edges.add(startNode, symbol, node);
        }
        start = at + 1;
        startNode = node;
      }
    }
    return node;
  }

  /// Lets the nodes of a path know of the longest token before them.
  private void pass(byte[] token) {
    int node = 0;
    for (byte b : token) {
      int next = edges.find(node, b & 0xff);
      if (longest[next] == NONE) {
        longest[next] = longest[node];
      }
      node = next;
    }
  }

  private int step(int node, int symbol) {
    int next = edges.find(node, symbol);
    if (next != NONE) {
      return next;
    }
    if (nodes == 1 << NODE_BITS) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "the tokens share too little: more than 2^23 prefixes");
    }
    if (nodes == longest.length) {
      longest = Arrays.copyOf(longest, 2 * nodes);
      Arrays.fill(longest, nodes, longest.length, NONE);
    }
    edges.add(node, symbol, nodes);
    return nodes++;
  }

  /// The character of two or three bytes at `at`, or -1 where there is none.
  private static int symbol(byte[] text, int at, int limit) {
    int first = text[at];
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
    return symbol < FIRST_CHARACTER + 0x800 ? 2 : 3;
  }

  /// The longest token that `text[from, limit)` starts with; `from` is below `limit`.
  int longest(byte[] text, int from, int limit) {
    int node = 0;
    int at = from;
    while (at < limit) {
      int symbol = text[at] >= 0 ? NONE : symbol(text, at, limit);
      int next = symbol == NONE ? NONE : edges.find(node, symbol);
      if (next != NONE) {
        at += width(symbol);
      } else {
        next = edges.find(node, text[at] & 0xff);
        if (next == NONE) {
          break;
        }
        at++;
      }
      node = next;
    }
    return longest[node];
  }
}
