package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.FlakyLine;
import org.dure.federation.TestBelt;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.wire.PartialChunks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Real transfers over lines that fail.
@Timeout(60)
class TransfersTest {
  private static final int FRAGMENT = 1 << 19;

  @TempDir Path folder;

  private final SplittableRandom random = Seeded.random("transfers");
  private final byte[] content = new byte[11 * FRAGMENT + 12_345];
  private TestBelt belt;

  @BeforeEach
  void start() throws Exception {
    random.nextBytes(content);
    belt = new TestBelt(TestStudies.of("ko"), folder, Optional.empty());
    try (HttpHubLink link = link(belt.port)) {
      hello(link);
    }
  }

  @AfterEach
  void stop() {
    belt.close();
  }

  private HttpHubLink link(int port) {
    return new HttpHubLink(
        URI.create("https://127.0.0.1:" + port),
        belt.identity("ko"),
        Optional.empty(),
        new HttpHubLink.Manner(Duration.ofSeconds(1), Duration.ZERO));
  }

  private void hello(HubLink link) throws IOException, InterruptedException {
    byte[] hello =
        Message.Hello.of(belt.study.digest(), "ko", ArithmeticWorkload.LAYOUT.digest()).bytes();
    Receipt unused = link.send(hello, belt.identity("ko").signer().sign(hello));
  }

  private Transfers transfers(HubLink link) {
    NodeStore region = new NodeStore(folder.resolve("ko"));
    return new Transfers(link, region.cache(), region.partialChunks(), FRAGMENT);
  }

  private Transfers.Wanted all(String digest) {
    return new Transfers.Wanted(digest, content.length, content.length, List.of());
  }

  private byte[] fragment(FragmentList list, int index) {
    int from = (int) list.offset(index);
    return Arrays.copyOfRange(content, from, from + list.length(index));
  }

  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  /// As a node does it: again and again.
  private static void untilItWorks(Step step) throws InterruptedException {
    while (true) {
      try {
        step.run();
        return;
      } catch (IOException e) {
        Thread.sleep(50);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(2);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void assertArrived(FragmentList list) {
    FolderArtifactStore received = new FolderArtifactStore(folder.resolve("hub/received/ko"));
    assertThat(Fragments.bytes(list, received)).isEqualTo(content);
  }

  @Test
  void overALineThatCutsStallsAndCrawlsEverythingArrivesAndFewBytesGoTwice() throws Exception {
    FragmentList list = Fragments.list(content, FRAGMENT);
    FolderArtifactStore published = new FolderArtifactStore(folder.resolve("hub/published"));
    String digest = Fragments.put(content, FRAGMENT, published).digest();
    try (FlakyLine line = new FlakyLine(belt.port, random.split(), 8);
        HttpHubLink link = link(line.port())) {
      Transfers transfers = transfers(link);
      untilItWorks(
          () ->
              transfers.send(
                  list, UploadKind.DELTA, index -> fragment(list, index), (what, done, all) -> {}));
      assertArrived(list);
      untilItWorks(
          () -> {
            FragmentList unused = transfers.fetch(all(digest), (what, done, all) -> {});
          });
      assertThat(Fragments.bytes(list, new NodeStore(folder.resolve("ko")).cache()))
          .isEqualTo(content);
      // What a trouble costs lies in the buffers of the sockets on the way, here larger than ever.
      double most = 1.03 * content.length + line.troubles.get() * 600_000 + 200_000;
      assertThat((double) line.up.get()).isLessThan(most);
      assertThat((double) line.down.get()).isLessThan(most);
    }
  }

  @Test
  void whatARegionKilledBeforeKeepingItHadToTheLastByteIsNotFetchedAgain() throws Exception {
    FolderArtifactStore published = new FolderArtifactStore(folder.resolve("hub/published"));
    FragmentList list = Fragments.put(content, FRAGMENT, published);
    NodeStore killed = new NodeStore(folder.resolve("ko"));
    for (int index = 0; index < list.fragments().size(); index++) {
      byte[] fragment = fragment(list, index);
      try (PartialChunks.Arrival arrival =
          killed.partialChunks().open(list.fragments().get(index), 0)) {
        arrival.write(fragment, 0, fragment.length);
      }
    }
    try (FlakyLine line = new FlakyLine(belt.port, random.split(), 0);
        HttpHubLink link = link(line.port())) {
      FragmentList unused = transfers(link).fetch(all(list.digest()), (what, done, all) -> {});
      assertThat(Fragments.bytes(list, killed.cache())).isEqualTo(content);
      assertThat(line.down.get()).isLessThan(FRAGMENT);
    }
  }

  @Test
  void aHubThatDiesInTheMiddleOfUploadsGoesOnWhereItWas() throws Exception {
    FragmentList list = Fragments.list(content, FRAGMENT);
    AtomicLong read = new AtomicLong();
    Thread killer =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int kill = 1; kill <= 3; kill++) {
                    while (read.get() < kill * content.length / 5L) {
                      pause();
                    }
                    belt.hub.close();
                    belt.start();
                  }
                });
    try (HttpHubLink link = link(belt.port)) {
      Transfers transfers = transfers(link);
      untilItWorks(
          () ->
              transfers.send(
                  list,
                  UploadKind.DELTA,
                  index -> {
                    read.addAndGet(list.length(index));
                    return fragment(list, index);
                  },
                  (what, done, all) -> {}));
    }
    read.set(Long.MAX_VALUE);
    killer.join();
    assertArrived(list);
  }

