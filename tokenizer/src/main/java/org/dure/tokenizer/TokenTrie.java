package org.dure.tokenizer;

import java.util.Arrays;

/// Every token as a path of bytes: finds the longest token that text starts with. The edges lie in
/// one hash table with open addressing. Immutable once built.
final class TokenTrie {
  private int[] edges = new int[1 << 12];
  private int[] targets = new int[1 << 12];
  private int shift = 32 - 12;
  private int[] tokens = new int[1 << 10];
  private int nodes = 1;

  TokenTrie(Merges merges) {
    Arrays.fill(tokens, -1);
    for (int id = 0; id < merges.tokens(); id++) {
      int node = 0;
      for (byte b : merges.bytes(id)) {
        node = step(node, b);
      }
      tokens[node] = id;
    }
  }

  private int step(int node, byte b) {
    int next = child(node, b);
    if (next >= 0) {
      return next;
    }
    if (2 * nodes >= edges.length) {
      grow();
    }
    if (nodes == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * nodes);
      Arrays.fill(tokens, nodes, tokens.length, -1);
    }
    put((node << 8 | (b & 0xff)) + 1, nodes);
    return nodes++;
  }

  private void grow() {
    int[] oldEdges = edges;
    int[] oldTargets = targets;
    edges = new int[2 * oldEdges.length];
    targets = new int[2 * oldEdges.length];
    shift--;
    for (int i = 0; i < oldEdges.length; i++) {
      if (oldEdges[i] != 0) {
        put(oldEdges[i], oldTargets[i]);
      }
    }
  }

  private void put(int edge, int target) {
    int slot = edge * 0x9e3779b1 >>> shift;
    while (edges[slot] != 0) {
      slot = (slot + 1) & (edges.length - 1);
    }
    edges[slot] = edge;
    targets[slot] = target;
  }

  private int child(int node, byte b) {
    int wanted = (node << 8 | (b & 0xff)) + 1;
    int mask = edges.length - 1;
    for (int slot = wanted * 0x9e3779b1 >>> shift; ; slot = (slot + 1) & mask) {
      int found = edges[slot];
      if (found == wanted) {
        return targets[slot];
      }
      if (found == 0) {
        return -1;
      }
    }
  }

  /// The longest token that `text[from, limit)` starts with; `from` is below `limit`.
  int longest(byte[] text, int from, int limit) {
    int token = -1;
    int node = 0;
    for (int at = from; at < limit; at++) {
      node = child(node, text[at]);
      if (node < 0) {
        break;
      }
      if (tokens[node] >= 0) {
        token = tokens[node];
      }
    }
    return token;
  }
}
