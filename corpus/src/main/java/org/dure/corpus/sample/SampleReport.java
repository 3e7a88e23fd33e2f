package org.dure.corpus.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What obtaining the sample text gave.
///
/// @param languages in the order asked for
/// @param sharedIds number of paragraphs, by id, that every one of the languages has
public record SampleReport(List<Language> languages, long sharedIds) {
  /// What was obtained, for people: a line a language and one for all.
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Language one : languages) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s: %,d paragraphs, %,d characters from %s %s (MPL-2.0)%s",
              one.language(),
              one.paragraphs(),
              one.characters(),
              one.packageName(),
              one.version(),
              one.upToDate() ? ", already there" : ""));
    }
    lines.add(
        String.format(Locale.ROOT, "%,d paragraphs are the same in every language", sharedIds));
    return lines;
  }

  /// One language's text.
  ///
  /// @param language code
  /// @param packageName e.g. `libreoffice-help-ko`
  /// @param version of the package
  /// @param sha256 of the package file
  /// @param paragraphs number of documents
  /// @param characters Unicode code points in all of them
  /// @param upToDate whether the folder already held them
  public record Language(
      String language,
      String packageName,
      String version,
      String sha256,
      long paragraphs,
      long characters,
      boolean upToDate) {}
}
