package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.Event;
import org.dure.federation.merge.Judge;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// Where the circles of a study stand, who is in which, and what a merge has to do for each: the
/// part of [HubState] that is about them, and as it a function of the log alone. Not thread-safe.
final class CircleStandings {
  /// What a merge does for one circle.
  ///
  /// @param circle its name
  /// @param before where it stands
  /// @param regions whose contributions it takes, sorted; none where too few have contributed
  /// @param past what their deltas are held against
  record Work(String circle, Event.Standing before, SortedSet<String> regions, Judge.Past past) {}

  private final Study study;
  private final Map<String, MemberState> members;
  private final Rounds rounds;

  /// Digest of the list of the weights before the first round; empty before the study was opened.
  private String initial = "";

  private SortedMap<String, Event.Standing> standings = new TreeMap<>();

  /// @param members by their names; more may come
  CircleStandings(Study study, Map<String, MemberState> members, Rounds rounds) {
    this.study = study;
    this.members = members;
    this.rounds = rounds;
  }

  /// The study was opened with these weights.
  void begin(String weights) {
    initial = weights;
    standings = new TreeMap<>(Rollback.Base.start(study, weights).circles());
  }

  /// After a merge or a return.
  void stand(SortedMap<String, Event.Standing> now) {
    standings = new TreeMap<>(now);
  }

  /// A region that the study file does not name: its circle may be a new one, which starts with the
  /// study's first weights.
  void enrol(String region) {
    Event.Standing start = new Event.Standing(initial, "");
    Event.Standing now = standings.computeIfAbsent(of(region), circle -> start);
    if (rounds.number() > 0) {
      rounds.last().circles.putIfAbsent(of(region), now);
    }
  }

  /// A round was opened: who is in which circle of it.
  void roundOpened() {
    RoundState round = rounds.last();
    int place = rounds.takenBack().place(round.number);
    members.keySet().forEach(region -> round.circleOf.put(region, at(region, place)));
  }

  /// Whether so many of some circle have contributed that it would be merged: in this round or, if
  /// they started in another circle, in the next one. A round that could not bring anyone together
  /// waits for more.
  boolean bringsTogether() {
    Map<String, Integer> contributed = new HashMap<>();
    rounds
        .last()
        .contributions
        .keySet()
        .forEach(region -> contributed.merge(of(region), 1, Integer::sum));
    return contributed.values().stream().anyMatch(count -> count >= study.leastInCircle());
  }

  /// The next round is about to be opened, perhaps with narrower circles.
  void narrow() {
    standings = next(rounds.takenBack().place(rounds.number() + 1));
  }

  /// Whether it has every circle of the open round, with the parts of those who contributed to it;
  /// one to which too few did stays as it was.
  boolean fits(Event.Merged event) {
    return event.circles().keySet().equals(rounds.last().circles.keySet())
        && event.circles().entrySet().stream()
            .allMatch(
                entry ->
                    entry.getValue().parts().keySet().equals(contributors(entry.getKey()))
                        && (!entry.getValue().parts().isEmpty()
                            || entry
                                .getValue()
                                .equals(Event.Circle.asBefore(standing(entry.getKey())))));
  }

  private Event.Standing standing(String circle) {
    Event.Standing standing = rounds.last().circles.get(circle);
    if (standing == null) {
      throw new DureException(
          ErrorCode.INTERNAL, "round %d has no circle %s".formatted(rounds.number(), circle));
    }
    return standing;
  }

  /// Whose contributions to the open round are merged in a circle: of those who started in it and
  /// are in it still; nobody's where they are too few.
  private SortedSet<String> contributors(String circle) {
    SortedSet<String> regions = new TreeSet<>();
    rounds
        .last()
        .contributions
        .forEach(
            (region, accepted) -> {
              if (of(region).equals(circle)
                  && circleIn(region, accepted.message().round()).equals(circle)) {
                regions.add(region);
              }
            });
    return regions.size() < study.leastInCircle() ? new TreeSet<>() : regions;
  }

  /// What the merge of the open round has to do, circle by circle.
  List<Work> merging() {
    List<Work> works = new ArrayList<>();
    rounds
        .last()
        .circles
        .forEach(
            (circle, standing) -> {
              SortedSet<String> regions = contributors(circle);
              works.add(new Work(circle, standing, regions, past(regions)));
            });
    return works;
  }

  /// The circle of a region in the newest round, or the first.
  String of(String region) {
    return rounds.number() == 0 ? at(region, 1) : circleIn(region, rounds.number());
  }

  /// The circle of a region in a round that is remembered.
  private String circleIn(String region, int round) {
    String circle = rounds.of(round).circleOf.get(region);
    return circle == null ? at(region, rounds.takenBack().place(round)) : circle;
  }

  private String at(String region, int place) {
    return study.schedule().circles().of(member(region).region, place);
  }

  /// Where the circles of a round stand at its start. One that was there before goes on; a new one
  /// has the weights of the circle that its regions come from, and no momentum.
  private SortedMap<String, Event.Standing> next(int place) {
    SortedMap<String, Event.Standing> now = new TreeMap<>();
    for (String region : members.keySet()) {
      String circle = at(region, place);
      Event.Standing same = standings.get(circle);
      Event.Standing before = standings.get(at(region, Math.max(1, place - 1)));
      now.putIfAbsent(
          circle,
          same != null
              ? same
              : new Event.Standing(before == null ? initial : before.weights(), ""));
    }
    return now;
  }

