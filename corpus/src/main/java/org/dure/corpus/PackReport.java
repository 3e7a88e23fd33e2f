package org.dure.corpus;

import java.util.List;

/// What packing a corpus gave.
///
/// @param figures what `report.json` holds
/// @param upToDate whether the folder already held this outcome, so that nothing had to be done
public record PackReport(Figures figures, boolean upToDate) {
  /// The contents of `report.json`.
  ///
  /// @param documents that were packed
  /// @param tokens in all shards, with one begin and one end token a document
  /// @param sourceBytes UTF-8 bytes of the documents' texts
  /// @param shards file names, in order
  public record Figures(long documents, long tokens, long sourceBytes, List<String> shards) {}
}
