package org.dure.corpus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.dure.core.Json.Lenient;
import org.dure.core.Json.Unwrapped;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Unread;

/// What building a corpus gave.
///
/// @param figures what `report.json` holds
/// @param upToDate whether the folder already held this outcome, so that nothing had to be done
public record CorpusReport(Figures figures, boolean upToDate) {
  /// Licences that are counted one by one: what a record calls its licence may be any text.
  static final int MOST_LICENCES = 1_000;

  /// Under this the documents of all further licences are counted.
  static final String OTHER_LICENCES = "(others)";

  /// What building gave, for people: a line of documents and a line of files, and one each for what
  /// was not read and what was left out of pages, if anything.
  ///
  /// @param name of the text, e.g. its language's code
  public List<String> lines(String name) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %,d documents read, %,d to train on, %,d to choose by, %,d held out; %,d"
                + " dropped%s; %,d quarantined%s",
            name,
            figures.input().read(),
            figures.train().documents(),
            figures.dev().documents(),
            figures.heldOut().documents(),
            figures.droppedDocuments(),
            rules(),
            figures.input().quarantinedDocuments(),
            upToDate ? " (already built, nothing to do)" : ""));
    lines.add(
        String.format(
            Locale.ROOT,
            "  files: %,d read (%,d bytes), %,d quarantined (%,d bytes), %,d not read (%,d bytes)",
            figures.input().files(),
            figures.inputFiles().bytes(),
            figures.input().quarantinedFiles(),
            figures.inputFiles().quarantinedBytes(),
            figures.input().ignoredFiles(),
            figures.inputFiles().unreadBytes()));
    if (!figures.inputFiles().unread().isEmpty()) {
      lines.add("  not read: " + Unread.text(figures.inputFiles().unread()));
    }
    if (!figures.quarantined().isEmpty()) {
      lines.add("  quarantined: " + amounts(figures.quarantined()) + first());
    }
    if (!figures.leftOut().isEmpty()) {
      lines.add("  left out of pages, characters: " + amounts(figures.leftOut()));
    }
    return lines;
  }

  private String first() {
    return figures.problems().stream()
        .findFirst()
        .map(
            problem ->
                "; first %s%s: %s"
                    .formatted(
                        problem.file(),
                        problem.place().isEmpty() ? "" : ", " + problem.place(),
                        problem.found()))
        .orElse("");
  }

  private String rules() {
    SequencedMap<String, Long> documents = new LinkedHashMap<>();
    figures.dropped().forEach(rule -> documents.put(rule.rule(), rule.amount().documents()));
    return documents.isEmpty() ? "" : " (" + amounts(documents) + ")";
  }

  /// E.g. `length.characters 12, language.script 3`.
  static String amounts(Map<String, Long> amounts) {
    return amounts.entrySet().stream()
        .map(each -> String.format(Locale.ROOT, "%s %,d", each.getKey(), each.getValue()))
        .collect(Collectors.joining(", "));
  }

  /// The contents of `report.json`.
  ///
  /// Every document that was read is counted once: `read = train + dev + heldOut + dropped +
  /// quarantined documents`.
  ///
  /// @param language code of the profile
  /// @param heldOutShare asked-for share of documents that are not trained on, 0 to 1
  /// @param input what was found
  /// @param train to train on
  /// @param dev to choose by
  /// @param heldOut to measure on, once
  /// @param quarantined how many files and documents each rule set aside
  /// @param dropped what each rule refused, ordered by rule
  /// @param licences number of kept documents under each licence, the first thousand apart and
  ///     all further ones as `(others)`
  /// @param problems the first hundred of what was quarantined; all are in `quarantined.jsonl.zst`
  /// @param inputFiles sizes of the input's files, and which were not read
  /// @param leftOut Unicode code points of pages that are not their content, by rule
  public record Figures(
      String language,
      double heldOutShare,
      @Unwrapped Input input,
      Amount train,
      @Lenient Amount dev,
      Amount heldOut,
      SequencedMap<String, Long> quarantined,
      List<Dropped> dropped,
      SequencedMap<String, Long> licences,
      List<Quarantine> problems,
      @Lenient InputFiles inputFiles,
      @Lenient SequencedMap<String, Long> leftOut) {
    // Reports from before there was text to choose by, and before files were counted by kind.
    public Figures {
      dev = Objects.requireNonNullElse(dev, Amount.NONE);
      inputFiles = Objects.requireNonNullElse(inputFiles, InputFiles.UNKNOWN);
      leftOut = Objects.requireNonNullElse(leftOut, new TreeMap<>());
    }

    /// Number of documents that are for something.
    public long keptDocuments() {
      return train.documents() + dev.documents() + heldOut.documents();
    }

    /// Number of documents that rules dropped.
    public long droppedDocuments() {
      return dropped.stream().mapToLong(rule -> rule.amount().documents()).sum();
    }
  }

  /// What was found in the folder of texts.
  ///
  /// @param files that were read
  /// @param ignoredFiles of kinds that are not read
  /// @param quarantinedFiles left out as a whole
  /// @param read documents found in the files that were read
  /// @param quarantinedDocuments left out of files that were read
  public record Input(
      long files, long ignoredFiles, long quarantinedFiles, long read, long quarantinedDocuments) {}

  /// The input's files: every byte on the disk is in one of these.
  ///
  /// @param bytes of those that were read
  /// @param quarantinedBytes of those that were left out as a whole
  /// @param unread those of kinds that are not read
  public record InputFiles(long bytes, long quarantinedBytes, List<Unread> unread) {
    static final InputFiles UNKNOWN = new InputFiles(0, 0, List.of());

    /// Bytes of those that were not read.
    public long unreadBytes() {
      return unread.stream().mapToLong(Unread::bytes).sum();
    }
  }

  /// How much text: documents, Unicode code points, and bytes in UTF-8.
  public record Amount(long documents, long characters, long bytes) {
    static final Amount NONE = new Amount(0, 0, 0);
  }

  /// What one rule refused.
  ///
  /// @param samples the first few
  public record Dropped(String rule, String threshold, Amount amount, List<Sample> samples) {}

  /// A refused document.
  ///
  /// @param text its beginning
  public record Sample(String id, String value, String text) {}
}
