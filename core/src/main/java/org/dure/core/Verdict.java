package org.dure.core;

/// What a [Stage] says of a document.
public sealed interface Verdict {
  /// Go on with this document, changed or not.
  record Keep(Document document) implements Verdict {}

  /// Leave it out.
  ///
  /// @param rule name of the rule, e.g. `language.script`
  /// @param value what was measured or found
  /// @param threshold what it would have had to be
  record Drop(String rule, String value, String threshold) implements Verdict {}

  static Verdict keep(Document document) {
    return new Keep(document);
  }

  static Verdict drop(String rule, String value, String threshold) {
    return new Drop(rule, value, threshold);
  }
}
