package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Weights;
import org.dure.core.Workload.ActivityKind;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.accounting.SampledGaussian;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.region.PrivacyBudget;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A region with a privacy budget, on a real hub.
@Timeout(60)
class PrivateStudyTest {
  private static final SampledGaussian STEP = new SampledGaussian(1.0, 0.02, 1);
  private static final int STEPS = 5;
  private static final long MOST = 1_000 * STEPS;
  private static final double DELTA = 1e-6;

  /// Three rounds of this fit, a fourth does not.
  private static final double THREE_ROUNDS = (epsilon(3 * STEPS) + epsilon(4 * STEPS)) / 2;

  private static final Pattern DIGEST = Pattern.compile("\"([0-9a-f]{64})\"\\]");

  @TempDir Path folder;

  private final Study study = TestStudies.with("rounds = 6", "ja");
  private final List<String> said = new CopyOnWriteArrayList<>();

  private static double epsilon(long steps) {
    return PrivacyAccountant.epsilon(List.of(STEP.times(steps)), DELTA);
  }

  /// Never the same delta twice, as with noise.
  private static class NoisyWorkload extends ArithmeticWorkload {
    NoisyWorkload() {
      super("ja");
    }

    @Override
    public Contribution work(int round, Weights shared, Activity activity) {
      Contribution made = super.work(round, shared, activity);
      made.delta().set(0, (float) Math.random());
      return new Contribution(made.delta(), made.weight(), Map.of());
    }
  }

  private PrivacyBudget budget(double epsilon) {
    return budget(epsilon, study);
  }

  private PrivacyBudget budget(double epsilon, Study study) {
    return budget(folder.resolve("privacy"), epsilon, study);
  }

  private PrivacyBudget budget(Path ledger, double epsilon, Study study) {
    return PrivacyBudget.open(
        ledger,
        folder.resolve("privacy"),
        new PrivacyBudget.Limit(epsilon, DELTA),
        new PrivacyBudget.Cost(study.digest(), STEP, STEPS, MOST),
        stop -> "round %d would need %.3f".formatted(stop.round(), stop.needed()));
  }

  @Test
  void whatFoundNoRoomInTheLedgerIsWrittenWhenItIsTriedAgain() throws IOException {
    Path file = folder.resolve("privacy/spent.json");
    try (PrivacyBudget budget = budget(8)) {
      Files.createDirectories(file.resolve("in the way"));
      assertThatThrownBy(() -> budget.spend("delta")).isInstanceOf(DureException.class);
      AtomicFiles.delete(file);
      budget.spend("delta");
    }
    assertThat(PrivacyBudget.spent(folder.resolve("privacy"))).containsExactly(STEP.times(STEPS));
  }

  @Test
  void aLedgerThatIsMovedOrRestoredForgetsNothing() throws IOException {
    Path elsewhere = folder.resolve("elsewhere");
    Path third = folder.resolve("third");
    try (PrivacyBudget budget = budget(8)) {
      budget.spend("a".repeat(64));
    }
    try (PrivacyBudget budget = budget(elsewhere, 8, study)) {
      assertThat(budget.spent()).containsExactly(STEP.times(STEPS));
      budget.spend("b".repeat(64));
    }
    assertThat(PrivacyBudget.spent(elsewhere)).containsExactly(STEP.times(2 * STEPS));
    byte[] backup = Files.readAllBytes(elsewhere.resolve("spent.json"));
    Study another = TestStudies.with("rounds = 7", "ja");
    try (PrivacyBudget budget = budget(elsewhere, 8, another)) {
      budget.spend("c".repeat(64));
    }
    Files.write(elsewhere.resolve("spent.json"), backup);
    for (Path ledger : List.of(elsewhere, third, folder.resolve("privacy"))) {
      try (PrivacyBudget budget = budget(ledger, 8, study)) {
        assertThat(budget.spent())
            .containsExactlyInAnyOrder(STEP.times(2 * STEPS), STEP.times(STEPS));
        budget.spend("a".repeat(64));
        budget.spend("b".repeat(64));
      }
      assertThat(PrivacyBudget.spent(ledger)).hasSize(2);
    }
  }

  @Test
  void aLinkToWhereNothingIsIsNoEmptyLedger() throws IOException {
    Files.createDirectories(folder.resolve("privacy"));
    Files.createSymbolicLink(folder.resolve("privacy/spent.json"), folder.resolve("away"));
    assertThatThrownBy(() -> budget(8)).isInstanceOf(DureException.class);
  }

