package org.dure.app.workload;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.app.home.SitePolicy;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.RunFolder;
import org.dure.core.Sha256;
import org.dure.core.privacy.CountingFloor;
import org.dure.core.privacy.SensitiveText;
import org.dure.core.runtime.Progress;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Documents;
import org.dure.tokenizer.Fertility;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;
import org.jspecify.annotations.Nullable;

/// Trains tokenizers into run folders.
public final class Tokenizers {
  public static final String FILE = "tokenizer.json";

  private Tokenizers() {}

  /// A tokenizer that was trained.
  ///
  /// @param tokens that it has
  /// @param fertility on the held-out text, where there is a corpus
  public record Trained(long tokens, @Nullable Fertility fertility) {
    /// The same in one line for people.
    public String line() {
      return fertility == null
          ? String.format(Locale.ROOT, "%,d tokens", tokens)
          : String.format(Locale.ROOT, "%,d tokens; held-out text: %s", tokens, fertility.text());
    }
  }

  /// Counts the words of a corpus' training documents.
  public static WordCounts count(Path corpus) {
    try (Documents documents = Documents.train(corpus)) {
      return WordCounts.count(documents.texts());
    }
  }

  /// What a region may export of a corpus' training documents.
  ///
  /// @param floor the study's and the site's, whichever is stricter in each
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if nothing of the text is common enough
  public static WordCounts exportable(Path corpus, CountingFloor floor, SensitiveText sensitive) {
    LanguageProfile profile = CorpusBuilder.profile(corpus);
    try (Documents documents = Documents.train(corpus)) {
      return exportable(documents.texts(), profile, floor, sensitive);
    }
  }

  /// As [#exportable(Path, CountingFloor, SensitiveText)], of a language's texts.
  public static WordCounts exportable(
      Iterable<String> texts,
      LanguageProfile profile,
      CountingFloor floor,
      SensitiveText sensitive) {
    Set<Character.UnicodeScript> unspaced =
        profile.spaces()
            ? Set.of()
            : profile.writing().scripts().stream()
                .map(Character.UnicodeScript::forName)
                .collect(Collectors.toSet());
    WordCounts counts = WordCounts.exportable(texts, floor, sensitive, unspaced);
    if (counts.size() == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "nothing of the text in %s stands %d times in %d documents, so no count may leave"
              .formatted(profile.englishName(), floor.occurrences(), floor.documents()));
    }
    return counts;
  }

  /// Trains on a corpus, unless `out` already holds the outcome.
  public static Trained train(Path corpus, int vocabulary, Path out) {
    Map<String, String> inputs = Map.copyOf(RunFolder.manifest(corpus).outputs());
    RunFolder.run(
        out,
        "tokenizer train",
        configuration(vocabulary),
        inputs,
        part -> learn(count(corpus), vocabulary).write(part));
    return trained(corpus, out);
  }

  private static Trained trained(Path corpus, Path out) {
    Tokenizer tokenizer = Tokenizer.read(out.resolve(FILE));
    try (Documents documents = Documents.heldOut(corpus)) {
      Fertility fertility = Fertility.measure(tokenizer, documents.texts());
      return new Trained(
          tokenizer.tokens(),
          CorpusBuilder.profile(corpus).spaces() ? fertility : fertility.withoutWords());
    }
  }

  /// As [#train(Path, int, Path)], of what could leave alone: a tokenizer leaves with a release,
  /// and its vocabulary is text.
  public static Trained train(Path corpus, int vocabulary, SitePolicy policy, Path out) {
    Map<String, String> inputs = Map.copyOf(RunFolder.manifest(corpus).outputs());
    RunFolder.run(
        out,
        "tokenizer train",
        configuration(vocabulary) + "policy = \"" + policy.digest() + "\"\n",
        inputs,
        part ->
            learn(exportable(corpus, policy.counts(), policy.sensitive()), vocabulary).write(part));
    return trained(corpus, out);
  }

  /// Trains on counts, unless `out` already holds the outcome.
  public static Trained train(WordCounts counts, int vocabulary, Path out) {
    RunFolder.run(
        out,
        "tokenizer train",
        configuration(vocabulary),
        Map.of("counts", Sha256.of(counts.bytes())),
        part -> learn(counts, vocabulary).write(part));
    Tokenizer tokenizer = Tokenizer.read(out.resolve(FILE));
    return new Trained(tokenizer.tokens(), null);
  }

  /// Learns a tokenizer, with its progress.
  public static Tokenizer learn(WordCounts counts, int vocabulary) {
    try (Progress progress = new Progress("tokenizer", "merges", vocabulary)) {
      return TokenizerTrainer.train(
          counts, vocabulary, (merges, total) -> progress.update(merges, ""));
    }
  }

  private static String configuration(int vocabulary) {
    return "vocabulary = " + vocabulary + "\n";
  }
}