  @Test
  void chunksOfWhichAllBytesOrMoreCameBeforeTheHubDiedAreKept() throws Exception {
    FragmentList list = Fragments.list(content, FRAGMENT);
    Path partial = Files.createDirectories(folder.resolve("hub/received/ko/partial"));
    Files.write(partial.resolve(list.fragments().get(0) + ".part"), fragment(list, 0));
    byte[] longer = Arrays.copyOf(fragment(list, 1), FRAGMENT + 7);
    Files.write(partial.resolve(list.fragments().get(1) + ".part"), longer);
    Files.write(partial.resolve(list.fragments().get(2) + ".part"), new byte[0]);
    try (HttpHubLink link = link(belt.port)) {
      transfers(link)
          .send(list, UploadKind.DELTA, index -> fragment(list, index), (what, done, all) -> {});
    }
    assertArrived(list);
    assertThat(belt.hub.status().regions().getFirst().link().sentAgain()).isEqualTo(2);
    try (Stream<Path> left = Files.list(partial)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void whatTheHubsDiskHasSpoiltIsMadeAgainAndTheRegionOnlyAsksAgain() throws Exception {
    FolderArtifactStore published = new FolderArtifactStore(folder.resolve("hub/published"));
    String weights;
    try (HttpHubLink link = link(belt.port)) {
      weights = link.view(-1, Duration.ZERO).progress().weights();
    }
    Path list =
        folder
            .resolve("hub/published")
            .resolve(weights.substring(0, 2))
            .resolve(weights.substring(2));
    Files.write(list, new byte[(int) Files.size(list)]);
    untilItWorks(
        () -> {
          try (HttpHubLink link = link(belt.port)) {
            StudyView unused = link.view(-1, Duration.ZERO);
          }
          if (!published.contains(weights)) {
            throw new IOException("not made again yet");
          }
        });
    assertThat(Sha256.of(published.get(weights))).isEqualTo(weights);
  }

  @Test
  void aRegionThatDiesInTheMiddleOfItsDownloadsGoesOnWhereItWas() throws Exception {
    FolderArtifactStore published = new FolderArtifactStore(folder.resolve("hub/published"));
    FragmentList list = Fragments.put(content, FRAGMENT, published);
    try (FlakyLine line = new FlakyLine(belt.port, random.split(), 0)) {
      boolean whole = false;
      long kept = 0;
      for (int life = 0; !whole; life++) {
        HttpHubLink link = link(line.port());
        long limit = life < 5 ? line.down.get() + 700_000 : Long.MAX_VALUE;
        AtomicBoolean ended = new AtomicBoolean();
        Thread killer =
            Thread.ofVirtual()
                .start(
                    () -> {
                      while (line.down.get() < limit && !ended.get()) {
                        pause();
                      }
                      link.close();
                    });
        try {
          FragmentList unused = transfers(link).fetch(all(list.digest()), (what, done, all) -> {});
          whole = true;
        } catch (IOException e) {
          whole = false;
        } finally {
          ended.set(true);
          killer.join();
          link.close();
          PartialChunks partialChunks = new NodeStore(folder.resolve("ko")).partialChunks();
          kept += list.fragments().stream().mapToLong(partialChunks::bytes).sum();
        }
      }
      assertThat(Fragments.bytes(list, new NodeStore(folder.resolve("ko")).cache()))
          .isEqualTo(content);
      assertThat(kept).as("bytes of chunks that broke off").isPositive();
      // What the buffers of the sockets held when a region died is lost: here more than ever.
      assertThat(line.down.get()).isLessThan(4L * content.length);
    }
  }
}
