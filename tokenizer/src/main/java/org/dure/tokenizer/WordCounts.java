package org.dure.tokenizer;

import java.util.List;

/// Skeleton: signatures are final, bodies follow.
public final class WordCounts {
  private WordCounts() {}

  public static WordCounts count(Iterable<String> texts) {
    throw new UnsupportedOperationException();
  }

  public WordCounts atLeast(long threshold) {
    throw new UnsupportedOperationException();
  }

  public static WordCounts merge(List<WordCounts> parts) {
    throw new UnsupportedOperationException();
  }

  public byte[] bytes() {
    throw new UnsupportedOperationException();
  }

  public static WordCounts parse(byte[] bytes) {
    throw new UnsupportedOperationException();
  }
}
