package org.dure.corpus;

/// Names inside a corpus folder; the package description specifies the files.
final class CorpusFiles {
  /// Raised whenever the same input would give other bytes.
  static final int VERSION = 2;

  static final String TRAIN = "documents/train.jsonl.zst";
  static final String HELD_OUT = "documents/heldout.jsonl.zst";
  static final String QUARANTINED = "quarantined.jsonl.zst";

  private CorpusFiles() {}

  static String dropped(String rule) {
    return "dropped/%s.jsonl.zst".formatted(rule);
  }
}
