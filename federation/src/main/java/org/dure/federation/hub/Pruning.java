package org.dure.federation.hub;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.dure.core.ArtifactStore;
import org.dure.federation.protocol.FragmentList;

/// Removes what the hub no longer gives out, once what it does give out has reached the disk: so
/// after a power failure at most the last merge must be made again.
///
/// @param kept digests of the lists that stay, with all that they name
record Pruning(ArtifactStore published, List<String> kept) {
  void run() {
    Set<String> names = new TreeSet<>(kept);
    for (String list : kept) {
      names.addAll(FragmentList.parse(published.get(list)).fragments());
    }
    published.settle(names);
    published.list().stream().filter(name -> !names.contains(name)).forEach(published::remove);
  }
}
