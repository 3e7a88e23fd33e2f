package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.region.NodeStore;
import org.dure.federation.server.HubServer;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The whole belt over real HTTPS.
@Timeout(60)
class BeltTest {
  private static final String SECRET = "두레의 비밀 문장 4711-0815 xyzzy";

  @TempDir Path folder;

  private static String weights(TestBelt belt) {
    belt.hub.exportLedger(belt.folder.resolve("ledger"));
    return Ledger.verify(belt.folder.resolve("ledger")).weights().toString();
  }

  private static String undisturbed(Study study, Path folder, Optional<CommonPreparation> common) {
    try (TestBelt belt = new TestBelt(study, folder, common)) {
      belt.runAll(ArithmeticWorkload::new);
      return weights(belt);
    }
  }

  @Test
  void twoRegionsFinishAStudyAndAgreeOnTheWeights() {
    Study study = TestStudies.of("ja", "ko");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      Map<String, Map<String, Double>> scores = belt.runAll(ArithmeticWorkload::new);

      assertThat(scores.get("ja")).isEqualTo(scores.get("ko"));
      StudyStatus status = belt.hub.status();
      assertThat(status.progress().phase()).isEqualTo(Phase.FINISHED);
      assertThat(status.history()).hasSize(3).allMatch(round -> round.merged() != null);
      assertThat(status.regions()).allMatch(region -> region.work().scores().containsKey("end"));
      long deltas =
          status.traffic().crossings().stream()
              .filter(crossing -> crossing.kind() == TrafficKind.DELTA && crossing.round() == 2)
              .mapToLong(StudyStatus.Crossing::bytes)
              .sum();
      assertThat(deltas).isGreaterThan(2 * 4 * ArithmeticWorkload.LAYOUT.elements());
      assertThat(status.regions())
          .allMatch(region -> region.work().sent() > 0 && region.work().received() > 0)
          .allMatch(region -> region.standing().refused() == 0);
    }
  }

  @Test
  void circlesEndWithWeightsOfTheirOwnAndALedgerThatSaysSo() {
    Study study =
        TestStudies.circled(
            "rounds = 3\ncircles = [\"all:1\", \"kind\"]",
            "fr:law",
            "ja:wiki",
            "ko:wiki",
            "vi:law");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      Map<String, Map<String, Double>> scores = belt.runAll(ArithmeticWorkload::new);

      assertThat(scores.get("ja")).isEqualTo(scores.get("ko")).isNotEqualTo(scores.get("fr"));
      assertThat(scores.get("vi")).isEqualTo(scores.get("fr"));
      belt.hub.exportLedger(folder.resolve("ledger"));
      assertThat(Ledger.verify(folder.resolve("ledger")).weights().keySet())
          .containsExactly("kind:law", "kind:wiki");
    }
  }

  @Test
  void aRegionWhoseCircleIsNotMergedGoesOnFromItsOwnWeights() {
    Study study =
        TestStudies.circled(
            "rounds = 3\nquorum = 3\ncircles = [\"kind\"]",
            "fr:law",
            "ja:wiki",
            "ko:wiki",
            "vi:law");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      Stream.of("fr", "ja", "ko")
          .map(region -> TestBelt.run(belt.node(region, new ArithmeticWorkload(region))))
          .toList()
          .forEach(CompletableFuture::join);

      List<Double> norms =
          belt.hub.status().history().stream()
              .map(round -> round.contributions().get("fr").norm())
              .toList();
      // Each round takes a tenth of what is left: 0.1, 0.19 and 0.271 of where it began.
      assertThat(norms.get(1) / norms.get(0)).isCloseTo(1.9, within(0.05));
      assertThat(norms.get(2) / norms.get(0)).isCloseTo(2.71, within(0.1));
      assertThat(belt.hub.status().history())
          .allMatch(round -> round.contributions().get("fr").share() == null)
          .allMatch(round -> round.contributions().get("ko").share() != null);
    }
  }

  @Test
  void aStudyThatPreparesInCommonHandsEveryRegionTheSameResult() {
    CommonPreparation join =
        TestPreparations.of(
            parts -> {
              StringBuilder all = new StringBuilder();
              parts.forEach((region, part) -> all.append(region).append(part));
              return all.toString();
            });
    List<String> prepared = new CopyOnWriteArrayList<>();
    try (TestBelt belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.of(join))) {
      belt.runAll(
          region ->
              new ArithmeticWorkload(region) {
                @Override
                public void prepared(byte[] given) {
                  prepared.add(new String(given, StandardCharsets.UTF_8));
                  super.prepared(given);
                }
              });
      assertThat(prepared).containsExactly("japart of jakopart of ko", "japart of jakopart of ko");
    }
  }

  @Test
  void hubAndNodeThatDieInTheMiddleChangeNoBit() throws Exception {
    Study study = TestStudies.with("rounds = 6", "ja", "ko");
    String expected = undisturbed(study, folder.resolve("a"), Optional.empty());
    try (TestBelt belt = new TestBelt(study, folder.resolve("b"), Optional.empty())) {
      CountDownLatch third = new CountDownLatch(1);
      CompletableFuture<Map<String, Double>> ja =
          TestBelt.run(belt.node("ja", new ArithmeticWorkload("ja")));
      Node ko = belt.node("ko", stopping(third, 3));
      CompletableFuture<Map<String, Double>> first = TestBelt.run(ko);
      third.await();
      ko.close();
      assertThatThrownBy(first::join).hasCauseInstanceOf(InterruptedException.class);
      belt.hub.close();
      CompletableFuture<Map<String, Double>> again =
          TestBelt.run(belt.node("ko", new ArithmeticWorkload("ko")));
      while (belt.said.stream().filter(line -> line.contains("is away")).count() < 2) {
        Thread.sleep(10);
      }
      belt.start();

      assertThat(again.get()).isEqualTo(ja.get());
      assertThat(weights(belt)).isEqualTo(expected);
      assertThat(belt.said).anyMatch(line -> line.endsWith("is back"));
      assertThat(belt.hub.status().regions())
          .allMatch(region -> region.presence().state() == StudyStatus.RegionState.FINISHED);
    }
  }

  /// Waits for its interruption in the given round.
  private static ArithmeticWorkload stopping(CountDownLatch reached, int when) {
    return new ArithmeticWorkload("ko") {
      @Override
      public Contribution work(int round, Weights shared, Activity activity) {
        Contribution made = super.work(round, shared, activity);
        if (round == when) {
          reached.countDown();
        }
        return made;
      }
    };
  }

  @Test
  void aRegionThatRemembersTheHubsLogFromBeforeThereWereProofsGoesOnAndHasOneAfterwards()
      throws Exception {
    Study study = TestStudies.of("ja", "ko");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      belt.hub.exportLedger(folder.resolve("ledger"));
      byte[] opened =
          Files.readAllLines(folder.resolve("ledger/events.jsonl"))
              .getFirst()
              .getBytes(StandardCharsets.UTF_8);
      Files.createDirectories(folder.resolve("ko"));
      Files.writeString(
          folder.resolve("ko/hub.json"),
          "{\"study\":\"%s\",\"number\":1,\"head\":\"%s\",\"common\":\"\"}"
              .formatted(study.digest(), Sha256.of(opened)));
      belt.runAll(ArithmeticWorkload::new);

      NodeStore.Seen seen = new NodeStore(folder.resolve("ko")).seen(study.digest());
      assertThat(seen.number()).isGreaterThan(1);
      assertThat(seen.proof()).matches("[0-9a-f]{64}");
      assertThat(belt.refusals("ko")).isEmpty();
    }
  }

  @Test
  void aFinishedNodeRunsAgainWithoutItsHub() throws Exception {
    TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
    Map<String, Double> scores = belt.runAll(ArithmeticWorkload::new).get("ko");
    belt.close();

    assertThat(belt.node("ko", new ArithmeticWorkload("ko")).run()).isEqualTo(scores);
  }

  @Test
  void aSentenceOfARegionIsNowhereOutsideIt() throws IOException {
    Study study = TestStudies.of("ja", "ko");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      Path text = folder.resolve("ko").resolve("documents.txt");
      Files.createDirectories(text.getParent());
      Files.writeString(text, SECRET);
      belt.runAll(ArithmeticWorkload::new);
      weights(belt);
    }
    for (String place : List.of("hub", "ja", "ledger")) {
      try (Stream<Path> files = Files.walk(folder.resolve(place))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
          for (String part : List.of("xyzzy", "4711-0815", "두레의")) {
            String asBytes =
                new String(part.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            assertThat(bytes.contains(asBytes)).as("%s in %s", part, file).isFalse();
          }
        }
      }
    }
  }

  /// Over the real wire: what one node sends ends no other, and the hub says whose it was.
  @Test
  void aHostileNodeEndsNobodyAndIsNamed() {
    Study study = TestStudies.with("rounds = 4", "fr", "ja", "ko", "vi");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      Map<String, Map<String, Double>> scores =
          belt.runAll(
              name ->
                  new ArithmeticWorkload(name) {
                    @Override
                    public Contribution work(int round, Weights shared, Activity activity) {
                      Contribution made = super.work(round, shared, activity);
                      for (long i = 0; name.equals("ko") && i < LAYOUT.elements(); i++) {
                        made.delta().set(i, round % 2 == 0 ? -3.4e38f : 3.4e38f);
                      }
                      return made;
                    }
                  });
      assertThat(scores.values())
          .hasSize(4)
          .allSatisfy(score -> assertThat(score.get("end")).isFinite());
      for (StudyStatus.Round round : belt.hub.status().history()) {
        round
            .contributions()
            .forEach(
                (name, part) ->
                    assertThat("counted".equals(part.verdict()))
                        .as("%s in round %d: %s", name, round.number(), part.verdict())
                        .isEqualTo(!name.equals("ko")));
      }
    }
  }

  @Test
  void aWorkloadThatPutsTextIntoAMeasureIsStoppedAtHome() {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty())) {
      ArithmeticWorkload leaking =
          new ArithmeticWorkload("ko") {
            @Override
            public Contribution work(int round, Weights shared, Activity activity) {
              Contribution made = super.work(round, shared, activity);
              return new Contribution(made.delta(), made.weight(), Map.of(SECRET, 1.0));
            }
          };
      assertThatThrownBy(() -> TestBelt.run(belt.node("ko", leaking)).join())
          .cause()
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED));
      assertThat(belt.hub.status().history().getFirst().contributions()).isEmpty();
    }
  }

  @Test
  void thePolicyOfTheSiteStopsWhatItDoesNotAllow() {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty())) {
      for (ExportPolicy policy :
          List.of(
              ExportPolicy.of(Set.of("hello", "activity"), 1 << 20),
              ExportPolicy.of(ExportPolicy.KINDS, 400))) {
        Node node = belt.node("ko", new ArithmeticWorkload("ko"), belt.identity("ko"), policy);
        assertThatThrownBy(() -> TestBelt.run(node).join())
            .cause()
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED));
      }
      assertThat(belt.hub.status().traffic().crossings())
          .noneMatch(crossing -> crossing.kind() == TrafficKind.DELTA);
    }
  }

  @Test
  void everyExportIsInTheSignedLogOfTheRegion() {
    Study study = TestStudies.of("ja", "ko");
    try (TestBelt belt = new TestBelt(study, folder, Optional.empty())) {
      belt.runAll(ArithmeticWorkload::new);
      List<ExportLog.Entry> entries = new ArrayList<>();
      ExportLog.verify(
          folder.resolve("ko").resolve("exports.jsonl"),
          belt.identity("ko").certificate().getPublicKey(),
          entries::add);

      assertThat(entries).extracting(ExportLog.Entry::kind).contains("hello", "delta", "scores");
      assertThat(entries.stream().filter(entry -> entry.kind().equals("delta"))).hasSize(3);
    }
  }

  @Test
  void twoNodesOnOneFolderAndTwoHubsOnOneFolderAreRefused() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty())) {
      Node first = belt.node("ko", new ArithmeticWorkload("ko"));
      CompletableFuture<Map<String, Double>> running = TestBelt.run(first);
      while (belt.hub.status().regions().get(1).presence().lastSeen() == 0) {
        Thread.sleep(10);
      }
      assertCode(() -> belt.node("ko", new ArithmeticWorkload("ko")).run(), ErrorCode.HOME_IN_USE);
      belt.port = 0;
      assertCode(belt::start, ErrorCode.HOME_IN_USE);
      first.close();
      assertThatThrownBy(running::join).isInstanceOf(CompletionException.class);
    }
  }

  @Test
  void aPortThatIsTakenIsSaid() {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty())) {
      assertCode(
          () ->
              HubServer.start(
                  new HubServer.Setup(
                      belt.study,
                      folder.resolve("other"),
                      new InetSocketAddress("127.0.0.1", belt.port),
                      belt.authority.hub(),
                      ArithmeticWorkload::initial,
                      Optional.empty(),
                      InstantSource.system())),
          ErrorCode.PORT_TAKEN);
    }
  }

  @Test
  void aStoppedBeltLeavesNoThreadBehind() throws Exception {
    try (TestBelt belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty())) {
      belt.runAll(ArithmeticWorkload::new);
    }
    List<String> left = List.of();
    for (int wait = 0; wait < 100; wait++) {
      left =
          Thread.getAllStackTraces().keySet().stream()
              .map(Thread::getName)
              .filter(
                  name ->
                      name.startsWith("hub")
                          || name.contains("HttpClient")
                          || name.contains("Jetty")
                          || name.contains("qtp"))
              .toList();
      if (left.isEmpty()) {
        break;
      }
      Thread.sleep(50);
    }
    assertThat(left).isEmpty();
  }

  private static void assertCode(ThrowableAssert.ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
