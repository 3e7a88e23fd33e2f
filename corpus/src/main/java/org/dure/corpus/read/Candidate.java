package org.dure.corpus.read;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.dure.core.Document;
import org.dure.core.Sha256;

/// A document as a reader found it, before the pipeline.
///
/// @param stableId the identifier that the source itself gives this text (a record's `id`, an HTML
///     element's `id` with its file), the same in every language of a parallel text; empty where
///     the document's id only counts positions
public record Candidate(Document document, Optional<String> stableId) {
  /// Whether the finished document belongs to the held-out text.
  ///
  /// The first 53 bits of the SHA-256 of the stable id, or of the text where there is none, read as
  /// a fraction of one, are compared with the share: the same answer on every machine, in every
  /// order, and for the same paragraph in every language.
  public static boolean heldOut(Optional<String> stableId, String text, double share) {
    byte[] digest = Sha256.digest().digest(stableId.orElse(text).getBytes(StandardCharsets.UTF_8));
    long bits = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      bits = bits << 8 | (digest[i] & 0xff);
    }
    return (bits >>> 11) * 0x1p-53 < share;
  }
}
