package org.dure.core;

/// Which tensors of a model travel between regions.
public enum Sharing implements Named {
  /// The blocks and the last norm: what is about language as such. Embeddings and head, which are
  /// about one tokenizer's words, stay at home.
  BODY,
  /// Everything: for regions that share one tokenizer.
  ALL
}
