package org.dure.tokenizer;

import java.util.Arrays;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The learned merges: token `256 + i` is what the i-th joins, and earlier merges are applied
/// first. Immutable.
final class Merges {
  /// Ids are below [TokenizerTrainer#MOST_VOCABULARY].
  private static final int ID_BITS = 20;

  private final int[] lefts;
  private final int[] rights;
  private final byte[][] bytes;
  private final PackedTable table;

  private Merges(int[] lefts, int[] rights, byte[][] bytes, PackedTable table) {
    this.lefts = lefts;
    this.rights = rights;
    this.bytes = bytes;
    this.table = table;
  }

  /// @param pairs left and right token of each merge, in order; each token below the one it makes
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if a pair is joined twice
  static Merges of(int[][] pairs) {
    int size = ByteAlphabet.SIZE + pairs.length;
    int[] lefts = new int[size];
    int[] rights = new int[size];
    byte[][] bytes = new byte[size][];
    PackedTable table = new PackedTable(ID_BITS, ID_BITS);
    for (int id = 0; id < ByteAlphabet.SIZE; id++) {
      bytes[id] = new byte[] {ByteAlphabet.byteOf(id)};
    }
    for (int i = 0; i < pairs.length; i++) {
      int left = pairs[i][0];
      int right = pairs[i][1];
      int id = ByteAlphabet.SIZE + i;
      lefts[id] = left;
      rights[id] = right;
      bytes[id] = Arrays.copyOf(bytes[left], bytes[left].length + bytes[right].length);
      System.arraycopy(bytes[right], 0, bytes[id], bytes[left].length, bytes[right].length);
      if (table.find(left, right) >= 0) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, "merge %d joins the pair of an earlier one".formatted(i));
      }
      table.add(left, right, id);
    }
    return new Merges(lefts, rights, bytes, table);
  }

  /// Tokens: 256 bytes and what the merges make.
  int tokens() {
    return bytes.length;
  }

  int left(int id) {
    return lefts[id];
  }

  int right(int id) {
    return rights[id];
  }

  /// The token that the pair is joined to, or -1.
  int join(int left, int right) {
    return table.find(left, right);
  }

  /// The token's bytes; not to be changed.
  byte[] bytes(int id) {
    return bytes[id];
  }
}