  /// Where each circle stands after the last merge, by its name.
  SortedMap<String, Event.Standing> now() {
    return Collections.unmodifiableSortedMap(standings);
  }

  /// Digest of the list of a region's weights: those of its circle after the last merge.
  String weights(String region) {
    Event.Standing standing = standings.get(of(region));
    return standing == null ? initial : standing.weights();
  }

  /// Whether the hub still has the weights that a round started from: those before the last merge,
  /// and, where nobody is waited for, those that a slow region may still be fetching.
  boolean isKept(RoundState round) {
    int behind =
        study.patience().quorum() < study.regions().size()
            ? Math.max(1, study.patience().lateRounds())
            : 1;
    return rounds.takenBack().place(round.number) > rounds.merges() - behind;
  }

  /// Digests of the lists of the weights that each region may work from or has yet to fetch: those
  /// of its circles as long as the hub has them.
  Map<String, Set<String>> fetchable() {
    List<RoundState> known = rounds.newest();
    List<RoundState> kept = new ArrayList<>();
    for (int i = known.size() - 1; i >= 0 && isKept(known.get(i)); i--) {
      if (!known.get(i).takenBack) {
        kept.add(known.get(i));
      }
    }
    Map<String, Set<String>> fetchable = new HashMap<>();
    for (String region : members.keySet()) {
      Set<String> lists = new HashSet<>(Set.of(weights(region)));
      kept.forEach(round -> lists.add(round.weights(circleIn(region, round.number))));
      lists.remove("");
      fetchable.put(region, Set.copyOf(lists));
    }
    return fetchable;
  }

  /// Digest of the list of the weights that a region's work in a round starts from.
  ///
  /// @param round that stands and is remembered
  String weights(String region, int round) {
    return rounds.of(round).weights(circleIn(region, round));
  }

  /// What deltas of the open round are held against: what stands of the rounds before, of the
  /// circles in which these regions were. A round that was taken back may have been hostile, and a
  /// region does it again to the same bits.
  ///
  /// @param regions of one circle
  private Judge.Past past(SortedSet<String> regions) {
    if (regions.isEmpty()) {
      return Judge.Past.NONE;
    }
    RoundState open = rounds.last();
    List<List<Double>> norms = new ArrayList<>();
    List<Map<String, Double>> agreements = new ArrayList<>();
    int merged = 0;
    Map<String, List<String>> deltas = new HashMap<>();
    Map<String, List<List<Double>>> own = new HashMap<>();
    boolean circled = !study.schedule().circles().isOne();
    for (RoundState earlier : rounds.newest().reversed()) {
      if (earlier.takenBack) {
        continue;
      }
      Event.Circle circle = circle(earlier, regions.first());
      if (circle != null && merged < Judge.HISTORY) {
        merged++;
        norms.addAll(RoundState.usualNorms(circle));
        if (merged < Judge.WINDOW) {
          agreements.add(RoundState.agreements(circle));
        }
      }
      for (String region : regions) {
        Event.Part part = part(earlier, region);
        if (part != null && (!circled || part.share() > 0)) {
          deltas
              .computeIfAbsent(region, name -> new ArrayList<>())
              .add(earlier.contribution(region).message().delta());
          if (circled) {
            own.computeIfAbsent(region, name -> new ArrayList<>())
                .add(part.judgement().countedNorms());
          }
        }
      }
    }
    Map<String, Integer> counted = new HashMap<>();
    Set<String> suspended = new HashSet<>();
    Map<String, Integer> phases = new HashMap<>();
    for (String region : regions) {
      counted.put(region, member(region).merged);
      if (circled) {
        phases.put(region, phases(region));
      }
      if (rounds.takenBack().place(open.number) < member(region).suspendedUntil) {
        suspended.add(region);
      }
    }
    own.replaceAll(
        (region, lengths) -> lengths.subList(0, Math.min(Judge.HISTORY, lengths.size())));
    return new Judge.Past(norms, agreements, counted, suspended, deltas, own, phases);
  }

  /// How many rounds' work a region's delta in the open round may hold: its own, and that of the
  /// rounds before it in which it contributed and its circle stayed as it was.
  private int phases(String region) {
    int phases = 1;
    String now = of(region);
    List<RoundState> known = rounds.newest();
    for (int i = known.size() - 2; i >= 0; i--) {
      RoundState earlier = known.get(i);
      Event.Merged merged = earlier.merged;
      if (earlier.takenBack || merged == null) {
        continue;
      }
      Event.Circle circle = merged.circles().get(now);
      if (circle == null || circle.moved()) {
        return phases;
      }
      phases += earlier.contributions.containsKey(region) ? 1 : 0;
    }
    return phases;
  }

  private Event.@Nullable Part part(RoundState round, String region) {
    Event.Circle circle = circle(round, region);
    return circle == null ? null : circle.parts().get(region);
  }

  /// What became of a region's circle in a merge; null where it was not merged.
  private Event.@Nullable Circle circle(RoundState round, String region) {
    Event.Circle circle =
        round.merged == null ? null : round.merged.circles().get(circleIn(region, round.number));
    return circle == null || circle.parts().isEmpty() ? null : circle;
  }

  private MemberState member(String region) {
    return Merger.of(members, region);
  }
}
