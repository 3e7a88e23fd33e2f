package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.TensorLayout;
import org.dure.federation.log.DeltaVerdict;
import org.dure.federation.log.Event;
import org.dure.federation.merge.DeltaFigures;
import org.dure.federation.merge.Judge;
import org.dure.federation.merge.MergeShares;
import org.dure.federation.merge.MergeWork;
import org.dure.federation.merge.Mixture;
import org.dure.federation.merge.OuterStep;
import org.dure.federation.merge.Repeats;
import org.dure.federation.merge.TensorGroups;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.Study;
import org.dure.federation.secret.SecretMerge;
import org.dure.federation.secret.SecretRound;

/// Merges a round, fragment by fragment: a pure function of the logged contributions and the
/// weights and momentum before. First every delta is judged, then what counts is added.
///
/// Memory is a few fragments, whatever the size of the model and the number of regions.
final class Merger {
  private final Study study;
  private final TensorLayout layout;
  private final TensorGroups groups;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;

  /// @param published where weights and momentum are kept
  /// @param received where a region's deltas are kept, by its name
  Merger(
      Study study,
      TensorLayout layout,
      ArtifactStore published,
      Function<String, ArtifactStore> received) {
    this.study = study;
    this.layout = layout;
    this.groups = TensorGroups.of(layout);
    this.published = published;
    this.received = received;
  }

  /// Judges and merges `round`, circle by circle; keeps the new weights and momentum with their
  /// lists, then says what they are. They are durable only when they have been settled.
  ///
  /// @param works what there is to do for each circle
  /// @throws DishonestShares where a secret sum cannot be made
  Event.Merged merge(RoundState round, List<CircleStandings.Work> works) {
    SortedMap<String, Event.Circle> circles = new TreeMap<>();
    for (CircleStandings.Work work : works) {
      circles.put(work.circle(), merge(round, work));
    }
    return new Event.Merged(round.number, circles);
  }

  private Event.Circle merge(RoundState round, CircleStandings.Work work) {
    if (round.secret != null) {
      return unseen(round, round.secret, work.before());
    }
    if (work.regions().isEmpty()) {
      return Event.Circle.asBefore(work.before());
    }
    SortedMap<String, FragmentList> deltas = deltas(round, work.regions());
    List<DeltaFigures.Vector> vectors = new ArrayList<>();
    deltas.forEach(
        (region, delta) -> vectors.add(new DeltaFigures.Vector(delta, received.apply(region))));
    for (String list : work.before().lists()) {
      vectors.add(new DeltaFigures.Vector(list(published, list), published));
    }
    DeltaFigures figures = DeltaFigures.of(vectors, groups);
    double norm = norm(figures.norms(deltas.size()));
    SortedMap<String, Event.Judgement> judgements = judge(round, deltas, work, figures, norm);
    while (true) {
      SortedMap<String, Double> shares = shares(round, work.past(), figures, judgements);
      chosen(judgements, shares);
      Optional<Event.Circle> merged = mix(round, deltas, judgements, shares, norm, work.before());
      if (merged.isPresent()) {
        return merged.get();
      }
      leaveOutLongest(judgements);
    }
  }

  /// What the log says of the round is done once more, without judging.
  ///
  /// @return the same again
  Event.Merged again(RoundState round, Event.Merged logged) {
    SortedMap<String, Event.Circle> circles = new TreeMap<>();
    logged
        .circles()
        .forEach(
            (name, circle) -> {
              Event.Standing before = of(round.circles, name);
              circles.put(name, again(round, before, circle));
            });
    return new Event.Merged(round.number, circles);
  }

  private Event.Circle again(RoundState round, Event.Standing before, Event.Circle logged) {
    if (round.secret != null) {
      return unseen(round, round.secret, before);
    }
    if (logged.parts().isEmpty()) {
      return Event.Circle.asBefore(before);
    }
    SortedMap<String, Event.Judgement> judgements = new TreeMap<>();
    SortedMap<String, Double> shares = new TreeMap<>();
    logged
        .parts()
        .forEach(
            (region, part) -> {
              judgements.put(region, part.judgement());
              shares.put(region, part.share());
            });
    SortedMap<String, FragmentList> deltas = deltas(round, logged.parts().keySet());
    return mix(round, deltas, judgements, shares, logged.norm(), before)
        .orElseThrow(() -> notFinite(round));
  }

  private static DureException notFinite(RoundState round) {
    return new DureException(
        ErrorCode.ARTIFACT_CORRUPT,
        "round %d comes out with weights that are not finite".formatted(round.number));
  }

