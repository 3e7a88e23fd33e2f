package org.dure.core;

/// One step of the corpus pipeline: pure, so that every executor gives the same bytes.
@FunctionalInterface
public interface Stage {
  Verdict apply(Document document);
}
