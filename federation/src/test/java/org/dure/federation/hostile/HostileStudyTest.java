package org.dure.federation.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.dure.core.ArtifactStore;
import org.dure.core.Extent;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.federation.InMemory;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.MergeRule;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whole studies with and without hostile regions. Real training on a model that is small enough
/// for hundreds of them; the same with transformers is `bench/run hostile-merges`.
class HostileStudyTest {
  private static final int ROUNDS = 12;
  private static final List<String> NAMES = List.of("fr", "ja", "ko", "vi", "w1", "w2", "w3");

  private static final int SEEDS = Integer.getInteger("dure.hostile-seeds", Extent.of(1, 3));

  @TempDir(factory = InMemory.class)
  Path folder;

  static Study study(int regions, int hostile, String more) {
    return TestStudies.with(
        """
        rounds = %d
        fragment-bytes = 1024
        steps = 8
        merge.repeat-bound = 0.999
        merge.step-weight = 1000
        quorum = %d
        grace-seconds = 1
        %s
        """
            .formatted(ROUNDS, regions - hostile, more),
        NAMES.subList(0, regions).toArray(String[]::new));
  }

  private static Map<String, Learner> learners(int regions, long seed) {
    Map<String, Learner> learners = new TreeMap<>();
    for (int i = 0; i < regions; i++) {
      learners.put(
          NAMES.get(i), new BigramLearner(seed, i, new BigramLearner.Manner(0.3, 8, 64, 6)));
    }
    return learners;
  }

  /// The last `hostile` of the names attack.
  private static HostileStudy.Outcome run(
      int regions, int hostile, Attack attack, long seed, String rule) {
    Map<String, Attack> attacks = new TreeMap<>();
    NAMES.subList(regions - hostile, regions).forEach(name -> attacks.put(name, attack));
    return new HostileStudy(
            study(regions, hostile, rule),
            BigramLearner.initial(),
            learners(regions, seed),
            attacks,
            seed)
        .run();
  }

  /// By sizes and seed: their loss under the mean with the places of the hostile empty.
  private static final Map<String, Double> EMPTY = new ConcurrentHashMap<>();

  private static double without(int regions, int hostile, long seed) {
    return EMPTY.computeIfAbsent(
        "%d %d %d".formatted(regions, hostile, seed),
        key ->
            new HostileStudy(
                    study(regions - hostile, 0, ""),
                    BigramLearner.initial(),
                    learners(regions - hostile, seed),
                    Map.of(),
                    seed)
                .run()
                .loss());
  }

  /// What loss says nothing of is who is named.
  private void check(Attack attack, MergeRule rule) {
    List<String> wrong = new ArrayList<>();
    for (int[] sizes : List.of(new int[] {4, 1}, new int[] {7, 2})) {
      if (sizes[0] - sizes[1] < rule.least(sizes[1])) {
        continue;
      }
      String lines = "merge.hostile = %d\nmerge.rule = \"%s\"".formatted(sizes[1], rule.word());
      for (long seed = 1; seed <= SEEDS; seed++) {
        HostileStudy.Outcome with = run(sizes[0], sizes[1], attack, seed, lines);
        double worse = with.loss() / without(sizes[0], sizes[1], seed) - 1;
        List<String> hostile = NAMES.subList(sizes[0] - sizes[1], sizes[0]);
        String what =
            "%s %s, %d of %d, seed %d: %+.1f%%, named %s, suspended %s, left out %s"
                .formatted(
                    attack,
                    rule,
                    sizes[1],
                    sizes[0],
                    seed,
                    100 * worse,
                    with.named(),
                    with.suspended(),
                    with.verdicts());
        if (Boolean.getBoolean("dure.print")) {
          System.out.println(what);
        }
        boolean named =
            hostile.stream()
                .allMatch(
                    region -> with.named().getOrDefault(region, ROUNDS) < attack.firstRound() + 3);
        if (worse > attack.mostWorse()
            || (attack.mustBeNamed() && !named)
            || !hostile.containsAll(with.suspended())) {
          wrong.add(what);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  void hostileRegionsCostTheOthersNextToNothingAndAreNamed(Attack attack) {
    check(attack, MergeRule.valueOf(System.getProperty("dure.rule", MergeRule.MEAN.name())));
  }

  /// Regions that differ in everything in which honest regions do: language, pace, batch, rate.
  @Test
  void anHonestRegionIsNeverExpelled() {
    SplittableRandom random = Seeded.random("honest");
    int runs = Integer.getInteger("dure.honest-runs", 25);
    List<String> judged = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      long seed = random.nextLong(1L << 40);
      SplittableRandom manners = new SplittableRandom(seed);
      int regions = 3 + manners.nextInt(5);
      Map<String, Learner> learners = new TreeMap<>();
      for (int i = 0; i < regions; i++) {
        learners.put(
            NAMES.get(i),
            new BigramLearner(
                seed,
                i,
                new BigramLearner.Manner(
                    manners.nextDouble(0.1, 0.6),
                    manners.nextInt(4, 9),
                    manners.nextInt(16, 128),
                    manners.nextDouble(3, 9))));
      }
      HostileStudy.Outcome outcome =
          new HostileStudy(study(regions, 0, ""), BigramLearner.initial(), learners, Map.of(), seed)
              .run();
      outcome.verdicts().forEach((verdict, count) -> judged.add(verdict + " " + count));
      assertThat(outcome.suspended()).as("seed %d: %s", seed, judged).isEmpty();
    }
    System.out.printf("%d honest runs: left out %s%n", runs, judged);
  }

  @Test
  void whatWasJudgedFollowsFromTheLogAndFromTheDeltas() {
    List<String> rules = List.of("mean", "median", "trimmed-mean", "geometric-median", "krum");
    for (Attack attack : List.of(Attack.SCALING_FLIPPED, Attack.REPLAY_DISGUISED)) {
      for (String rule :
          attack == Attack.SCALING_FLIPPED ? rules : Extent.of(List.of("krum"), rules)) {
        HostileStudy hostile =
            new HostileStudy(
                    study(7, 0, "merge.hostile = 2\nmerge.rule = \"%s\"".formatted(rule)),
                    BigramLearner.initial(),
                    learners(7, 1),
                    Map.of("w2", attack, "w3", attack),
                    1)
                .withRealKeys();
        var unused = hostile.run();
        Path home = folder.resolve(rule + attack);
        Path ledger = home.resolve("ledger");
        Ledger.export(hostile.hub().log, ledger);
        hostile
            .hub()
            .received
            .forEach(
                (region, store) -> {
                  ArtifactStore kept =
                      new FolderArtifactStore(home.resolve("received").resolve(region));
                  store.list().forEach(name -> kept.put(store.get(name)));
                });
        assertThat(Ledger.verify(ledger).merges().counted()).isEqualTo(ROUNDS);
        assertThat(
                Ledger.recompute(ledger, home, BigramLearner::initial, home.resolve("scratch"))
                    .merges()
                    .counted())
            .isEqualTo(ROUNDS);
      }
    }
  }
}