  private Node node(TestBelt belt, ArithmeticWorkload workload, PrivacyBudget budget) {
    return new Node(
        new Node.Setup(
            belt.study,
            new Node.Site(
                "ja",
                folder.resolve("ja"),
                belt.identity("ja"),
                ExportPolicy.standard(),
                Optional.of(budget)),
            new Node.HubAddress(belt.address(), Optional.empty()),
            workload,
            InstantSource.system(),
            new SplittableRandom(1),
            new Node.Listener() {
              @Override
              public void onMessage(String line) {
                said.add(line);
              }

              @Override
              public void onActivity(int round, ActivityKind doing, long done, long total) {
                // Only people care.
              }
            }));
  }

  private void runToTheStop(TestBelt belt, ArithmeticWorkload workload) {
    try (PrivacyBudget budget = budget(THREE_ROUNDS, belt.study)) {
      assertThatThrownBy(() -> TestBelt.run(node(belt, workload, budget)).join())
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PRIVACY_SPENT));
    }
  }

  private long spentSteps() {
    return PrivacyBudget.spent(folder.resolve("privacy")).stream()
        .mapToLong(SampledGaussian::steps)
        .sum();
  }

  private void copy(String from, String to) {
    Path source = folder.resolve(from);
    Path target = folder.resolve(to);
    AtomicFiles.delete(target);
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = target.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TestBelt belt() {
    return new TestBelt(study, folder, Optional.empty());
  }

  @Test
  void noRoundBeginsThatWouldGoBeyondTheBudget() {
    try (TestBelt belt = belt()) {
      NoisyWorkload workload = new NoisyWorkload();
      runToTheStop(belt, workload);

      assertThat(workload.worked).isEqualTo(3);
      assertThat(spentSteps()).isEqualTo(3 * STEPS);
      StudyStatus status = belt.hub.status();
      assertThat(status.progress().round()).isEqualTo(4);
      assertThat(status.regions().getFirst().activity().doing())
          .isEqualTo(ActivityKind.BUDGET_SPENT);
      belt.hub.exportLedger(folder.resolve("ledger"));
      assertThat(Ledger.verify(folder.resolve("ledger")).merges().made()).isEqualTo(3);
      assertThat(spendings()).isEqualTo(3);

      runToTheStop(belt, workload);
      assertThat(workload.worked).isEqualTo(3);
    }
  }

  /// Noise is each region's own and needs nobody else's, so that the accounting is the same. What a
  /// delta has spent is told of what leaves, which is masked.
  @Test
  void inASecretSumEveryRoundIsSpentAndTheDeltaIsNotNamed() {
    Study secret =
        TestStudies.with(
            "rounds = 6\naggregation = \"secret\"\nsecret.norm-bound = 3", "ja", "ko", "vi");
    try (TestBelt belt = new TestBelt(secret, folder, Optional.empty());
        Node ko = belt.node("ko", new ArithmeticWorkload("ko"));
        Node vi = belt.node("vi", new ArithmeticWorkload("vi"))) {
      List<CompletableFuture<Map<String, Double>>> others =
          List.of(TestBelt.run(ko), TestBelt.run(vi));
      NoisyWorkload workload = new NoisyWorkload();
      runToTheStop(belt, workload);

      assertThat(workload.worked).isEqualTo(3);
      assertThat(spentSteps()).isEqualTo(3 * STEPS);
      assertThat(spendings()).isEqualTo(3);
      ko.close();
      vi.close();
      others.forEach(other -> assertThatThrownBy(other::join).isNotNull());
      belt.hub.exportLedger(folder.resolve("ledger"));
      assertThat(Ledger.verify(folder.resolve("ledger")).merges().made()).isEqualTo(3);
      assertThat(folder.resolve("ja/exports.jsonl")).content().doesNotContain(lastDelta());
    }
  }

  /// Digest of the newest delta that was spent on, which never leaves a secret sum.
  private String lastDelta() {
    Path spent = folder.resolve("privacy/spent.json");
    Matcher delta =
        DIGEST.matcher(new String(AtomicFiles.read(spent, 10_000), StandardCharsets.UTF_8));
    assertThat(delta.find()).isTrue();
    return delta.group(1);
  }

  /// How many times the region's signed export log says that the hub was told.
  private long spendings() {
    try (Stream<String> lines = Files.lines(folder.resolve("ja/exports.jsonl"))) {
      return lines.filter(line -> line.contains("\"spending\"")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Keeps a copy of region and budget as they are when the second round begins.
  private NoisyWorkload copying() {
    return new NoisyWorkload() {
      @Override
      public Contribution work(int round, Weights shared, Activity activity) {
        if (round == 2) {
          copy("ja", "backup-ja");
          copy("privacy", "backup-privacy");
        }
        return super.work(round, shared, activity);
      }
    };
  }

  private void restoreBackup() {
    copy("backup-ja", "ja");
    copy("backup-privacy", "privacy");
  }

  @Test
  void aRestoredCopyCannotSpendTheBudgetTwice() {
    try (TestBelt belt = belt()) {
      runToTheStop(belt, copying());
      restoreBackup();
      assertThat(spentSteps()).isEqualTo(STEPS);

      NoisyWorkload restored = new NoisyWorkload();
      runToTheStop(belt, restored);
      assertThat(restored.worked).isZero();
      assertThat(spentSteps()).isEqualTo(3 * STEPS);
      assertThat(said).anyMatch(line -> line.contains("restored from an old one"));
    }
  }

  @Test
  void aLedgerThatWasLostComesBackFromTheHub() {
    try (TestBelt belt = belt()) {
      runToTheStop(belt, new NoisyWorkload());
      AtomicFiles.delete(folder.resolve("privacy"));

      NoisyWorkload restored = new NoisyWorkload();
      runToTheStop(belt, restored);
      assertThat(restored.worked).isZero();
      assertThat(spentSteps()).isEqualTo(3 * STEPS);
    }
  }

  @Test
  void aRestoredCopyWithoutAHubTrainsNothing() throws Exception {
    try (TestBelt belt = belt()) {
      runToTheStop(belt, copying());
      restoreBackup();
      belt.hub.close();

      NoisyWorkload restored = new NoisyWorkload();
      try (PrivacyBudget budget = budget(THREE_ROUNDS);
          Node node = node(belt, restored, budget)) {
        CompletableFuture<Map<String, Double>> running = TestBelt.run(node);
        while (said.stream().noneMatch(line -> line.contains("is away"))) {
          Thread.sleep(10);
        }
        node.close();
        assertThatThrownBy(running::join).hasCauseInstanceOf(InterruptedException.class);
      }
      assertThat(restored.worked).isZero();
      belt.start();
    }
  }

  /// A site's ledger from before there was a list of deltas is not lost.
  @Test
  void aLedgerOfTheFirstVersionIsReadAndADeltaIsPaidForOnce() throws Exception {
    Files.createDirectories(folder.resolve("privacy"));
    Files.writeString(
        folder.resolve("privacy/spent.json"),
        ("{\"version\":1,\"studies\":{\"%s\":{\"noiseMultiplier\":1.0,\"sampleRate\":0.02,\"steps\":10,"
                + "\"round\":1000,\"delta\":\"%s\"}}}")
            .formatted(study.digest(), "a".repeat(64)));
    try (PrivacyBudget budget = budget(THREE_ROUNDS)) {
      budget.spend("a".repeat(64));
      assertThat(spentSteps()).isEqualTo(10);
      budget.spend("b".repeat(64));
      assertThat(spentSteps()).isEqualTo(10 + STEPS);
      budget.spend("a".repeat(64));
    }
    try (PrivacyBudget budget = budget(THREE_ROUNDS)) {
      budget.spend("a".repeat(64));
      budget.spend("b".repeat(64));
      assertThat(spentSteps()).isEqualTo(10 + STEPS);
    }
  }

  @Test
  void whatAnotherStudySpentCounts() {
    try (TestBelt belt = belt()) {
      try (PrivacyBudget other =
          PrivacyBudget.open(
              folder.resolve("privacy"),
              folder.resolve("privacy"),
              new PrivacyBudget.Limit(THREE_ROUNDS, DELTA),
              new PrivacyBudget.Cost("0".repeat(64), STEP, 2 * STEPS, MOST),
              stop -> "no")) {
        assertThatThrownBy(() -> budget(THREE_ROUNDS))
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_IN_USE));
        other.spend("1".repeat(64));
        other.spend("1".repeat(64));
      }
      NoisyWorkload workload = new NoisyWorkload();
      runToTheStop(belt, workload);
      assertThat(workload.worked).isEqualTo(1);
    }
  }
}
