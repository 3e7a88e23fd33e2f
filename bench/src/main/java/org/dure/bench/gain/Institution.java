package org.dure.bench.gain;

import java.util.List;
import org.dure.core.Document;

/// An institution with its own text.
///
/// @param name e.g. `fr-law-1`
/// @param kind of text: the name of the file that it is a part of
/// @param dev what it decides by
/// @param test what it is measured on, once
record Institution(
    String name,
    String language,
    String kind,
    List<Document> training,
    List<Document> dev,
    List<Document> test) {
  Institution {
    training = List.copyOf(training);
    dev = List.copyOf(dev);
    test = List.copyOf(test);
  }

  Institution heldOut(List<Document> newDev, List<Document> newTest) {
    return new Institution(name, language, kind, training, newDev, newTest);
  }
}
