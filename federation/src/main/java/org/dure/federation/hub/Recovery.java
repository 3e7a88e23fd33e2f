package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.StoredPart;
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
    SortedMap<String, CommonPreparation.Part> contents = new TreeMap<>();
    parts.forEach(
        (region, parcel) -> {
          ArtifactStore store = around.received().apply(region);
          contents.put(region, new StoredPart(FragmentList.parse(store.get(parcel)), store));
        });
    FragmentWriter common = new FragmentWriter(study.fragmentBytes(), published);
    around.preparation().orElseThrow().prepare(contents, common);
    FragmentList list = common.finish();
    if (list.bytes() > CommonPreparation.MOST_RESULT) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "the common preparation comes to %d bytes: regions take at most %d"
              .formatted(list.bytes(), CommonPreparation.MOST_RESULT));
    }
    return list.digest();
  }

  /// What the hub had made when it was asked, as far as it is remembered.
  ///
  /// @param lists digests of what is given out
  /// @param common digest of the list of the common preparation; empty for none
  /// @param parts that it was made of
  /// @param initial digest of the list of the weights before the first round
  /// @param merges how many there were
  /// @param newest of them, oldest first
  record Made(
      List<String> lists,
      String common,
      SortedMap<String, String> parts,
      String initial,
      int merges,
      List<Merge> newest) {
    static Made of(HubState state) {
      List<Merge> newest = new ArrayList<>();
      String momentum = "";
      boolean all = !state.rounds().isEmpty() && state.rounds().getFirst().number == 1;
      for (RoundState round : state.rounds()) {
        Event.Merged merged = round.merged;
        if (merged == null) {
          continue;
        }
        // Of the oldest that is remembered nobody knows what was before it, unless all are.
        if (all || !momentum.isEmpty()) {
          newest.add(
              new Merge(state.study(), state.layout(), round, round.weights, momentum, merged));
        }
        momentum = merged.momentum();
      }
      return new Made(
          Stream.of(state.common(), state.weights(), state.momentum())
              .filter(list -> !list.isEmpty())
              .toList(),
          state.common(),
          state.parts(),
          state.opened().weights(),
          state.merges(),
          List.copyOf(newest));
    }
  }

  /// Checks the bytes of what is given out now, and makes again what is missing or spoilt,
  /// beginning from the last merge that is whole. The log is read only if more merges are to be
  /// made again than are remembered, and then once.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if something comes out differently
  void restore(Made made, RoundStore log) {
    if (made.lists.stream().allMatch(this::isSound)) {
      return;
    }
    if (!made.common.isEmpty() && !isSound(made.common)) {
      same("the common preparation", made.common, prepare(made.parts));
    }
    int whole = made.newest.size() - 1;
    while (whole >= 0 && !isWhole(made.newest.get(whole).logged)) {
      whole--;
    }
    if (whole < 0) {
      if (!isSound(made.initial)) {
        same(
            "the initial weights",
            made.initial,
            Fragments.put(around.initial().get(), study.fragmentBytes(), published).digest());
      }
      if (made.newest.size() < made.merges) {
        again(log, made.merges);
        return;
      }
    }
    for (Merge merge : made.newest.subList(whole + 1, made.newest.size())) {
      merge.again(merger());
    }
  }

  /// Makes the first `merges` merges again, some of them at a time, so that no merge holds up
  /// whoever writes to the log.
  private void again(RoundStore log, int merges) {
    HubState state = new HubState(study, (stage, happening) -> {});
    List<Merge> due = new ArrayList<>();
    for (int done = 0; done < merges; done += due.size()) {
      due.clear();
      int most = Math.min(MOST_ROUNDS, merges - done);
      log.readWhile(
          state.number() + 1,
          (number, bytes) -> {
            Event.Logged logged = Event.parse(bytes, number, state.head());
            if (logged.event() instanceof Event.Merged event) {
              due.add(Merge.of(state, event));
            }
            state.apply(logged, logged.event().signedMessage());
            return due.size() < most;
          });
      if (due.isEmpty()) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "the log tells of %d merges: expected %d".formatted(done, merges));
      }
      due.forEach(merge -> merge.again(merger()));
    }
  }

  private boolean isWhole(Event.Merged event) {
    return published.contains(event.weights())
        && published.contains(event.momentum())
        && isSound(event.weights())
        && isSound(event.momentum());
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
}
