package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.dure.core.AtomicFiles;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Random schedules of a whole study, each from one seed: how many, `-Ddure.schedules=N` says;
/// `-Ddure.seed=N` replays one.
class SchedulesTest {
  private static final int FEW = 200;
  private static final Study ALL = TestStudies.with("rounds = 3\nfragment-bytes = 128", "ja", "ko");
  private static final Study QUORUM =
      TestStudies.with(
          "rounds = 4\nfragment-bytes = 128\nquorum = 2\ngrace-seconds = 5", "ja", "ko", "vi");

  @TempDir(factory = InMemory.class)
  Path folder;

  @Test
  void everyInvariantHoldsAfterEveryEventOfEverySchedule() {
    String undisturbed = new Simulation(ALL, folder.resolve("all"), 0, 0, Optional.empty()).run();
    String given = System.getProperty("dure.seed");
    long first =
        given == null ? ThreadLocalRandom.current().nextLong(1L << 40) : Long.parseLong(given);
    long count = given == null ? Integer.getInteger("dure.schedules", FEW) : 1;
    System.out.printf("schedules: %d from seed %d%n", count, first);
    LongStream.range(first, first + count)
        .parallel()
        .forEach(
            seed -> {
              try {
                run(seed, undisturbed);
              } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                    "replay with: mvn -pl federation test -Dtest=SchedulesTest -Ddure.seed=" + seed,
                    e);
              }
            });
  }

  /// The schedule in which that was seen: the hub had started again in between.
  @Test
  void whatWasRefusedForWantOfAHelloAndComesAgainLateIsNoOtherCopysMessage() {
    run(830052364935L, "");
  }

  private void run(long seed, String undisturbed) {
    Path place = folder.resolve(Long.toString(seed));
    double trouble = 0.01 + 0.01 * Math.floorMod(seed, 6);
    if (Math.floorMod(seed, 2) == 0) {
      assertThat(new Simulation(ALL, place, seed, trouble, Optional.empty()).run())
          .isEqualTo(undisturbed);
    } else {
      Simulation simulation =
          new Simulation(QUORUM, place, seed, trouble, Optional.empty()).withAnOperator();
      String weights = simulation.run();
      if (Simulation.hasRealKeys(seed)) {
        Ledger.export(simulation.log(), place.resolve("ledger"));
        assertThat(String.join(" ", Ledger.verify(place.resolve("ledger")).weights().values()))
            .isEqualTo(weights);
      }
    }
    AtomicFiles.delete(place);
  }
}
