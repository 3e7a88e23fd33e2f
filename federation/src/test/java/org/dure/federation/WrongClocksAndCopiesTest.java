package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Weights;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.region.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What happens at an institution without anybody's malice: a clock that is wrong for a while, a
/// home that was copied and runs twice.
@Timeout(60)
class WrongClocksAndCopiesTest {
  private static final Duration AHEAD = Duration.ofDays(20 * 365);

  @TempDir Path folder;

  /// Stands still in a round until it is told to go on.
  private static final class Held extends ArithmeticWorkload {
    private final String region;
    private final int round;
    final CountDownLatch there = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    Held(String region, int round) {
      super(region);
      this.region = region;
      this.round = round;
    }

    CompletableFuture<Map<String, Double>> runIn(TestBelt belt) {
      return TestBelt.run(belt.node(region, this));
    }

    @Override
    public Contribution work(int place, Weights shared, Activity activity) {
      if (place == round) {
        there.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return super.work(place, shared, activity);
    }
  }

  private static void await(BooleanSupplier held) throws InterruptedException {
    while (!held.getAsBoolean()) {
      Thread.sleep(10);
    }
  }

  private TestBelt belt() {
    return new TestBelt(TestStudies.with("rounds = 4", "ja", "ko"), folder, Optional.empty());
  }

  @Test
  void aHubWhoseClockIsYearsAheadForAWhileEndsNoRegionWhoseCertificateHolds() throws Exception {
    try (TestBelt belt = belt()) {
      Held ja = new Held("ja", 2);
      CompletableFuture<Map<String, Double>> first = ja.runIn(belt);
      CompletableFuture<Map<String, Double>> second =
          TestBelt.run(belt.node("ko", new ArithmeticWorkload("ko")));
      ja.there.await();
      belt.clock = () -> InstantSource.system().instant().plus(AHEAD);
      ja.goOn.countDown();
      await(() -> belt.said.stream().filter(line -> line.contains("one of the two")).count() >= 2);
      assertThat(belt.said).anyMatch(line -> line.contains("CERTIFICATE_EXPIRED"));
      belt.clock = InstantSource.system();
      assertThat(first.join()).isEqualTo(second.join());
      assertThat(belt.hub.status().progress().phase()).isEqualTo(Phase.FINISHED);
    }
  }

  @Test
  void aRegionThatHasWorkedAndWhoseExportLogIsGoneDoesNotBeginANewOne() throws Exception {
    try (TestBelt belt = belt()) {
      Held ko = new Held("ko", 3);
      CompletableFuture<Map<String, Double>> other = ko.runIn(belt);
      Held ja = new Held("ja", 3);
      Node first = belt.node("ja", ja);
      CompletableFuture<Map<String, Double>> worked = TestBelt.run(first);
      ja.there.await();
      first.close();
      ja.goOn.countDown();
      assertThatThrownBy(worked::join).hasCauseInstanceOf(InterruptedException.class);
      Path log = folder.resolve("ja/exports.jsonl");
      Files.move(log, folder.resolve("rotated"));
      try (Node again = belt.node("ja", new ArithmeticWorkload("ja"))) {
        assertThatThrownBy(again::run)
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SET_BACK))
            .hasMessageContaining("exports.jsonl is gone");
      }
      assertThat(log).doesNotExist();
      Files.move(folder.resolve("rotated"), log);
      ko.goOn.countDown();
      assertThat(TestBelt.run(belt.node("ja", new ArithmeticWorkload("ja"))).join())
          .isEqualTo(other.join());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /// The copy is made while the region is at its second round, and does nothing there until the
  /// region itself is two rounds further.
  @Test
  void theCopyOfARegionThatComesAfterTheRegionsOwnWorkEndsByName() throws Exception {
    try (TestBelt belt = belt()) {
      Held ja = new Held("ja", 2);
      CompletableFuture<Map<String, Double>> own = ja.runIn(belt);
      Held ko = new Held("ko", 4);
      CompletableFuture<Map<String, Double>> other = ko.runIn(belt);
      ja.there.await();
      copy(folder.resolve("ja"), folder.resolve("copy"));
      Held twice = new Held("ja", 2);
      CompletableFuture<Map<String, Double>> copied =
          TestBelt.run(belt.nodeIn("copy", "ja", twice));
      twice.there.await();
      ja.goOn.countDown();
      ko.there.await();
      twice.goOn.countDown();
      assertThatThrownBy(copied::join)
          .cause()
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SET_BACK))
          .hasMessageContaining("another copy of this region's home is at work");
      ko.goOn.countDown();
      assertThat(own.join()).isEqualTo(other.join());
      assertThat(belt.said).noneMatch(line -> line.contains("rolled back"));
      assertThat(belt.hub.status().regions()).allMatch(region -> region.concern() == null);
      assertThat(List.of(belt.hub.status().progress().phase())).containsExactly(Phase.FINISHED);
    }
  }
}
