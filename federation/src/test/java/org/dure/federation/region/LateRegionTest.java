package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.FolderArtifactStore;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestAuthority;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.server.HubServer;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.Landing;
import org.dure.federation.wire.TlsIdentity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A region whose deltas are too late, over and over: slow, not hostile.
@Timeout(60)
class LateRegionTest {
  private static final TensorLayout TENSORS =
      new TensorLayout(List.of(new TensorLayout.Tensor("a", List.of(1L << 20))));
  private static final Duration AT_ONCE = Duration.ZERO;

  /// More deltas in vain than a region may have at the hub.
  private static final int LATE = 9;

  @TempDir Path folder;

  private final TestAuthority authority = new TestAuthority("late study");
  private final Map<String, TlsIdentity> identities =
      Map.of("ja", authority.region("ja"), "ko", authority.region("ko"));
  private final Study study =
      TestStudies.with(
          "rounds = 30\nquorum = 1\ngrace-seconds = 0\nlate-rounds = 0\nahead-steps = 0\n"
              + "fragment-bytes = 2097152\nlease-seconds = 600\n",
          "ja",
          "ko");
  private final List<String> said = new ArrayList<>();

  /// Rounds in which the slow region will be overtaken.
  private int late;

  @Test
  void aRegionThatIsTooLateAgainAndAgainLeavesItsDeltasOutAndCountsWhenItIsInTime()
      throws Exception {
    try (HubServer hub = start();
        Region ja = new Region("ja", hub.port(), () -> {});
        Region ko = new Region("ko", hub.port(), () -> overtake(ja))) {
      ja.step();
      FragmentList early = count(ko);
      late = LATE;
      RetryPolicy timeout =
          new RetryPolicy(
              new SplittableRandom(1), listener(), URI.create("https://hub"), () -> true);
      while (late > 0) {
        try {
          ko.step();
        } catch (MessageRejected e) {
          assertThat(timeout.refused(e)).isPositive();
          assertThat(e.refusal()).isEqualTo(RejectReason.TOO_LATE);
        }
      }
      FragmentList inTime = count(ko);

      StudyStatus status = hub.status();
      assertThat(status.regions().get(1).standing().refusals().get("TOO_LATE").count())
          .isGreaterThanOrEqualTo(LATE);
      assertThat(said).anyMatch(line -> line.contains("it is left out"));
      FolderArtifactStore kept = new FolderArtifactStore(folder.resolve("hub/received/ko"));
      for (FragmentList counted : List.of(early, inTime)) {
        assertThat(kept.list()).contains(counted.digest()).containsAll(counted.fragments());
      }
      assertThat(bytes("ko") - early.bytes() - inTime.bytes())
          .as("bytes of deltas that were too late")
          .isBetween(4 * inTime.bytes(), 4 * inTime.bytes() + (17 << 20));
    }
  }

  /// Works until a delta more is counted and merged.
  private FragmentList count(Region region) throws IOException, InterruptedException {
    int before = region.view().member().counted();
    while (region.view().member().counted() == before
        || region.view().progress().round() == region.view().member().counted()) {
      try {
        region.step();
      } catch (MessageRejected e) {
        assertThat(e.refusal()).isEqualTo(RejectReason.TOO_LATE);
      }
    }
    return region.files.newest().orElseThrow().delta();
  }

