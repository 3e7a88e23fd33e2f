package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

class SimulationTest {
  private static final CommonPreparation JOIN =
      TestPreparations.of(parts -> String.join("", parts.values()));

  /// In memory where the system has such a place: a simulation forces thousands of small files to
  /// the disk.
  static final class InMemory implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      Path memory = Path.of("/dev/shm");
      return Files.isWritable(memory)
          ? Files.createTempDirectory(memory, "dure")
          : Files.createTempDirectory("dure");
    }
  }

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
  void secretSumsSurviveTheSame() {
    SplittableRandom random = Seeded.random("secret");
    Study study =
        TestStudies.with(
            "rounds = 3\naggregation = \"secret\"\nsecret.norm-bound = 3", "ja", "ko", "vi");
    String undisturbed = run(study, "undisturbed", 0, 0, false);
    for (int trial = 0; trial < 2; trial++) {
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
            "fr", "ja", "ko", "ru", "vi");
    for (int trial = 0; trial < 2; trial++) {
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
}
