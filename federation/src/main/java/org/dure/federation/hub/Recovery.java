package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Study;

/// Makes what the hub gives out from what regions have sent, the first time and again: after a
/// power failure, on a copy of the hub's folder, or whenever a disk has spoilt something.
final class Recovery {
  /// Rounds that are read from the log at a time.
  private static final int MOST_ROUNDS = 100;

  private final Study study;
  private final Hub.Surroundings around;
  private final TensorLayout layout;
  private final ArtifactStore published;

  Recovery(Study study, Hub.Surroundings around, TensorLayout layout) {
    this.study = study;
    this.around = around;
    this.layout = layout;
    this.published = around.published();
  }

  Merger merger() {
    return new Merger(study, layout, published, around.received());
  }

  /// Makes the common preparation from every region's part.
  ///
  /// @return digest of the list of the result
  String prepare(SortedMap<String, String> parts) {
    SortedMap<String, byte[]> contents = new TreeMap<>();
    parts.forEach(
        (region, parcel) -> {
          ArtifactStore store = around.received().apply(region);
          contents.put(region, Fragments.bytes(FragmentList.parse(store.get(parcel)), store));
        });
    byte[] common = around.preparation().orElseThrow().prepare(contents);
    return Fragments.put(common, study.fragmentBytes(), published).digest();
  }

  /// Checks the bytes of what is given out now, and makes again what is missing or spoilt,
  /// beginning from the last merge that is whole.
  ///
  /// @param lists digests of what is given out
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if something comes out differently
  void restore(List<String> lists, RoundStore log) {
    if (!lists.stream().allMatch(this::isSound)) {
      restore(log);
    }
  }

  private void restore(RoundStore log) {
    Past past = new Past(Integer.MAX_VALUE);
    past.read(log);
    HubState state = past.state;
    if (!state.common().isEmpty() && !isSound(state.common())) {
      same("the common preparation", state.common(), prepare(state.parts()));
    }
    int last = past.merged;
    int from = past.newestWhole;
    if (from == 0 && !isSound(state.opened().weights())) {
      same(
          "the initial weights",
          state.opened().weights(),
          Fragments.put(around.initial().get(), study.fragmentBytes(), published).digest());
    }
    while (from < last) {
      Past next = new Past(from);
      next.read(log);
      for (Merge merge : next.merges) {
        merge.again(merger());
        from++;
      }
    }
  }

  /// Whether everything that `list` names is here with the bytes that it names; what is here with
  /// others is removed.
  private boolean isSound(String list) {
    if (!FragmentReader.isSoundChunk(published, list)) {
      return false;
    }
    boolean sound = true;
    for (String fragment : FragmentList.parse(published.get(list)).fragments()) {
      sound &= FragmentReader.isSoundChunk(published, fragment);
    }
    return sound;
  }

  static void same(String what, String logged, String made) {
    if (!logged.equals(made)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s was logged as %s and comes out as %s".formatted(what, logged, made));
    }
  }

  /// A merge that the log tells of.
  ///
  /// @param weights before it
  /// @param momentum before it
  record Merge(
      Study study,
      TensorLayout layout,
      RoundState round,
      String weights,
      String momentum,
      Event.Merged logged) {
    /// @param state before the merge
    static Merge of(HubState state, Event.Merged logged) {
      return new Merge(
          state.study(), state.layout(), state.round(), state.weights(), state.momentum(), logged);
    }

    /// Makes it again from the same deltas.
    void again(Merger merger) {
      Event.Merged made = merger.merge(round, weights, momentum);
      same("round " + made.round(), logged.weights(), made.weights());
      same("the momentum of round " + made.round(), logged.momentum(), made.momentum());
    }
  }

  /// The log, read up to its end.
  private final class Past {
    final HubState state = new HubState(study, (stage, happening) -> {});
    final List<Merge> merges = new ArrayList<>();
    private final int from;
    int merged;

    /// The last merge whose weights and momentum are whole; 0 for none.
    int newestWhole;

    /// @param from how many merges are passed over before some are gathered in `merges`; while
    ///     there are none to gather, merges are looked through
    Past(int from) {
      this.from = from;
    }

    void read(RoundStore log) {
      log.read(1, (number, bytes) -> take(Event.parse(bytes, number, state.head())));
    }

    private void take(Event.Logged logged) {
      if (logged.event() instanceof Event.Merged event) {
        merged++;
        if (merged > from && merges.size() < MOST_ROUNDS) {
          merges.add(Merge.of(state, event));
        }
        if (from == Integer.MAX_VALUE && isWhole(event)) {
          newestWhole = merged;
        }
      }
      state.apply(logged, logged.event().signedMessage());
    }

    private boolean isWhole(Event.Merged event) {
      return published.contains(event.weights())
          && published.contains(event.momentum())
          && isSound(event.weights())
          && isSound(event.momentum());
    }
  }
}
