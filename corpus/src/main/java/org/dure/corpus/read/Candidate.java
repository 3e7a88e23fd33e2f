package org.dure.corpus.read;

import java.util.Optional;
import org.dure.core.Document;

/// A document as a reader found it, before the pipeline.
///
/// @param whole what this text is a part of, a page or a record, by the name that the source gives
///     it, the same in every language of a parallel text; empty where the text stands for itself
public record Candidate(Document document, Optional<String> whole) {
  /// Stands in an id between the name of a page and that of its part.
  private static final char PART = '#';

  /// The id of a part of a whole, by which a record can say what it is a part of.
  public static String part(String whole, String id) {
    return whole.replace(PART, '_') + PART + id;
  }

  /// What a record is a part of: the record's id up to its first `#`, e.g. the page of
  /// `scalc/01/04060184.html#par_id3150373`.
  public static String whole(String id) {
    int end = id.indexOf(PART);
    return end <= 0 ? id : id.substring(0, end);
  }
}
