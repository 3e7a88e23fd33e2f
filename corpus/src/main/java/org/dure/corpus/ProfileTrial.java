package org.dure.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.LanguageProfile;
import org.dure.core.Verdict;
import org.dure.corpus.filter.LanguageCheck;
import org.dure.corpus.read.Links;

/// What a profile's language check would do to a text, and what it could have been set to.
///
/// @param built the corpus without the language check: what was read, too short, twice or
///     unreadable
/// @param kept documents that the language check lets pass
/// @param dropped what it refuses, by rule
/// @param shares what the documents measured, by the profile's key
public record ProfileTrial(
    CorpusReport built,
    long kept,
    SequencedMap<String, Refused> dropped,
    SequencedMap<String, Shares> shares) {
  private static final int SAMPLES = 3;

  /// What would become of the text, in a line for people.
  public String line() {
    long refused = dropped.values().stream().mapToLong(Refused::documents).sum();
    return String.format(
        Locale.ROOT,
        "%,d documents judged: %,d kept, %,d dropped%s",
        kept + refused,
        kept,
        refused,
        dropped.isEmpty()
            ? ""
            : dropped.entrySet().stream()
                .map(rule -> "%s %,d".formatted(rule.getKey(), rule.getValue().documents()))
                .collect(Collectors.joining(", ", " (", ")")));
  }

  /// What one rule refuses.
  ///
  /// @param samples the first few, each with its measure
  public record Refused(String threshold, long documents, List<Sample> samples) {}

  /// A refused document.
  ///
  /// @param value what was measured, e.g. `0.213`
  public record Sample(String value, String text) {}

  /// How a share is spread over the documents.
  ///
  /// @param threshold the profile's
  /// @param documents that were measured
  /// @param low 5 of 100 documents have less; the largest threshold that keeps 95 of 100
  /// @param middle half of the documents have less
  public record Shares(double threshold, long documents, double low, double middle) {}

  /// Tries a profile on a text; nothing is left behind.
  ///
  /// @param in a folder as for [CorpusBuilder#build], whose errors hold here too
  public static ProfileTrial of(LanguageProfile profile, Path in) {
    return of(profile, new CorpusBuilder.Input(in, Links.WITHIN));
  }

  /// As [#of(LanguageProfile, Path)].
  public static ProfileTrial of(LanguageProfile profile, CorpusBuilder.Input in) {
    Path scratch;
    try {
      scratch = Files.createTempDirectory("dure-profile-");
    } catch (IOException e) {
      throw DureException.io("make", Path.of(System.getProperty("java.io.tmpdir")), e);
    }
    try {
      Path corpus = scratch.resolve("corpus");
      CorpusReport built =
          CorpusBuilder.build(
              withoutLanguageCheck(profile), in, corpus, 0, CorpusBuilder.Purpose.TRAINING);
      return judge(profile, built, corpus);
    } finally {
      AtomicFiles.delete(scratch);
    }
  }

  private static LanguageProfile withoutLanguageCheck(LanguageProfile profile) {
    LanguageProfile.Writing writing = profile.writing();
    LanguageProfile.Vocabulary vocabulary = profile.vocabulary();
    return new LanguageProfile(
        profile.code(),
        profile.name(),
        profile.englishName(),
        new LanguageProfile.Writing(writing.scripts(), 0, writing.requiredScripts(), 0),
        new LanguageProfile.Vocabulary(vocabulary.markers(), 0, vocabulary.markerWords()),
        profile.leastCharacters(),
        profile.spaces(),
        profile.prompts());
  }

  private static ProfileTrial judge(LanguageProfile profile, CorpusReport built, Path corpus) {
    LanguageCheck check = new LanguageCheck(profile);
    LanguageProfile.Vocabulary vocabulary = profile.vocabulary();
    long kept = 0;
    SequencedMap<String, Refused> dropped = new TreeMap<>();
    Spread scripts = new Spread();
    Spread required = new Spread();
    Spread markers = new Spread();
    try (Documents documents = Documents.train(corpus)) {
      for (Document document : documents) {
        LanguageCheck.Letters letters = check.letters(document.text());
        scripts.add(letters.script());
        required.add(letters.required());
        LanguageCheck.Words words = check.words(document.text());
        if (words.total() >= vocabulary.markerWords()) {
          markers.add(words.marked());
        }
        switch (check.apply(document)) {
          case Verdict.Keep unused -> kept++;
          case Verdict.Drop drop -> refuse(dropped, drop, document.text());
        }
      }
    }
    SequencedMap<String, Shares> shares = new TreeMap<>();
    shares.put("least-script-share", scripts.shares(profile.writing().leastScriptShare()));
    if (!profile.writing().requiredScripts().isEmpty()) {
      shares.put(
          "least-required-script-share",
          required.shares(profile.writing().leastRequiredScriptShare()));
    }
    if (!vocabulary.markers().isEmpty()) {
      shares.put("least-marker-share", markers.shares(vocabulary.leastMarkerShare()));
    }
    return new ProfileTrial(built, kept, dropped, shares);
  }

  private static void refuse(
      SequencedMap<String, Refused> dropped, Verdict.Drop drop, String text) {
    Refused before = dropped.getOrDefault(drop.rule(), new Refused(drop.threshold(), 0, List.of()));
    List<Sample> samples = new ArrayList<>(before.samples());
    if (samples.size() < SAMPLES) {
      samples.add(new Sample(drop.value(), text));
    }
    dropped.put(
        drop.rule(), new Refused(before.threshold(), before.documents() + 1, List.copyOf(samples)));
  }

  /// Counts shares to three decimals, in memory that does not grow with the text.
  private static final class Spread {
    private static final int BINS = 1_000;

    private final long[] counts = new long[BINS + 1];
    private long documents;

    void add(double share) {
      counts[(int) Math.clamp((long) (share * BINS), 0, BINS)]++;
      documents++;
    }

    Shares shares(double threshold) {
      return new Shares(threshold, documents, below(0.05), below(0.5));
    }

    /// The largest share that no more than this part of the documents stays below.
    private double below(double part) {
      long seen = 0;
      for (int bin = 0; bin <= BINS; bin++) {
        seen += counts[bin];
        if (seen > part * documents) {
          return (double) bin / BINS;
        }
      }
      return 0;
    }
  }
}
