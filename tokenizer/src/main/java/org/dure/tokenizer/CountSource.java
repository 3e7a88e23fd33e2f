package org.dure.tokenizer;

import java.util.function.Consumer;

/// Counts that can be gone through any number of times, sorted by chunk.
interface CountSource {
  /// Number of distinct chunks.
  int size();

  /// Length of all distinct chunks together.
  long chunkBytes();

  void forEach(Consumer<WordCounts.Entry> action);
}