  /// Of a secret sum there is one part, the mean of all: nothing can be judged.
  private Event.Circle unseen(RoundState round, SecretRound secret, Event.Standing before) {
    SortedMap<String, String> deltas = new TreeMap<>();
    round.contributions.forEach(
        (region, accepted) -> deltas.put(region, accepted.message().delta()));
    MergeWork.Part mean =
        new SecretMerge(study, layout, published, received)
            .mean(round.number, secret, study.secret().orElseThrow(), deltas);
    MergeWork work =
        new MergeWork(List.of(mean), start(before), Mixture.mean(groups), outer(deltas.size()));
    work.run();
    if (!work.isFinite()) {
      throw notFinite(round);
    }
    return new Event.Circle(
        keep(work.newWeights()), keep(work.newVelocities()), 0, unseenParts(round));
  }

  /// What a merge says of each region whose delta nobody saw: an equal share, and what it told
  /// itself of the cosine between its delta and the step before.
  static SortedMap<String, Event.Part> unseenParts(RoundState round) {
    SortedMap<String, Event.Part> parts = new TreeMap<>();
    round.contributions.forEach(
        (region, accepted) ->
            parts.put(
                region,
                new Event.Part(
                    1.0 / round.contributions.size(),
                    accepted.message().metrics().getOrDefault(SecretSum.COSINE, 0.0),
                    accepted.message().round(),
                    new Event.Judgement(DeltaVerdict.COUNTED, 0, 0, 0, List.of(), List.of()))));
    return parts;
  }

  private MergeWork.Start start(Event.Standing before) {
    return new MergeWork.Start(
        list(published, before.weights()),
        before.momentum().isEmpty() ? List.of() : list(published, before.momentum()).fragments(),
        published);
  }

  private SortedMap<String, FragmentList> deltas(RoundState round, Set<String> regions) {
    SortedMap<String, FragmentList> deltas = new TreeMap<>();
    for (String region : regions) {
      deltas.put(region, list(received.apply(region), delta(round, region)));
    }
    return deltas;
  }

  private static String delta(RoundState round, String region) {
    return round.contribution(region).message().delta();
  }

  private SortedMap<String, Event.Judgement> judge(
      RoundState round,
      SortedMap<String, FragmentList> deltas,
      CircleStandings.Work work,
      DeltaFigures figures,
      double norm) {
    List<String> regions = List.copyOf(deltas.keySet());
    List<String> drawn = regions.stream().map(region -> delta(round, region)).toList();
    Repeats repeats =
        new Repeats(
            study.merge().judging().repeatBound(),
            String.join("\n", drawn),
            deltas.firstEntry().getValue().fragments().size());
    SortedMap<String, Judge.Measured> measured = new TreeMap<>();
    deltas.forEach(
        (region, delta) ->
            measured.put(
                region,
                new Judge.Measured(
                    repeats.largest(
                        delta(round, region),
                        delta,
                        work.past().deltas().getOrDefault(region, List.of()),
                        received.apply(region)),
                    work.before().momentum().isEmpty()
                        ? 0
                        : figures.cosine(regions.indexOf(region), regions.size() + 1),
                    round.contribution(region).staleness(),
                    figures.norms(regions.indexOf(region)))));
    Judge judge = new Judge(study.merge().judging(), groups, work.past(), measured);
    SortedMap<String, Double> agreements = new TreeMap<>();
    for (String region : regions) {
      agreements.put(
          region,
          Judge.agreement(
              judge.comparable().stream()
                  .filter(other -> !other.equals(region))
                  .mapToDouble(
                      other -> figures.cosine(regions.indexOf(region), regions.indexOf(other)))
                  .toArray()));
    }
    return judge.judge(agreements, norm);
  }

  private SortedMap<String, Double> shares(
      RoundState round,
      Judge.Past past,
      DeltaFigures figures,
      SortedMap<String, Event.Judgement> judgements) {
    List<String> regions = List.copyOf(judgements.keySet());
    if (isOfTooFew(study, judgements)) {
      return new TreeMap<>();
    }
    return MergeShares.of(
        study.merge(),
        weights(round, judgements),
        limits(study.merge(), judgements, past.counted()),
        (one, other) ->
            figures.squaredDistance(
                regions.indexOf(one),
                of(judgements, one).scales(),
                regions.indexOf(other),
                of(judgements, other).scales()));
  }

  /// Whether fewer deltas are in order than a circle needs: of one alone the others would see it.
  static boolean isOfTooFew(Study study, Map<String, Event.Judgement> judgements) {
    return judgements.values().stream().filter(one -> one.verdict().isInOrder()).count()
        < study.leastInCircle();
  }

