package org.dure.corpus.sample;

import java.util.List;

/// What obtaining the sample text gave.
///
/// @param languages in the order asked for
/// @param sharedIds number of paragraphs, by id, that every one of the languages has
public record SampleReport(List<Language> languages, long sharedIds) {
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