  private long bytes(String region) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("hub/received").resolve(region))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private HubServer start() {
    return HubServer.start(
        new HubServer.Setup(
            study,
            folder.resolve("hub"),
            new InetSocketAddress("127.0.0.1", 0),
            authority.hub(),
            () -> Weights.allocate(TENSORS, Arena.ofAuto()),
            Optional.empty(),
            InstantSource.system()));
  }

  private Node.Listener listener() {
    return new Node.Listener() {
      @Override
      public void onMessage(String line) {
        said.add(line);
      }

      @Override
      public void onActivity(int round, ActivityKind doing, long done, long total) {
        // Only people care.
      }
    };
  }

  /// The others finish a round while a delta is on its way.
  private void overtake(Region others) throws IOException, InterruptedException {
    if (late > 0) {
      late--;
      int round = others.view().progress().round();
      while (others.view().progress().round() == round) {
        others.step();
      }
    }
  }

  /// What happens just before a contribution is sent.
  private interface Before {
    void run() throws IOException, InterruptedException;
  }

  /// A region's process without its loop.
  private final class Region implements AutoCloseable {
    private final HubLink link;
    private final ExportLog exports;
    private final NodeStore files;
    private final RegionRounds work;
    private boolean greeted;

    Region(String name, int port, Before before) {
      TlsIdentity identity = identities.get(name);
      files = new NodeStore(folder.resolve(name));
      link = new HttpHubLink(URI.create("https://127.0.0.1:" + port), identity);
      exports =
          ExportLog.open(
              folder.resolve(name + ".jsonl"),
              ExportPolicy.standard(),
              identity.signer(),
              InstantSource.system());
      HubLink slow = new Slow(link, before);
      work =
          new RegionRounds(
              study,
              name,
              files,
              new Numbers(name),
              new Transfers(slow, files.cache(), files.partialChunks(), study.fragmentBytes()),
              new Outbox(study.digest(), name, slow, identity.signer(), exports),
              new AuthorityTrust(identity.authority(), InstantSource.system()),
              (doing, done, total) -> {},
              said::add);
    }

    void step() throws IOException, InterruptedException {
      StudyView view = link.view(-1, AT_ONCE);
      if (!greeted) {
        work.hello(view);
        greeted = true;
        view = link.view(-1, AT_ONCE);
      }
      if (work.step(view) == RegionRounds.Outcome.WAIT) {
        StudyView unused = link.view(view.log().number(), Duration.ofSeconds(10));
      }
    }

    StudyView view() throws IOException, InterruptedException {
      return link.view(-1, AT_ONCE);
    }

    @Override
    public void close() {
      link.close();
      exports.close();
    }
  }

  /// The slow region's numbers are others in every round, so that no two deltas share a fragment;
  /// the others' are zeros, which are quickly sent.
  private static final class Numbers extends ArithmeticWorkload {
    private final boolean slow;

    Numbers(String region) {
      super(region);
      slow = region.equals("ko");
    }

    @Override
    public TensorLayout layout() {
      return TENSORS;
    }

    @Override
    public Contribution work(int round, Weights shared, Workload.Activity activity) {
      SplittableRandom random = new SplittableRandom(round);
      Weights delta = Weights.allocate(TENSORS, Arena.ofAuto());
      long elements = slow ? TENSORS.elements() : 0;
      for (long i = 0; i < elements; i++) {
        delta.set(i, (float) random.nextDouble());
      }
      return new Contribution(delta, 1, Map.of());
    }
  }

  /// A link on which the world goes on while a contribution is sent.
  private record Slow(HubLink link, Before before) implements HubLink {
    @Override
    public Receipt send(byte[] message, byte[] signature) throws IOException, InterruptedException {
      if (SignedMessage.parse(message, signature).message() instanceof Message.Contribution) {
        before.run();
      }
      return link.send(message, signature);
    }

    @Override
    public StudyView view(long after, Duration wait) throws IOException, InterruptedException {
      return link.view(after, wait);
    }

    @Override
    public SecretView secretRound() throws IOException, InterruptedException {
      return link.secretRound();
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind)
        throws IOException, InterruptedException {
      return link.offer(list, kind);
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun)
        throws IOException, InterruptedException {
      link.put(digest, kind, chunk, begun);
    }

    @Override
    public void get(String digest, int most, Landing landing)
        throws IOException, InterruptedException {
      link.get(digest, most, landing);
    }

    @Override
    public int atOnce() {
      return link.atOnce();
    }

    @Override
    public void close() {
      link.close();
    }
  }
}
