package org.dure.federation.protocol;

import java.io.InputStream;
import java.util.SortedMap;
import org.dure.core.DureException;

/// What a study makes of its regions' parts before the first round, e.g. one tokenizer from every
/// region's word counts. A pure function: the same parts give the same bytes.
///
/// Parts lie on the hub's disk and may together be larger than its memory: they are read as
/// streams, as often as need be, and the result is written piece by piece.
@FunctionalInterface
public interface CommonPreparation {
  /// The most bytes of all regions' parts together.
  long MOST_BYTES = 128L << 20;

  /// The most bytes of what is made of them, which every region fetches and keeps.
  long MOST_RESULT = 128L << 20;

  /// What a region gave.
  interface Part {
    /// In bytes.
    long length();

    /// From the first byte; the caller closes it.
    InputStream open();
  }

  /// Looks through a part when it arrives, so that what cannot be worked with is refused while its
  /// region can be told. May be called from several threads.
  ///
  /// @throws DureException if it is not what it should be, with one of the codes that begin with
  ///     `INPUT_`, or [ErrorCode#ARTIFACT_CORRUPT]
  default void check(Part part) {
    // Any bytes will do.
  }

  /// @param parts by the regions' names
  /// @param common takes what every region is handed
  void prepare(SortedMap<String, Part> parts, FragmentWriter common);

  /// The most bytes of one region's part: all have the same share of [#MOST_BYTES].
  static long mostBytes(Study study) {
    return MOST_BYTES / Math.max(1, study.regions().size());
  }
}
