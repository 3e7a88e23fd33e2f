package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.dure.core.Extent;
import org.dure.core.Seeded;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationTest {
  private static final CommonPreparation JOIN =
      TestPreparations.of(parts -> String.join("", parts.values()));

  @TempDir(factory = InMemory.class)
  Path folder;

  private String run(Study study, String name, long seed, double trouble, boolean prepares) {
    Optional<CommonPreparation> common = prepares ? Optional.of(JOIN) : Optional.empty();
    return new Simulation(study, folder.resolve(name), seed, trouble, common).run();
  }

  @Test
  void whateverDiesOrIsLostTheWeightsAreThoseOfTheUndisturbedStudy() {
    SplittableRandom random = Seeded.random("simulation");
    Study study = TestStudies.with("rounds = 4", "ja", "ko", "vi");
    String undisturbed = run(study, "undisturbed", 0, 0, false);
    for (int trial = 0; trial < 8; trial++) {
      long seed = random.nextLong();
      assertThat(run(study, "trial" + trial, seed, 0.04, false))
          .as("seed %d", seed)
          .isEqualTo(undisturbed);
    }
  }

  @Test
  void aHostileRegionChangesNothingOfThat() {
    SplittableRandom random = Seeded.random("hostile");
    Study study = TestStudies.with("rounds = 4", "fr", "ja", "ko", "vi");
    Simulation undisturbed =
        new Simulation(study, folder.resolve("undisturbed"), 0, 0, Optional.empty());
    String weights = undisturbed.withHostile("ja").run();
    for (int trial = 0; trial < 4; trial++) {
      long seed = random.nextLong();
      Path place = folder.resolve("trial" + trial);
      assertThat(new Simulation(study, place, seed, 0.04, Optional.empty()).withHostile("ja").run())
          .as("seed %d", seed)
          .isEqualTo(weights);
    }
  }

  @Test
  void aCommonPreparationSurvivesTheSame() {
    SplittableRandom random = Seeded.random("preparation");
    Study study = TestStudies.with("rounds = 2", "ja", "ko");
    String undisturbed = run(study, "undisturbed", 0, 0, true);
    for (int trial = 0; trial < 4; trial++) {
      long seed = random.nextLong();
      assertThat(run(study, "trial" + trial, seed, 0.06, true))
          .as("seed %d", seed)
          .isEqualTo(undisturbed);
    }
  }

  @Test
  void whatAnIntruderDidIsAsIfItHadNeverBeen() {
    SplittableRandom random = Seeded.random("intruder");
    Study study = TestStudies.with("rounds = 5", "ja", "ko", "vi");
    Simulation honest =
        new Simulation(study, folder.resolve("honest"), 0, 0, Optional.empty())
            .withAnIntruder("vi", 3, false);
    String undisturbed = honest.run();
    for (int trial = 0; trial < 8; trial++) {
      long seed = random.nextLong();
      Simulation attacked =
          new Simulation(
                  study,
                  folder.resolve("attacked" + trial),
                  seed,
                  0.04 * (trial % 2),
                  Optional.empty())
              .withAnIntruder("vi", 3, true);
      assertThat(attacked.run()).as("seed %d", seed).isEqualTo(undisturbed);
    }
  }

  @Test
  void anOperatorTakesBackWhatRegionsDidThatAreOut() {
    SplittableRandom random = Seeded.random("operator");
    Study study =
        TestStudies.with("rounds = 5\nquorum = 2\ngrace-seconds = 5", "fr", "ja", "ko", "vi");
    for (int trial = 0; trial < 8; trial++) {
      long seed = random.nextLong();
      Simulation simulation =
          new Simulation(study, folder.resolve("operated" + trial), seed, 0.06, Optional.empty());
      assertThat(simulation.withAnOperator().run()).as("seed %d", seed).isNotEmpty();
    }
  }

  @Test
  void secretSumsSurviveTheSame() {
    SplittableRandom random = Seeded.random("secret");
    Study study =
        TestStudies.with(
            "rounds = 3\naggregation = \"secret\"\nsecret.norm-bound = 3", "ja", "ko", "vi");
    String undisturbed = run(study, "undisturbed", 0, 0, false);
    for (int trial = 0; trial < Extent.of(1, 8); trial++) {
      long seed = random.nextLong();
      assertThat(run(study, "trial" + trial, seed, 0.04, false))
          .as("seed %d", seed)
          .isEqualTo(undisturbed);
    }
  }

  @Test
  void withAQuorumBelowAllSecretSumsStillEndAndCanBeRecomputed() {
    SplittableRandom random = Seeded.random("secret quorum");
    Study study =
        TestStudies.with(
            "rounds = 4\nquorum = 3\ngrace-seconds = 5\naggregation = \"secret\"\n"
                + "secret.norm-bound = 3\nsecret.threshold = 3",
            "fr",
            "ja",
            "ko",
            "ru",
            "vi");
    for (int trial = 0; trial < Extent.of(1, 8); trial++) {
      long seed = random.nextLong();
      Simulation simulation =
          new Simulation(study, folder.resolve("trial" + trial), seed, 0.04, Optional.empty());
      assertThat((trial % 2 == 0 ? simulation : simulation.withAnOperator()).run())
          .as("seed %d", seed)
          .isNotEmpty();
    }
  }

  @Test
  void withAQuorumBelowAllTheStudyStillEndsAndCanBeRecomputed() {
    SplittableRandom random = Seeded.random("quorum");
    Study study = TestStudies.with("rounds = 4\nquorum = 2\ngrace-seconds = 5", "ja", "ko", "vi");
    for (int trial = 0; trial < 4; trial++) {
      long seed = random.nextLong();
      assertThat(run(study, "trial" + trial, seed, 0.04, false)).as("seed %d", seed).isNotEmpty();
    }
  }

  @Test
  void circlesSurviveTheSame() {
    SplittableRandom random = Seeded.random("circles");
    Study study =
        TestStudies.circled(
            "rounds = 4\ncircles = [\"all:2\", \"kind\"]",
            "fr:law",
            "ja:wiki",
            "ko:wiki",
            "vi:law");
    String undisturbed = run(study, "undisturbed", 0, 0, false);
    for (int trial = 0; trial < Extent.of(3, 20); trial++) {
      long seed = random.nextLong();
      assertThat(run(study, "trial" + trial, seed, 0.04, false))
          .as("seed %d", seed)
          .isEqualTo(undisturbed);
    }
  }

  @Test
  void withAQuorumBelowAllCirclesStillEndAndCanBeRecomputed() {
    SplittableRandom random = Seeded.random("circles quorum");
    Study study =
        TestStudies.circled(
            "rounds = 5\nquorum = 2\ngrace-seconds = 5\ncircles = [\"all:2\", \"kind\"]",
            "fr:law",
            "ja:wiki",
            "ko:wiki",
            "vi:law");
    for (int trial = 0; trial < Extent.of(3, 20); trial++) {
      long seed = random.nextLong();
      Simulation simulation =
          new Simulation(study, folder.resolve("trial" + trial), seed, 0.06, Optional.empty());
      assertThat((trial % 2 == 0 ? simulation : simulation.withAnOperator()).run())
          .as("seed %d", seed)
          .isNotEmpty();
    }
  }
}
