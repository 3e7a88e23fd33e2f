package org.dure.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.runtime.WrongFolder;
import org.dure.corpus.read.Split;

/// Names inside a corpus folder; the package description specifies the files.
final class CorpusFiles {
  /// Raised whenever the same input would give other bytes.
  static final int VERSION = 4;

  static final String TRAIN = "documents/train.jsonl.zst";
  static final String DEV = "documents/dev.jsonl.zst";
  static final String HELD_OUT = "documents/heldout.jsonl.zst";
  static final String QUARANTINED = "quarantined.jsonl.zst";

  private CorpusFiles() {}

  static String of(Split split) {
    return switch (split) {
      case TRAIN -> TRAIN;
      case DEV -> DEV;
      case HELD_OUT -> HELD_OUT;
    };
  }

  /// @throws org.dure.core.DureException saying what makes a corpus
  static void require(Path folder) {
    if (!isCorpus(folder)) {
      throw WrongFolder.of(folder, "corpus", "dure corpus build", CorpusFiles::isCorpus);
    }
  }

  private static boolean isCorpus(Path folder) {
    return Files.isRegularFile(folder.resolve("manifest.json"))
        && Files.isRegularFile(folder.resolve("config.toml"));
  }

  static String dropped(String rule) {
    return "dropped/%s.jsonl.zst".formatted(rule);
  }
}
