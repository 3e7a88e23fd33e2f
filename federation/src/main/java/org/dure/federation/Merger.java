package org.dure.federation;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.TensorLayout;

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

  /// One region in a merge.
  private record Part(String region, FragmentList delta, double share, ArtifactStore store) {
    FloatBuffer values(int index) {
      return Fragments.floats(store.get(delta.fragments().get(index)));
    }
  }

  /// Merges `round`; keeps the new weights and momentum with their lists, then says what they are.
  ///
  /// @param weights digest of the list before the round
  /// @param momentum digest of the list before the round; empty for none
  Event.Merged merge(HubState.Round round, String weights, String momentum) {
    List<Part> parts = parts(round);
    OuterStep outer = new OuterStep(study.outerLearningRate(), study.outerMomentum());
    Angles angles = new Angles();
    FragmentList before = list(published, weights);
    List<String> velocities =
        momentum.isEmpty() ? List.of() : list(published, momentum).fragments();
    List<String> newWeights = new ArrayList<>();
    List<String> newVelocities = new ArrayList<>();
    for (int i = 0; i < before.fragments().size(); i++) {
      double[] gradient = new double[before.length(i) / 4];
      for (Part part : parts) {
        OuterStep.accumulate(gradient, part.values(i), part.share());
      }
      angles.add(i, gradient, parts);
      FloatBuffer velocity =
          velocities.isEmpty()
              ? FloatBuffer.allocate(gradient.length)
              : Fragments.floats(published.get(velocities.get(i)));
      FloatBuffer old = Fragments.floats(published.get(before.fragments().get(i)));
      OuterStep.Result result = outer.step(old, velocity, gradient);
      newWeights.add(published.put(result.weights()));
      newVelocities.add(published.put(result.momentum()));
    }
    return new Event.Merged(
        round.number, keep(newWeights), keep(newVelocities), angles.parts(parts));
  }

  /// In the order of the regions' names, which is the order of every sum.
  private List<Part> parts(HubState.Round round) {
    SortedMap<String, Long> claims = new TreeMap<>();
    round.contributions.forEach(
        (region, accepted) -> claims.put(region, accepted.message().weight()));
    List<Part> parts = new ArrayList<>();
    OuterStep.shares(claims, study.weightCap())
        .forEach(
            (region, share) -> {
              ArtifactStore store = received.apply(region);
              String delta = round.contribution(region).message().delta();
              parts.add(new Part(region, list(store, delta), share, store));
            });
    return parts;
  }

  private String keep(List<String> fragments) {
    return published.put(FragmentList.weights(layout, study.fragmentBytes(), fragments).encode());
  }

  private static FragmentList list(ArtifactStore store, String digest) {
    return FragmentList.parse(store.get(digest));
  }

  /// The angles between each delta and the merged one, for people to see.
  private static final class Angles {
    private double[] products = new double[0];
    private double[] squares = new double[0];
    private double merged;

    void add(int index, double[] gradient, List<Part> parts) {
      products = Arrays.copyOf(products, parts.size());
      squares = Arrays.copyOf(squares, parts.size());
      for (double value : gradient) {
        merged += value * value;
      }
      for (int p = 0; p < parts.size(); p++) {
        FloatBuffer values = parts.get(p).values(index);
        for (int i = 0; i < gradient.length; i++) {
          double value = values.get(i);
          products[p] += value * gradient[i];
          squares[p] += value * value;
        }
      }
    }

    SortedMap<String, Event.Part> parts(List<Part> parts) {
      SortedMap<String, Event.Part> result = new TreeMap<>();
      for (int p = 0; p < parts.size(); p++) {
        double lengths = Math.sqrt(squares[p]) * Math.sqrt(merged);
        double cosine = lengths == 0 ? 0 : products[p] / lengths;
        result.put(parts.get(p).region(), new Event.Part(parts.get(p).share(), cosine));
      }
      return result;
    }
  }
}
