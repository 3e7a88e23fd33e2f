package org.dure.app.workload;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.dure.core.RunFolder;
import org.dure.core.Sha256;
import org.dure.core.runtime.Progress;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Documents;
import org.dure.tokenizer.Fertility;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;

/// Trains tokenizers into run folders.
public final class Tokenizers {
  public static final String FILE = "tokenizer.json";

  private Tokenizers() {}

  /// Counts the words of a corpus' training documents.
  public static WordCounts count(Path corpus) {
    try (Documents documents = Documents.train(corpus)) {
      return WordCounts.count(documents.texts());
    }
  }

  /// Trains on a corpus, unless `out` already holds the outcome.
  ///
  /// @return a line about the tokenizer and its fertility on the held-out text
  public static String train(Path corpus, int vocabulary, Path out) {
    Map<String, String> inputs = Map.copyOf(RunFolder.manifest(corpus).outputs());
    RunFolder.run(
        out,
        "tokenizer train",
        configuration(vocabulary),
        inputs,
        part -> learn(count(corpus), vocabulary).write(part));
    Tokenizer tokenizer = Tokenizer.read(out.resolve(FILE));
    try (Documents documents = Documents.heldOut(corpus)) {
      Fertility fertility = Fertility.measure(tokenizer, documents.texts());
      return String.format(
          Locale.ROOT,
          "%,d tokens; held-out text: %s",
          tokenizer.tokens(),
          CorpusBuilder.profile(corpus).spaces()
              ? fertility.text()
              : fertility.withoutWords().text());
    }
  }

  /// Trains on counts, unless `out` already holds the outcome.
  public static String train(WordCounts counts, int vocabulary, Path out) {
    RunFolder.run(
        out,
        "tokenizer train",
        configuration(vocabulary),
        Map.of("counts", Sha256.of(counts.bytes())),
        part -> learn(counts, vocabulary).write(part));
    Tokenizer tokenizer = Tokenizer.read(out.resolve(FILE));
    return String.format(Locale.ROOT, "%,d tokens", tokenizer.tokens());
  }

  static Tokenizer learn(WordCounts counts, int vocabulary) {
    try (Progress progress = new Progress("tokenizer", "merges", vocabulary)) {
      return TokenizerTrainer.train(
          counts, vocabulary, (merges, total) -> progress.update(merges, ""));
    }
  }

  private static String configuration(int vocabulary) {
    return "vocabulary = " + vocabulary + "\n";
  }
}
