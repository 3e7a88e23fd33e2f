package org.dure.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.wire.TlsIdentity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A crowd of half-sent requests of one admitted region against the real hub with the heap that a
/// hub has: it goes on, and says who it was.
@Tag("e2e")
class CrowdEndToEndTest {
  /// A region's list of its word counts may be a MiB long.
  private static final String STUDY =
      """
      name = "crowd"
      sharing = "all"
      fragment-bytes = 2048
      tokenizer.vocabulary = 512
      model.width = 32
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 2
      regions.ko.language = "ko"
      regions.ja.language = "ja"
      """;
  private static final int CONNECTIONS = 74;
  private static final int LIST = 1 << 20;

  @TempDir Path folder;

  @Test
  void halfSentListsOfAMebibyteDoNotEndTheHub() throws Exception {
    List<SSLSocket> crowd = new ArrayList<>();
    try (RealBelt belt = new RealBelt(folder, STUDY, List.of(), Map.of("DURE_HEAP", "96m"))) {
      RegionLayout ko = new RegionLayout(belt.home("ko"));
      Identities.admit(belt.home("hub"), Identities.request(ko, "ko"), ko.path());
      TlsIdentity identity = Identities.region(ko);
      belt.hub();
      belt.await("the hub to run", status -> true);
      String head =
          "POST /v1/lists HTTP/1.1\r\nHost: hub\r\nDure-Kind: preparation\r\nContent-Length: %d\r\n\r\n"
              .formatted(LIST);
      byte[] half = new byte[LIST - 1];
      for (int i = 0; i < CONNECTIONS; i++) {
        SSLSocket socket =
            (SSLSocket)
                identity.context().getSocketFactory().createSocket("127.0.0.1", belt.port());
        crowd.add(socket);
        Thread unused =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        socket.getOutputStream().write(head.getBytes(US_ASCII));
                        socket.getOutputStream().write(half);
                        socket.getOutputStream().flush();
                      } catch (IOException e) {
                        // The hub ends what is too much.
                        assertThat(e).isNotNull();
                      }
                    });
      }
      belt.await(
          "the hub names the region",
          status ->
              status.regions().stream()
                  .anyMatch(
                      region ->
                          region.name().equals("ko")
                              && region.concern() != null
                              && region.concern().code() == Concern.Code.REFUSED
                              && region.concern().reason().equals("SHARE_USED")));
      assertThat(belt.process("hub").isAlive()).isTrue();
      assertThat(belt.output("hub")).doesNotContain("MEMORY_SHORT");
      assertThat(belt.status()).contains("SHARE_USED");
    } finally {
      for (SSLSocket socket : crowd) {
        socket.close();
      }
    }
  }
}
