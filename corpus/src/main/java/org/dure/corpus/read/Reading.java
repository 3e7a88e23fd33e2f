package org.dure.corpus.read;

/// Receives what a reader finds, in the file's order.
public interface Reading {
  void candidate(Candidate candidate);

  void quarantine(Quarantine quarantine);

  /// Text of a page that is not its content: it becomes no document.
  ///
  /// @param rule why it is left out, e.g. `page.navigation`
  /// @param characters Unicode code points
  void leftOut(String rule, long characters);
}
