package org.dure.corpus.filter;

import org.dure.core.Document;
import org.dure.core.Stage;
import org.dure.core.Verdict;

/// Drops documents with fewer code points than the profile asks for.
record Length(int leastCharacters) implements Stage {
  static final String RULE = "length.characters";

  @Override
  public Verdict apply(Document document) {
    int characters = document.text().codePointCount(0, document.text().length());
    return characters < leastCharacters
        ? Verdict.drop(RULE, Integer.toString(characters), "at least " + leastCharacters)
        : Verdict.keep(document);
  }
}
