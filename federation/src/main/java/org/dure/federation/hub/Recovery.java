package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;

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

  /// @param families of the regions, by their names
  PreparationWork preparation(Map<String, String> families) {
    return new PreparationWork(
        around.preparation().orElseThrow(),
        families,
        study.fragmentBytes(),
        published,
        around.received());
  }

  /// What the hub had made when it was asked, as far as it is remembered.
  ///
  /// @param lists digests of what is given out
  /// @param prepared the common preparation; empty for none
  /// @param families of the regions that gave a part in it
  /// @param initial digest of the list of the weights before the first round
  /// @param merges how many stand
  /// @param newest of them, oldest first
  /// @param takenBack which rounds count no more
  record Made(
      List<String> lists,
      Optional<Event.Prepared> prepared,
      Map<String, String> families,
      String initial,
      int merges,
      List<Merge> newest,
      TakenBack takenBack) {
    static Made of(HubState state) {
      List<Merge> newest = new ArrayList<>();
      for (RoundState round : state.rounds()) {
        if (round.merged != null && !round.takenBack) {
          newest.add(new Merge(round, round.merged));
        }
      }
      List<String> lists = new ArrayList<>(state.commons());
      state.circles().now().values().forEach(standing -> lists.addAll(standing.lists()));
      return new Made(
          lists.stream().distinct().toList(),
          Optional.ofNullable(state.prepared()),
          state.families(),
          state.opened().weights(),
          state.merges(),
          List.copyOf(newest),
          state.takenBack());
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
    made.prepared.ifPresent(
        prepared ->
            prepared
                .common()
                .forEach(
                    (family, list) -> {
                      if (!isSound(list)) {
                        same(
                            "the common preparation",
                            list,
                            preparation(made.families).makeAgain(prepared, family));
                      }
                    }));
    if (made.lists.contains(made.initial)) {
      makeInitial(made);
    }
    int whole = made.newest.size() - 1;
    while (whole >= 0 && !isWhole(made.newest.get(whole).logged)) {
      whole--;
    }
    if (whole < 0) {
      makeInitial(made);
      if (made.newest.size() < made.merges) {
        again(log, made);
        return;
      }
    }
    Superseded superseded = new Superseded(published, made.lists);
    for (Merge merge : made.newest.subList(whole + 1, made.newest.size())) {
      merge.again(merger());
      superseded.after(merge.logged);
    }
  }

  private void makeInitial(Made made) {
    if (!isSound(made.initial)) {
      same(
          "the initial weights",
          made.initial,
          Fragments.put(around.initial().get(), study.fragmentBytes(), published).digest());
    }
  }

  /// Makes all merges again that stand, some of them at a time, so that no merge holds up whoever
  /// writes to the log.
  private void again(RoundStore log, Made made) {
    HubState state = new HubState(study, (stage, happening) -> {});
    Superseded superseded = new Superseded(published, made.lists);
    List<Merge> due = new ArrayList<>();
    for (int done = 0; done < made.merges; done += due.size()) {
      due.clear();
      int most = Math.min(MOST_ROUNDS, made.merges - done);
      log.readWhile(
          state.number() + 1,
          (number, bytes) -> {
            Event.Logged logged = Event.parse(bytes, number, state.head());
            if (logged.event() instanceof Event.Merged event
                && !made.takenBack.contains(event.round())) {
              due.add(Merge.of(state, event));
            }
            state.apply(logged, logged.event().signedMessage());
            return due.size() < most;
          });
      if (due.isEmpty()) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "the log tells of %d merges: expected %d".formatted(done, made.merges));
      }
      for (Merge merge : due) {
        merge.again(merger());
        superseded.after(merge.logged);
      }
    }
  }

  private boolean isWhole(Event.Merged event) {
    return event.standings().values().stream()
        .flatMap(standing -> standing.lists().stream())
        .distinct()
        .allMatch(list -> published.contains(list) && isSound(list));
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

  /// A merge that the log tells of, with the round as it was before it.
  record Merge(RoundState round, Event.Merged logged) {
    /// @param state before the merge
    static Merge of(HubState state, Event.Merged logged) {
      return new Merge(state.round(), logged);
    }

    /// Makes it again from the same deltas, as it was judged.
    void again(Merger merger) {
      same(merger.again(round, logged));
    }

    /// Judges it again and makes it again, with the same figures and verdicts to the last bit.
    ///
    /// @param works what there was to do
    void judgeAgain(Merger merger, List<CircleStandings.Work> works) {
      Event.Merged made = merger.merge(round, works);
      SortedMap<String, Event.Part> parts = made.parts();
      for (Map.Entry<String, Event.Part> part : logged.parts().entrySet()) {
        Recovery.same(
            "the judgement of round %d about %s".formatted(round.number, part.getKey()),
            part.getValue().toString(),
            String.valueOf(parts.get(part.getKey())));
      }
      logged
          .circles()
          .forEach(
              (circle, merged) ->
                  Recovery.same(
                      "the norm of the weights before round %d of %s"
                          .formatted(round.number, circle),
                      Double.toHexString(merged.norm()),
                      Double.toHexString(Merger.of(made.circles(), circle).norm())));
      same(made);
    }

    private void same(Event.Merged made) {
      SortedMap<String, Event.Standing> standings = made.standings();
      logged
          .standings()
          .forEach(
              (circle, expected) -> {
                String what = logged.round() + (circle.equals(Circles.ALL) ? "" : " of " + circle);
                Event.Standing found = standings.get(circle);
                if (found == null) {
                  throw new DureException(
                      ErrorCode.ARTIFACT_CORRUPT, "round %s was not made".formatted(what));
                }
                Recovery.same("round " + what, expected.weights(), found.weights());
                Recovery.same(
                    "the momentum of round " + what, expected.momentum(), found.momentum());
              });
    }
  }
}
