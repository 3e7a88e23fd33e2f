package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.core.Weights;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.accounting.SampledGaussian;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A hub that opens round after round and says of those before that they were taken back: each
/// delta more tells more of the same documents.
@Timeout(60)
class EndlessHubTest {
  private static final int ROUNDS = 4;
  private static final int STEPS = 5;
  private static final long MOST = 1_000 * STEPS;
  private static final double DELTA = 1e-6;
  private static final SampledGaussian STEP = new SampledGaussian(1.0, 0.02, 1);
  private static final Study STUDY =
      TestStudies.with("rounds = " + ROUNDS + "\nquorum = 1\nahead-steps = 0\n", "ja");

  @TempDir Path folder;

  private final Signer signer = signer();
  private final Hub hub = new Hub();
  private ExportPolicy policy = ExportPolicy.standard();
  private int paid = 3;
  private PrivacyBudget budget;
  private ExportLog exports;
  private RegionRounds work;

  private static Signer signer() {
    KeyPair pair = Signatures.newKeyPair();
    return Signatures.signer(pair.getPrivate(), pair.getPublic());
  }

  @BeforeEach
  void start() {
    double limit = (epsilon(paid) + epsilon(paid + 1)) / 2;
    budget =
        PrivacyBudget.open(
            folder.resolve("privacy"),
            folder.resolve("privacy"),
            new PrivacyBudget.Limit(limit, DELTA),
            new PrivacyBudget.Cost(STUDY.digest(), STEP, STEPS, MOST),
            stop -> "round %d would need %.3f".formatted(stop.round(), stop.needed()));
    exports =
        ExportLog.open(folder.resolve("exports.jsonl"), policy, signer, InstantSource.system());
    NodeStore files = new NodeStore(folder.resolve("ja"));
    work =
        new RegionRounds(
            STUDY,
            "ja",
            files,
            new Noisy(),
            new Transfers(hub, files.cache(), files.partialChunks(), STUDY.fragmentBytes()),
            new Outbox(STUDY.digest(), "ja", hub, signer, exports),
            (member, certificate) -> {
              throw new AssertionError(member);
            },
            (doing, done, total) -> {},
            line -> {},
            budget);
  }

  @AfterEach
  void stop() {
    budget.close();
    exports.close();
  }

  private static double epsilon(int rounds) {
    return PrivacyAccountant.epsilon(List.of(STEP.times((long) rounds * STEPS)), DELTA);
  }

