package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Sha256;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a hub gives out is damaged or deleted under it while it runs.
@Timeout(60)
class DamagedChunksTest extends HostileBelt {
  private static final class Bytes implements Landing {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public long begun() {
      return bytes.size();
    }

    @Override
    public void write(byte[] from, int start, int length) {
      bytes.write(from, start, length);
    }
  }

  private Path published(String digest) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("hub").resolve("published"))) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().replaceAll("[^0-9a-f]", "").endsWith(digest))
          .findFirst()
          .orElseThrow();
    }
  }

  /// Asked for over a line of its own: a line that has heard where the study stands has the list.
  private String weights() throws Exception {
    try (HubLink link = link("ja")) {
      say(link, "ja", hello("ja"));
      return link.view(-1, Duration.ZERO).progress().weights();
    }
  }

  /// As a region does it: what arrives damaged, or is missing, is asked for again.
  private static byte[] fetch(HubLink link, String digest) throws Exception {
    while (true) {
      Bytes landing = new Bytes();
      try {
        link.get(digest, 1 << 20, landing);
        if (Sha256.of(landing.bytes.toByteArray()).equals(digest)) {
          return landing.bytes.toByteArray();
        }
      } catch (MessageRejected e) {
        assertThat(e.refusal()).isEqualTo(RejectReason.CHUNK_MISSING);
      } catch (IOException e) {
        // Shorter than was said.
      }
      Thread.sleep(10);
    }
  }

  private static void damage(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void chunksThatAreDamagedOrDeletedAreMadeAgainAtOnce() throws Exception {
    String weights = weights();
    try (HubLink link = link("ko")) {
      say(link, "ko", hello("ko"));
      List<String> chunks = new ArrayList<>(List.of(weights));
      chunks.addAll(FragmentList.parse(fetch(link, weights)).fragments());
      FolderArtifactStore store =
          new FolderArtifactStore(folder.resolve("hub").resolve("published"));
      for (String chunk : chunks) {
        byte[] good = fetch(link, chunk);
        damage(published(chunk));
        assertThat(fetch(link, chunk)).isEqualTo(good);
        Files.write(published(chunk), new byte[0]);
        assertThat(fetch(link, chunk)).isEqualTo(good);
        Files.delete(published(chunk));
        assertThat(fetch(link, chunk)).isEqualTo(good);
        assertThat(store.get(chunk)).isEqualTo(good);
      }
      Files.delete(published(chunks.get(0)));
      Files.delete(published(chunks.get(1)));
      assertThat(fetch(link, chunks.get(1))).isNotEmpty();
      assertThat(fetch(link, chunks.get(0))).isNotEmpty();
    }
  }

  /// Nothing that a region asks for makes the hub look through what it gives out.
  @Test
  void askingForWhatTheHubDoesNotGiveOutMakesNoWork() throws Exception {
    String weights = weights();
    try (HubLink link = link("ko")) {
      say(link, "ko", hello("ko"));
      for (int i = 0; i < 20; i++) {
        String unknown = Sha256.of(new byte[] {(byte) i});
        assertRefused(() -> link.get(unknown, 1 << 20, new Bytes()), RejectReason.CHUNK_MISSING);
      }
      Path chunk = published(FragmentList.parse(fetch(link, weights)).fragments().getFirst());
      damage(chunk);
      byte[] damaged = Files.readAllBytes(chunk);
      assertRefused(
          () -> link.get(Sha256.of(damaged), 1 << 20, new Bytes()), RejectReason.CHUNK_MISSING);
      assertThat(Files.readAllBytes(chunk)).isEqualTo(damaged);
    }
  }
}
