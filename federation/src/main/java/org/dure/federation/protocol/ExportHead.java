package org.dure.federation.protocol;

import org.dure.core.Sha256;

/// A line of a region's export log.
///
/// @param exports its number, which is how many there were then; 0 for none
/// @param exportsHead its digest
public record ExportHead(long exports, String exportsHead) {
  public static final ExportHead NONE = new ExportHead(0, Sha256.NONE);
}
