package org.dure.corpus.read;

/// Receives what a reader finds, in the file's order.
public interface Reading {
  void candidate(Candidate candidate);

  void quarantine(Quarantine quarantine);
}
