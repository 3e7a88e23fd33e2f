package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.dure.core.ArtifactStore;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Study;

/// Sees to it that what the hub gives out is there, and nothing else is: of weights, momentum and
/// the common preparation, what was lost is made again, what is no longer needed is removed. Not
/// thread-safe.
final class Maintenance {
  private final Study study;
  private final Hub.Surroundings around;
  private final HubState state;

  /// Whether what the hub gives out has been looked through since the start.
  private boolean whole;

  /// Whether what it no longer gives out has been removed.
  private boolean tidy = true;

  Maintenance(Study study, Hub.Surroundings around, HubState state) {
    this.study = study;
    this.around = around;
    this.state = state;
  }

  /// The step that is due before any other, if any.
  Optional<Hub.Step> next() {
    if (!whole) {
      Recovery.Made made = Recovery.Made.of(state);
      return Optional.of(
          new Hub.Step(
              () -> {
                recovery().restore(made, around.log());
                return Optional.empty();
              },
              false,
              () -> whole = true));
    }
    if (!tidy) {
      List<String> lists = kept();
      return Optional.of(
          new Hub.Step(
              () -> {
                List<String> there = lists.stream().filter(around.published()::contains).toList();
                prune(there);
                return Optional.empty();
              },
              false,
              () -> tidy = true));
    }
    return Optional.empty();
  }

  /// Removes what the hub no longer gives out, once what it does give out has reached the disk: so
  /// after a power failure at most the last merge must be made again.
  ///
  /// @param lists that stay, with all that they name
  private void prune(List<String> lists) {
    ArtifactStore published = around.published();
    Set<String> names = new TreeSet<>(lists);
    for (String list : lists) {
      names.addAll(FragmentList.parse(published.get(list)).fragments());
    }
    published.settle(names);
    published.list().stream().filter(name -> !names.contains(name)).forEach(published::remove);
  }

  /// Something that the hub gives out may be damaged or gone.
  void lost() {
    whole = false;
  }

  /// What the hub gives out is another from now on.
  void replaced() {
    tidy = false;
  }

  /// What the hub gives out is what it gave out before: it is due to be made again.
  void wentBack() {
    whole = false;
    tidy = false;
  }

  /// Makes again at once what the hub gives out and has lost.
  void restore() {
    recovery().restore(Recovery.Made.of(state), around.log());
    whole = true;
  }

  Recovery recovery() {
    return new Recovery(study, around, state.layout());
  }

  /// Lists of what the hub keeps: also weights and momentum of the merge before the last, and,
  /// where nobody is waited for, the weights that a slow region may still be fetching. Some may be
  /// gone.
  private List<String> kept() {
    List<String> lists = new ArrayList<>(Recovery.Made.of(state).lists());
    int merged = state.merges();
    for (RoundState round : state.rounds()) {
      if (round.takenBack) {
        continue;
      }
      int place = state.takenBack().place(round.number);
      if (state.circles().isKept(round)) {
        round.circles.values().forEach(standing -> lists.add(standing.weights()));
      }
      if (place == merged - 1 && round.merged != null) {
        round.merged.standings().values().forEach(standing -> lists.addAll(standing.lists()));
      }
    }
    return lists.stream().distinct().toList();
  }
}