  /// It would be taken from the site's other studies.
  @Test
  void whatNoStudyCanHaveSpentIsNotBelieved() {
    for (long lie : new long[] {MOST + 1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> budget.takeOver(lie))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_MISBEHAVED));
    }
    assertThat(PrivacyBudget.spent(folder.resolve("privacy"))).isEmpty();
    assertThat(budget.takeOver(MOST)).isTrue();
  }

  /// What the hub says until it has a delta of the round.
  private void round(int round, int... takenBack) throws Exception {
    hub.opens(round, takenBack);
    int before = hub.contributions;
    for (int i = 0; i < 10 && hub.contributions == before; i++) {
      RegionRounds.Outcome unused = work.step(hub.view(-1, Duration.ZERO));
    }
    assertThat(hub.contributions).as("deltas after round %d", round).isEqualTo(before + 1);
  }

  private void refuses(int round, int... takenBack) {
    hub.opens(round, takenBack);
    int before = hub.deltas.size();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_MISBEHAVED))
          .hasMessageContaining("round");
    }
    assertThat(hub.deltas).hasSize(before);
  }

  /// Every delta that has left was paid for.
  private void assertPaid() {
    long steps =
        PrivacyBudget.spent(folder.resolve("privacy")).stream()
            .mapToLong(SampledGaussian::steps)
            .sum();
    assertThat(steps).isGreaterThanOrEqualTo((long) STEPS * hub.deltas.size());
  }

  @Test
  void roundsWhoseNumbersFallAreRefusedAlsoAfterARestart() throws Exception {
    round(ROUNDS);
    for (boolean again : new boolean[] {false, true}) {
      refuses(2, 1, 1, 3, ROUNDS);
      refuses(2, 1, 1);
      refuses(3, 4, 4);
      refuses(1);
      if (!again) {
        stop();
        start();
      }
    }
    assertPaid();
    assertThat(hub.deltas).hasSize(1);
  }

  @Test
  void aRoundBeyondThoseOfTheStudyIsRefused() {
    refuses(1000);
    refuses(ROUNDS + 1);
    refuses(ROUNDS + 2, 1, 1);
    refuses(3, 3, 3);
    refuses(3, 2, 7);
  }

  @Test
  void whatWasTakenBackStaysSoAndNothingStandsBehindIt() throws Exception {
    round(1);
    round(3, 1, 2);
    refuses(4);
    refuses(5, 2, 4);
    refuses(5, 1, 2, 4, 4, 5, 5);
    round(5, 1, 4);
    assertPaid();
  }

  @Test
  void noDeltaIsFreeWhateverRoundItIsSaidToBeOf() throws Exception {
    for (int round = 1; round <= 3; round++) {
      round(round, round == 1 ? new int[0] : new int[] {1, round - 1});
      assertPaid();
    }
    hub.opens(4, 1, 3);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PRIVACY_SPENT));
      stop();
      start();
    }
    assertThat(hub.deltas).hasSize(3);
    assertPaid();
  }

  /// A second round is worked, and the process dies before the hub hears of it.
  private void dieBeforeTheHubIsTold() throws Exception {
    round(1);
    hub.opens(2);
    hub.deaf = true;
    assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
        .isInstanceOf(IOException.class);
    hub.deaf = false;
    stop();
  }

  @Test
  void aRoundIsPaidForThoughTheLedgerWasLostBeforeTheHubWasTold() throws Exception {
    dieBeforeTheHubIsTold();
    Files.delete(folder.resolve("privacy/spent.json"));
    start();
    round(2);
    assertPaid();
    assertThat(hub.spentSteps).isEqualTo(2 * STEPS);
  }

  @Test
  void aLedgerThatMissesARoundWhoseDeltaItListsPaysForIt() throws Exception {
    dieBeforeTheHubIsTold();
    Path ledger = folder.resolve("privacy/spent.json");
    String paidFor = Files.readString(ledger);
    assertThat(paidFor).contains("\"steps\":" + 2 * STEPS);
    Files.writeString(ledger, paidFor.replace("\"steps\":" + 2 * STEPS, "\"steps\":" + STEPS));
    start();
    round(2);
    assertPaid();
    assertThat(hub.spentSteps).isEqualTo(2 * STEPS);
  }

  @Test
  void aMessageThatThisProcessDidNotSendIsAnotherCopys() throws Exception {
    round(1);
    hub.sequence++;
    hub.opens(2);
    assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SET_BACK))
        .hasMessageContaining("another copy");
    stop();
    start();
    round(2);
  }

  private void accept(String consent, int times) {
    stop();
    paid = 100;
    policy =
        ExportPolicy.standard()
            .within(
                new ExportPolicy.Accepted(
                    "ja",
                    Sha256.of(consent.getBytes(StandardCharsets.UTF_8)),
                    Map.of("delta", new ExportPolicy.Bound("weights-body", 100_000, times)),
                    "accept more"));
    start();
  }

  /// However many rounds a hub takes back, what was accepted in all is what leaves in all.
  @Test
  void noMoreLeavesThanWasAcceptedInAll() throws Exception {
    accept("the first", 3);
    for (int round = 1; round <= 3; round++) {
      round(round, round == 1 ? new int[0] : new int[] {1, round - 1});
    }
    hub.opens(4, 1, 3);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONSENT_MISSING))
          .hasMessageContainingAll("weights-body", "accepted 3 times", "in 3 times", "accept more");
      accept("the first", 3);
    }
    assertThat(hub.deltas).hasSize(3);
    assertThat(PrivacyBudget.spent(folder.resolve("privacy")).getFirst().steps())
        .as("nothing is spent on what may not leave")
        .isEqualTo(3 * STEPS);

    accept("anew", 1);
    round(4, 1, 3);
    hub.opens(5, 1, 4);
    assertThatThrownBy(() -> work.step(hub.view(-1, Duration.ZERO)))
        .hasMessageContaining("weights-body");
    assertThat(hub.deltas).hasSize(4);
  }

  /// Never the same delta twice, as with noise.
  private static final class Noisy extends ArithmeticWorkload {
    Noisy() {
      super("ja");
    }

    @Override
    public Contribution work(int round, Weights shared, Activity activity) {
      Contribution made = super.work(round, shared, activity);
      made.delta().set(0, (float) Math.random());
      return new Contribution(made.delta(), made.weight(), Map.of());
    }
  }

  /// Takes whatever comes and says what it likes.
  private static final class Hub implements HubLink {
    private final MemoryArtifactStore chunks = new MemoryArtifactStore();
    private final String weights =
        Fragments.put(ArithmeticWorkload.initial(), STUDY.fragmentBytes(), chunks).digest();
    private final TreeSet<String> deltas = new TreeSet<>();
    private int contributions;
    private int counted;
    private int round;
    private TakenBack takenBack = TakenBack.NONE;
    private long number;
    private long sequence;
    private String spentDelta = "";
    private long spentSteps;
    private boolean deaf;

    /// @param ends of the spans that were taken back
    void opens(int open, int... ends) {
      List<TakenBack.Span> spans = new ArrayList<>();
      int rounds = 0;
      for (int i = 0; i < ends.length; i += 2) {
        spans.add(new TakenBack.Span(ends[i], ends[i + 1]));
        rounds += ends[i + 1] - ends[i] + 1;
      }
      round = open;
      takenBack = new TakenBack(rounds, spans);
    }

    @Override
    public StudyView view(long after, Duration wait) {
      number++;
      return new StudyView(
          Message.PROTOCOL,
          STUDY.digest(),
          new LogHead(number, Sha256.of(new byte[] {(byte) number}), ""),
          new StudyView.Progress(
              Phase.TRAINING,
              round,
              ArithmeticWorkload.LAYOUT.digest(),
              weights,
              false,
              "",
              takenBack),
          new StudyView.Member(
              true, sequence, false, counted, spentSteps, spentDelta, ExportHead.NONE),
          new StudyView.Lease(1, List.of("ja"), Long.MAX_VALUE, 0),
          "");
    }

    @Override
    public Receipt send(byte[] message, byte[] signature) throws IOException {
      if (deaf) {
        throw new IOException("nobody is here");
      }
      Message said = SignedMessage.parse(message, signature).message();
      switch (said) {
        case Message.Spending spending -> {
          spentDelta = spending.delta();
          spentSteps = spending.spent().steps();
        }
        case Message.Contribution contribution -> {
          contributions++;
          counted = contribution.round();
        }
        default -> {}
      }
      sequence = Math.max(sequence, said.sequence());
      return new Receipt(number);
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) {
      deltas.add(Sha256.of(list));
      return MissingFragments.of(FragmentList.parse(list), digest -> false, digest -> 0);
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) {
      // Its list has said what it is part of.
    }

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      byte[] chunk = chunks.get(digest);
      landing.write(chunk, (int) landing.begun(), chunk.length - (int) landing.begun());
    }

    @Override
    public SecretView secretRound() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int atOnce() {
      return 1;
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
