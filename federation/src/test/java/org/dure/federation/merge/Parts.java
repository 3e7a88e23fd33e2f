package org.dure.federation.merge;

import java.util.List;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.protocol.FragmentList;

/// Parts of a merge whose bytes nobody reads.
final class Parts {
  private Parts() {}

  static MergeWork.Part of(double share) {
    return new MergeWork.Part(
        new FragmentList(FragmentList.FP32, "", 4, 4, List.of()),
        share,
        List.of(),
        new MemoryArtifactStore());
  }
}
