package org.dure.corpus;

import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.dure.core.Json.Unwrapped;
import org.dure.corpus.read.Quarantine;

/// What building a corpus gave.
///
/// @param figures what `report.json` holds
/// @param upToDate whether the folder already held this outcome, so that nothing had to be done
public record CorpusReport(Figures figures, boolean upToDate) {
  /// Licences that are counted one by one: what a record calls its licence may be any text.
  static final int MOST_LICENCES = 1_000;

  /// Under this the documents of all further licences are counted.
  static final String OTHER_LICENCES = "(others)";

  /// What building gave, in one line for people.
  ///
  /// @param name of the text, e.g. its language's code
  public String line(String name) {
    return String.format(
        Locale.ROOT,
        "%s: %,d documents read, %,d to train on, %,d held out; %,d dropped%s; %,d quarantined%s",
        name,
        figures.input().read(),
        figures.train().documents(),
        figures.heldOut().documents(),
        figures.droppedDocuments(),
        rules(),
        figures.input().quarantinedDocuments() + figures.input().quarantinedFiles(),
        upToDate ? " (already built, nothing to do)" : "");
  }

  private String rules() {
    return figures.dropped().isEmpty()
        ? ""
        : figures.dropped().stream()
            .map(
                rule ->
                    String.format(Locale.ROOT, "%s %,d", rule.rule(), rule.amount().documents()))
            .collect(Collectors.joining(", ", " (", ")"));
  }

  /// The contents of `report.json`.
  ///
  /// Every document that was read is counted once: `read = train + heldOut + dropped + quarantined
  /// documents`.
  ///
  /// @param language code of the profile
  /// @param heldOutShare asked-for share of held-out documents, 0 to 1
  /// @param input what was found
  /// @param quarantined how many files and documents each rule set aside
  /// @param dropped what each rule refused, ordered by rule
  /// @param licences number of kept documents under each licence, the first thousand apart and
  ///     all further ones as `(others)`
  /// @param problems the first hundred of what was quarantined; all are in `quarantined.jsonl.zst`
  public record Figures(
      String language,
      double heldOutShare,
      @Unwrapped Input input,
      Amount train,
      Amount heldOut,
      SequencedMap<String, Long> quarantined,
      List<Dropped> dropped,
      SequencedMap<String, Long> licences,
      List<Quarantine> problems) {
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

  /// How much text: documents, Unicode code points, and bytes in UTF-8.
  public record Amount(long documents, long characters, long bytes) {}

  /// What one rule refused.
  ///
  /// @param samples the first few
  public record Dropped(String rule, String threshold, Amount amount, List<Sample> samples) {}

  /// A refused document.
  ///
  /// @param text its beginning
  public record Sample(String id, String value, String text) {}
}