  static <V> V of(Map<String, V> values, String region) {
    V value = values.get(region);
    if (value == null) {
      throw new DureException(ErrorCode.INTERNAL, "the merge has nothing of " + region);
    }
    return value;
  }

  /// What each share is in proportion to, of those that count.
  static SortedMap<String, Double> weights(
      RoundState round, Map<String, Event.Judgement> judgements) {
    SortedMap<String, Double> weights = round.mergeWeights();
    weights.keySet().retainAll(judgements.keySet());
    weights.keySet().removeIf(region -> !of(judgements, region).verdict().isInOrder());
    return weights;
  }

  /// The largest share of each of those that count.
  static SortedMap<String, Double> limits(
      Study.Merge merge,
      SortedMap<String, Event.Judgement> judgements,
      Map<String, Integer> counted) {
    SortedMap<String, Double> limits = new TreeMap<>();
    double equal =
        1.0 / judgements.values().stream().filter(one -> one.verdict().isInOrder()).count();
    judgements.forEach(
        (region, judgement) -> {
          if (judgement.verdict().isInOrder()) {
            boolean known = counted.getOrDefault(region, 0) >= Study.Merge.NEW;
            limits.put(region, known ? Math.max(merge.weightCap(), equal) : equal);
          }
        });
    return limits;
  }

  /// Those without a share that were in order were left aside by the rule.
  private static void chosen(
      SortedMap<String, Event.Judgement> judgements, SortedMap<String, Double> shares) {
    judgements.replaceAll(
        (region, judgement) ->
            judgement.verdict().isCounted() && !shares.containsKey(region)
                ? with(judgement, DeltaVerdict.NOT_CHOSEN)
                : judgement);
  }

  private static Event.Judgement with(Event.Judgement judgement, DeltaVerdict verdict) {
    return new Event.Judgement(
        verdict,
        judgement.agreement(),
        judgement.repeat(),
        judgement.onward(),
        judgement.norms(),
        verdict.isInOrder() ? judgement.scales() : List.of());
  }

  /// Whatever made the weights no finite numbers is the longest.
  private static void leaveOutLongest(SortedMap<String, Event.Judgement> judgements) {
    String longest =
        judgements.entrySet().stream()
            .filter(entry -> entry.getValue().verdict().isInOrder())
            .max(Comparator.comparingDouble(entry -> norm(entry.getValue().countedNorms())))
            .orElseThrow()
            .getKey();
    judgements.computeIfPresent(
        longest, (region, judgement) -> with(judgement, DeltaVerdict.NOT_FINITE));
  }

  private static double norm(List<Double> norms) {
    double squares = 0;
    for (double norm : norms) {
      squares += norm * norm;
    }
    return Math.sqrt(squares);
  }

  /// @return empty if the weights would not be finite
  private Optional<Event.Circle> mix(
      RoundState round,
      SortedMap<String, FragmentList> deltas,
      SortedMap<String, Event.Judgement> judgements,
      SortedMap<String, Double> shares,
      double norm,
      Event.Standing before) {
    List<MergeWork.Part> parts = new ArrayList<>();
    judgements.forEach(
        (region, judgement) ->
            parts.add(
                new MergeWork.Part(
                    of(deltas, region),
                    shares.getOrDefault(region, 0.0),
                    judgement.scales(),
                    received.apply(region))));
    int counting = (int) parts.stream().filter(part -> part.share() > 0).count();
    MergeWork work =
        new MergeWork(
            parts,
            start(before),
            Mixture.of(study.merge().rule(), groups, counting, study.merge().judging().hostile()),
            outer(counting));
    work.run();
    if (!work.isFinite()) {
      return Optional.empty();
    }
    SortedMap<String, Event.Part> taken = new TreeMap<>();
    Iterator<Double> cosines = work.cosines().iterator();
    judgements.forEach(
        (region, judgement) ->
            taken.put(
                region,
                new Event.Part(
                    shares.getOrDefault(region, 0.0),
                    cosines.next(),
                    round.contribution(region).message().round(),
                    judgement)));
    return Optional.of(
        new Event.Circle(keep(work.newWeights()), keep(work.newVelocities()), norm, taken));
  }

  /// Where nothing counts, weights and momentum stay as they are.
  private OuterStep outer(int counting) {
    return counting == 0
        ? OuterStep.NONE
        : new OuterStep(study.merge().learningRate(), study.merge().momentum());
  }

  private String keep(List<String> fragments) {
    return published.putSoon(
        FragmentList.weights(layout, study.fragmentBytes(), fragments).encode());
  }

  private static FragmentList list(ArtifactStore store, String digest) {
    return FragmentList.parse(store.get(digest));
  }
}
