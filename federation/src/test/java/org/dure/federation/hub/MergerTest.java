package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.ArtifactStore;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.log.Event;
import org.dure.federation.merge.Judge;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// What a merge comes out as, to the last bit. The digests were taken from the first version, which
/// summed value by value on one thread.
class MergerTest {
  private static final TensorLayout LAYOUT =
      new TensorLayout(
          List.of(
              new TensorLayout.Tensor("a", List.of(211L, 97L)),
              new TensorLayout.Tensor("b", List.of(70_001L))));
  private static final int FRAGMENT = 80_004;

  private static final String INITIAL =
      "f6567718609468a5c2a2aec172b1a4295732e31b78ea923d3869d6d0e601d9bc";
  private static final List<String> FIRST =
      List.of(
          "d35b1b65abe24d6d93681bec6997a2950827b47cf5d5ea637845235012dd5e7c",
          "346fd63ebf6c37e5449237343e28dad0c95ae4e7432cf005726436e1e4775076");
  private static final List<String> SECOND =
      List.of(
          "4dd86d41935d19c8a2c239e8c7517e097c407ed94326bbe10d1f2cddf686666a",
          "2ac2d681b409d756e0c3661ccfb81965b7ce41119f13ea726ace17051022e87d");
  private static final Map<String, String> FIRST_COSINES =
      Map.of(
          "fr", "0x1.5bdb7bb26c8c7p-1",
          "ja", "0x1.26808b039663fp-1",
          "ko", "0x1.ce231ba3cf456p-2");
  private static final Map<String, String> SECOND_COSINES =
      Map.of(
          "fr", "0x1.4376201cccdfp-1",
          "ja", "0x1.16e7b5744b362p-1",
          "ko", "0x1.bfc297bde4193p-2",
          "vi", "0x1.59bb4f2f63b5bp-2");

  /// Of regions that have long been members, so that their weights are their shares.
  private static final Judge.Past PAST =
      new Judge.Past(
          List.of(), List.of(), Map.of("fr", 10, "ja", 10, "ko", 10, "vi", 10), Set.of(), Map.of());

  private final ArtifactStore published = new MemoryArtifactStore();
  private final Map<String, ArtifactStore> received = new TreeMap<>();
  private final SplittableRandom random = new SplittableRandom(20261122);

  private Weights random(double scale) {
    Weights weights = Weights.allocate(LAYOUT, Arena.ofAuto());
    for (long i = 0; i < LAYOUT.elements(); i++) {
      double value = scale * (random.nextDouble() - 0.5) * Math.scalb(1, random.nextInt(24) - 20);
      weights.set(i, random.nextInt(50) == 0 ? -0.0f : (float) value);
    }
    return weights;
  }

  private RoundState round(int number, Event.Standing before, String... regions) {
    RoundState round = new RoundState(number, 0, new TreeMap<>(Map.of(Circles.ALL, before)), null);
    long weight = 90;
    for (String region : regions) {
      ArtifactStore store = received.computeIfAbsent(region, name -> new MemoryArtifactStore());
      String delta = Fragments.put(random(0.01), FRAGMENT, store).digest();
      weight += 37;
      round.contributions.put(
          region,
          new RoundState.Accepted(
              new Message.Contribution(
                  Message.Contribution.KIND,
                  "",
                  region,
                  1,
                  number,
                  before.weights(),
                  delta,
                  weight,
                  Map.of(),
                  ExportHead.NONE),
              0,
              0,
              0));
    }
    return round;
  }

  @Test
  void aMergeComesOutTheSameToTheLastBitAsInTheFirstVersion() {
    Study study = TestStudies.with("fragment-bytes = " + FRAGMENT, "fr", "ja", "ko", "vi");
    Merger merger = new Merger(study, LAYOUT, published, received::get);
    String initial = Fragments.put(random(1), FRAGMENT, published).digest();

    Event.Circle first = merge(merger, round(1, new Event.Standing(initial, ""), "ko", "ja", "fr"));
    Event.Circle second =
        merge(
            merger,
            round(
                2, new Event.Standing(first.weights(), first.momentum()), "vi", "ko", "ja", "fr"));

    assertThat(initial).isEqualTo(INITIAL);
    assertThat(List.of(first.weights(), first.momentum())).isEqualTo(FIRST);
    assertThat(List.of(second.weights(), second.momentum())).isEqualTo(SECOND);
    assertThat(cosines(first)).isEqualTo(FIRST_COSINES);
    assertThat(cosines(second)).isEqualTo(SECOND_COSINES);
  }

  private static Event.Circle merge(Merger merger, RoundState round) {
    Event.Standing before = Merger.of(round.circles, Circles.ALL);
    SortedSet<String> regions = new TreeSet<>(round.contributions.keySet());
    CircleStandings.Work work = new CircleStandings.Work(Circles.ALL, before, regions, PAST);
    return Merger.of(merger.merge(round, List.of(work)).circles(), Circles.ALL);
  }

  private static Map<String, String> cosines(Event.Circle merged) {
    Map<String, String> cosines = new TreeMap<>();
    merged.parts().forEach((name, part) -> cosines.put(name, Double.toHexString(part.cosine())));
    return cosines;
  }
}
