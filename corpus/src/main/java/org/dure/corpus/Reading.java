package org.dure.corpus;

/// Receives what a reader finds, in the file's order.
interface Reading {
  void candidate(Candidate candidate);

  void quarantine(Quarantine quarantine);
}
