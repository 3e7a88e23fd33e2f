package org.dure.federation.hub;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.dure.core.ArtifactStore;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;

/// Removes the weights and the momentum of merges that are made again only for the sake of later
/// ones: however many these are, the disk need not hold more than a few. Not thread-safe.
final class Superseded {
  /// Merges whose outcome stays.
  private static final int MOST = 2;

  private final ArtifactStore published;
  private final Collection<String> kept;
  private final Deque<Event.Merged> made = new ArrayDeque<>();

  /// @param kept digests of lists that stay, with all that they name
  Superseded(ArtifactStore published, Collection<String> kept) {
    this.published = published;
    this.kept = kept;
  }

  /// This merge has been made.
  void after(Event.Merged merged) {
    made.add(merged);
    if (made.size() > MOST) {
      Set<String> gone = names(made.remove());
      made.forEach(one -> gone.removeAll(names(one)));
      kept.forEach(list -> gone.removeAll(names(list)));
      gone.forEach(published::remove);
    }
  }

  private Set<String> names(Event.Merged merged) {
    Set<String> names = new HashSet<>();
    merged
        .standings()
        .values()
        .forEach(standing -> standing.lists().forEach(list -> names.addAll(names(list))));
    return names;
  }

  private Set<String> names(String list) {
    Set<String> names = new HashSet<>();
    if (published.contains(list)) {
      names.add(list);
      names.addAll(FragmentList.parse(published.get(list)).fragments());
    }
    return names;
  }
}
