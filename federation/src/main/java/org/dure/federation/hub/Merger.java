package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.TensorLayout;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.Study;

/// Merges a round, fragment by fragment: a pure function of the logged contributions and the
/// weights and momentum before.
///
/// Memory is a few fragments, whatever the size of the model and the number of regions.
final class Merger {
  private final Study study;
  private final TensorLayout layout;
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
    this.published = published;
    this.received = received;
  }

  /// Merges `round`; keeps the new weights and momentum with their lists, then says what they are.
  /// They are durable only when they have been settled.
  ///
  /// @param weights digest of the list before the round
  /// @param momentum digest of the list before the round; empty for none
  Event.Merged merge(RoundState round, String weights, String momentum) {
    SortedMap<String, Double> shares = shares(round);
    List<MergeWork.Part> parts = parts(round, shares);
    MergeWork work =
        new MergeWork(
            parts,
            list(published, weights),
            momentum.isEmpty() ? List.of() : list(published, momentum).fragments(),
            published,
            new OuterStep(study.merge().learningRate(), study.merge().momentum()));
    work.run();
    SortedMap<String, Event.Part> taken = new TreeMap<>();
    Iterator<Double> cosines =
        (round.secret == null ? work.cosines() : toldCosines(round)).iterator();
    shares.forEach(
        (region, share) ->
            taken.put(
                region,
                new Event.Part(
                    share, cosines.next(), round.contribution(region).message().round())));
    return new Event.Merged(
        round.number, keep(work.newWeights()), keep(work.newVelocities()), taken);
  }

  /// Of a secret sum there is one part, the mean of all.
  ///
  /// @throws DishonestShares where a secret sum cannot be made
  private List<MergeWork.Part> parts(RoundState round, SortedMap<String, Double> shares) {
    List<MergeWork.Part> parts = new ArrayList<>();
    SecretRound secret = round.secret;
    if (secret != null) {
      parts.add(
          new SecretMerge(study, layout, published, received)
              .mean(round, secret, study.secret().orElseThrow()));
      return parts;
    }
    shares.forEach(
        (region, share) -> {
          ArtifactStore store = received.apply(region);
          FragmentList delta = list(store, round.contribution(region).message().delta());
          parts.add(new MergeWork.Part(delta, share, store));
        });
    return parts;
  }

  /// What regions say of the cosine between their deltas and the step before, where nobody can
  /// see the one between their deltas and this one.
  private static List<Double> toldCosines(RoundState round) {
    return round.contributions.values().stream()
        .map(accepted -> accepted.message().metrics().getOrDefault(SecretSum.COSINE, 0.0))
        .toList();
  }

  /// In the order of the regions' names, which is the order of every sum.
  private SortedMap<String, Double> shares(RoundState round) {
    return OuterStep.shares(round.mergeWeights(), study.merge().weightCap());
  }

  private String keep(List<String> fragments) {
    return published.putSoon(
        FragmentList.weights(layout, study.fragmentBytes(), fragments).encode());
  }

  private static FragmentList list(ArtifactStore store, String digest) {
    return FragmentList.parse(store.get(digest));
  }
}
