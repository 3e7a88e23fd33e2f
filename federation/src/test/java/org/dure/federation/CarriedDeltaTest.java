package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.dure.federation.client.HubLink;
import org.dure.federation.hub.TestHub;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.NodeStore;
import org.dure.federation.region.Outbox;
import org.dure.federation.region.RegionRounds;
import org.dure.federation.region.Transfers;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A delta that its circle has not merged yet is in the region's next one, and counts once.
class CarriedDeltaTest {
  @TempDir Path folder;

  private final Study study =
      TestStudies.circled(
          "rounds = 8\nquorum = 3\ngrace-seconds = 1\ncircles = [\"kind\"]",
          "fr:law",
          "vi:law",
          "ja:wiki",
          "ko:wiki");
  private final TestHub hub = new TestHub(study);
  private boolean down;

  /// Straight to the hub, where it is not down.
  private final class Link implements HubLink {
    @Override
    public Receipt send(byte[] message, byte[] signature) throws IOException {
      if (down
          && SignedMessage.parse(message, signature).message() instanceof Message.Contribution) {
        throw new IOException("down");
      }
      return hub.receive("fr", message, signature);
    }

    @Override
    public StudyView view(long number, Duration wait) {
      return hub.view("fr");
    }

    @Override
    public SecretView secretRound() {
      throw new AssertionError("no sum is secret here");
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) {
      hub.received("fr").put(list);
      return MissingFragments.of(
          FragmentList.parse(list), hub.received("fr")::contains, digest -> 0);
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) {
      hub.received("fr").put(chunk);
    }

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      byte[] chunk = hub.published.get(digest);
      int from = (int) landing.begun();
      landing.write(chunk, from, chunk.length - from);
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

  private RegionRounds region(Link link, ExportLog exports) throws IOException {
    NodeStore files = new NodeStore(Files.createDirectories(folder.resolve("fr/node")));
    return new RegionRounds(
        study,
        "fr",
        files,
        new ArithmeticWorkload("fr"),
        new Transfers(link, files.cache(), files.partialChunks(), study.fragmentBytes()),
        new Outbox(study.digest(), "fr", link, hub.signer("fr"), exports),
        (member, certificate) -> hub.key(member).getPublic(),
        (doing, done, total) -> {},
        line -> {});
  }

  private double norm(int round) {
    return hub.status().history().get(round - 1).contributions().get("fr").norm();
  }

  private void others(String... regions) {
    Stream.of(regions).forEach(region -> hub.contribute(region, 0.01f));
    hub.now += 60_000;
    hub.poll();
  }

  @Test
  void aLateDeltaIsMergedBeforeTheRegionGoesOn() throws Exception {
    List.of("vi", "ja", "ko").forEach(hub::hello);
    Link link = new Link();
    try (ExportLog exports =
        ExportLog.open(
            folder.resolve("exports.jsonl"),
            ExportPolicy.standard(),
            hub.signer("fr"),
            () -> Instant.ofEpochMilli(hub.now))) {
      RegionRounds fr = region(link, exports);
      fr.hello(link.view(-1, Duration.ZERO));
      down = true;
      assertThatThrownBy(() -> fr.step(link.view(-1, Duration.ZERO)))
          .isInstanceOf(IOException.class);
      down = false;
      others("vi", "ja", "ko");
      assertThat(hub.hub.round()).as("without fr, whose circle is not merged").isEqualTo(2);

      fr.step(link.view(-1, Duration.ZERO));
      assertThat(hub.view("fr").member().counted()).isEqualTo(1);
      assertThat(fr.step(link.view(-1, Duration.ZERO))).isEqualTo(RegionRounds.Outcome.WAIT);
      others("vi", "ja", "ko");
      assertThat(hub.hub.round()).as("with the late delta").isEqualTo(3);
      double once = norm(2);

      fr.step(link.view(-1, Duration.ZERO));
      others("vi", "ja", "ko");
      assertThat(norm(3))
          .as("the next one holds nothing of it")
          .isCloseTo(once, within(0.2 * once));
    }
  }
}
