package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.core.TensorLayout;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.region.NodeStore;
import org.dure.federation.region.Outbox;
import org.dure.federation.region.RegionRounds;
import org.dure.federation.region.Transfers;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A region that is set up otherwise than its hub is refused by it, with what both have, and the
/// hub's people see it.
@Timeout(60)
class OtherStudyTest {
  private static final String OTHER = "f".repeat(64);

  @TempDir Path folder;

  /// Runs the node to its refusal.
  private static void assertRefused(
      TestBelt belt, Node node, RejectReason refusal, String... both) {
    assertThatThrownBy(() -> TestBelt.run(node).join())
        .cause()
        .isInstanceOfSatisfying(
            DureException.class,
            e ->
                assertThat(e.code() == ErrorCode.STUDY_MISMATCH && contains(e, refusal, both))
                    .as(String.valueOf(e))
                    .isTrue());
    StudyStatus.Region region =
        belt.hub.status().regions().stream()
            .filter(one -> one.name().equals("ko"))
            .findFirst()
            .orElseThrow();
    assertThat(region.standing().refusals()).containsKey(refusal.name());
    assertThat(region.concern())
        .satisfies(
            concern ->
                assertThat(String.valueOf(concern)).contains("REFUSED").contains(refusal.name()));
  }

  private static boolean contains(DureException e, RejectReason refusal, String... both) {
    String text = String.valueOf(e.getMessage());
    return text.contains(refusal.name()) && List.of(both).stream().allMatch(text::contains);
  }

  @Test
  void aRegionOnAnotherStudy() {
    Study other = TestStudies.with("steps = 6", "ja", "ko");
    try (TestBelt belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty())) {
      assertRefused(
          belt,
          belt.node(other, "ko", new ArithmeticWorkload("ko")),
          RejectReason.WRONG_STUDY,
          other.digest(),
          belt.study.digest());
    }
  }

  @Test
  void aRegionWithAnotherLayout() {
    TensorLayout other = new TensorLayout(List.of(new TensorLayout.Tensor("a", List.of(51L))));
    ArithmeticWorkload workload =
        new ArithmeticWorkload("ko") {
          @Override
          public TensorLayout layout() {
            return other;
          }
        };
    try (TestBelt belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty())) {
      assertRefused(
          belt,
          belt.node("ko", workload),
          RejectReason.WRONG_LAYOUT,
          other.digest(),
          ArithmeticWorkload.LAYOUT.digest());
    }
  }

  @Test
  void aRegionWithAnotherCommonPreparation() throws Exception {
    CommonPreparation first = TestPreparations.of(parts -> parts.firstEntry().getValue());
    CountDownLatch working = new CountDownLatch(1);
    ArithmeticWorkload workload =
        new ArithmeticWorkload("ko") {
          @Override
          public void prepared(byte[] given) {
            super.prepared(given);
            working.countDown();
          }
        };
    Study study = TestStudies.with("rounds = 100000", "ko");
    try (TestBelt belt = new TestBelt(study, folder, Optional.of(first))) {
      Node node = belt.node("ko", workload);
      CompletableFuture<Map<String, Double>> running = TestBelt.run(node);
      working.await();
      node.close();
      assertThatThrownBy(running::join).isInstanceOf(CompletionException.class);
      NodeStore home = new NodeStore(folder.resolve("ko"));
      NodeStore.Seen seen = home.seen(study.digest());
      home.keepSeen(
          new NodeStore.Seen(
              seen.study(), seen.number(), seen.head(), seen.proof(), OTHER, seen.told()));
      assertRefused(
          belt,
          belt.node("ko", new ArithmeticWorkload("ko")),
          RejectReason.WRONG_COMMON,
          OTHER,
          Fragments.list("part of ko".getBytes(StandardCharsets.UTF_8), study.fragmentBytes())
              .digest());
    }
  }

  @Test
  void aRegionGreetsAHubOfAnotherProtocolAndIsRefusedWithBothVersions() throws Exception {
    Study study = TestStudies.of("ko");
    byte[] newer =
        "{\"protocol\":4,\"study\":\"%s\",\"unheardOf\":{}}"
            .formatted(study.digest())
            .getBytes(StandardCharsets.UTF_8);
    StudyView view = StudyView.parse(newer);
    KeyPair keys = Signatures.newKeyPair();
    Signer signer = Signatures.signer(keys.getPrivate(), keys.getPublic());
    NewerHub hub = new NewerHub();
    NodeStore home = new NodeStore(folder);
    try (ExportLog exports =
        ExportLog.open(
            folder.resolve("exports.jsonl"),
            ExportPolicy.standard(),
            signer,
            InstantSource.system())) {
      RegionRounds work =
          new RegionRounds(
              study,
              "ko",
              home,
              new ArithmeticWorkload("ko"),
              new Transfers(hub, home.cache(), home.partialChunks(), study.fragmentBytes()),
              new Outbox(study.digest(), "ko", hub, signer, exports),
              (member, certificate) -> keys.getPublic(),
              (doing, done, total) -> {},
              line -> {});

      assertThatThrownBy(() -> work.hello(view))
          .isInstanceOfSatisfying(
              MessageRejected.class,
              e -> assertThat(e.refusal()).isEqualTo(RejectReason.WRONG_PROTOCOL));
      assertThatThrownBy(() -> work.step(view))
          .isInstanceOf(DureException.class)
          .hasMessageContainingAll("protocol 4", "3");
    }
    assertThat(SignedMessage.parse(hub.heard.getFirst(), new byte[0]).message())
        .isInstanceOf(Message.Hello.class);
  }

  @Test
  void aStandingOfThisProtocolThatCannotBeReadIsAnError() {
    assertThatThrownBy(
            () -> StudyView.parse("{\"protocol\":3,\"x\":1}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
  }

  /// Refuses every message over its protocol.
  private static final class NewerHub implements HubLink {
    private final List<byte[]> heard = new ArrayList<>();

    @Override
    public Receipt send(byte[] message, byte[] signature) {
      heard.add(message);
      throw new MessageRejected(RejectReason.WRONG_PROTOCOL, "speaks 3: the hub speaks 4");
    }

    @Override
    public StudyView view(long after, Duration wait) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SecretView secretRound() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void get(String digest, int most, Landing landing) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int atOnce() {
      return 1;
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
