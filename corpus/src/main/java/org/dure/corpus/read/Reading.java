package org.dure.corpus.read;

import java.util.Optional;

/// Receives what a reader finds, in the file's order.
public interface Reading {
  void candidate(Candidate candidate);

  void quarantine(Quarantine quarantine);

  /// Text of a page that is not its content: it becomes no document.
  ///
  /// @param rule why it is left out, e.g. `page.navigation`
  /// @param characters Unicode code points
  void leftOut(String rule, long characters);

  /// Hands on what is found, as parts of one whole.
  static Reading ofParts(String whole, Reading to) {
    return new Reading() {
      @Override
      public void candidate(Candidate candidate) {
        to.candidate(new Candidate(candidate.document(), Optional.of(whole)));
      }

      @Override
      public void quarantine(Quarantine quarantine) {
        to.quarantine(quarantine);
      }

      @Override
      public void leftOut(String rule, long characters) {
        to.leftOut(rule, characters);
      }
    };
  }
}
