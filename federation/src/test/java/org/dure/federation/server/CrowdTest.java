package org.dure.federation.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;
import org.dure.core.Sha256;
import org.dure.core.runtime.ReceiveBudget;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestBelt;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.TestPreparations;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One admitted region that sends and reads as little as it can, on as many connections as it gets:
/// the memory of it is its own share, and the others go on.
@Timeout(120)
class CrowdTest {
  private static final int CONNECTIONS = 74;

  @TempDir Path folder;
  private TestBelt belt;
  private final List<SSLSocket> crowd = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    // With a common preparation a region's list may be as long as any.
    belt =
        new TestBelt(
            TestStudies.of("ja", "ko"), folder, Optional.of(TestPreparations.of(texts -> "all")));
    for (String region : List.of("ja", "ko")) {
      try (HubLink link = new HttpHubLink(belt.address(), belt.identity(region))) {
        byte[] hello =
            Message.Hello.of(belt.study.digest(), region, ArithmeticWorkload.LAYOUT.digest())
                .bytes();
        Receipt unused = link.send(hello, belt.identity(region).signer().sign(hello));
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    for (SSLSocket socket : crowd) {
      socket.close();
    }
    belt.close();
  }

  private SSLSocket open(String request, byte[] body) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            belt.identity("ko").context().getSocketFactory().createSocket("127.0.0.1", belt.port);
    crowd.add(socket);
    socket.getOutputStream().write(request.getBytes(US_ASCII));
    socket.getOutputStream().write(body);
    socket.getOutputStream().flush();
    return socket;
  }

  private static String head(String what, long length) {
    return "%s HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\nContent-Length: %d\r\n\r\n"
        .formatted(what, length);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int attempt = 0; attempt < 3_000; attempt++) {
      if (condition.getAsBoolean()) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("waited in vain for: " + what);
  }

  private void othersGoOn() throws Exception {
    try (HubLink ja = new HttpHubLink(belt.address(), belt.identity("ja"))) {
      byte[] chunk = new byte[50_000];
      ja.put(Sha256.of(chunk), UploadKind.DELTA, chunk, 0);
      FragmentList list =
          new FragmentList(
              FragmentList.BYTES, "", chunk.length, chunk.length, List.of(Sha256.of(chunk)));
      assertThat(ja.offer(list.encode(), UploadKind.DELTA).fragments(1)).isEmpty();
      assertThat(ja.view(-1, Duration.ZERO).member().joined()).isTrue();
    }
    assertThat(belt.refusals("ja")).isEmpty();
  }

  private void allIsGivenBack() throws Exception {
    ReceiveBudget budget = belt.hub.budget();
    assertThat(budget.mostHeld()).isLessThanOrEqualTo(budget.total());
    for (SSLSocket socket : crowd) {
      socket.close();
    }
    await("all memory to be given back", () -> budget.free() == budget.total());
  }

  @Test
  void halfSentListsTakeTheirSendersShareAndNoMore() throws Exception {
    byte[] half = new byte[100_000];
    for (int i = 0; i < CONNECTIONS; i++) {
      SSLSocket unused = open(head("POST /v1/lists", FragmentList.MOST_BYTES), half);
    }
    ReceiveBudget budget = belt.hub.budget();
    await(
        "the region's share to be used",
        () -> belt.refusals("ko").getOrDefault("SHARE_USED", 0L) > 10);
    assertThat(budget.held("ko")).isBetween(1L, budget.total() / 2);
    othersGoOn();
    allIsGivenBack();
  }

  @Test
  void halfSentChunksMessagesAndSlowReadersToo() throws Exception {
    HubLink ja = new HttpHubLink(belt.address(), belt.identity("ja"));
    String weights = ja.view(-1, Duration.ZERO).progress().weights();
    ja.close();
    for (int i = 0; i < CONNECTIONS; i++) {
      SSLSocket unused =
          switch (i % 3) {
            case 0 -> open(head("PUT /v1/chunks/%064x".formatted(i), 100_000), new byte[5_000]);
            case 1 -> open(head("POST /v1/messages", 16_000), new byte[100]);
            default ->
                open("GET /v1/chunks/" + weights + " HTTP/1.1\r\nHost: hub\r\n\r\n", new byte[0]);
          };
    }
    await("the crowd to be inside", () -> belt.hub.budget().held("ko") > 20 * 16_000L);
    assertThat(belt.hub.budget().held("ko")).isLessThan(belt.hub.budget().total() / 2);
    othersGoOn();
    allIsGivenBack();
  }

  @Test
  void allWhoShowNoCertificateAreOneSender() throws Exception {
    ReceiveBudget budget = belt.hub.budget();
    for (int i = 0; i < 8; i++) {
      SSLSocket unused = open(head("POST /v1/enrolment", 8_000), new byte[100]);
    }
    await("strangers to be inside", () -> budget.held(RequestBodies.STRANGERS) >= 8 * 64_000L);
    othersGoOn();
    allIsGivenBack();
  }

  @Test
  void listsOfManyMissingFragmentsWearOutTheirSendersTurnsOnly() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < FragmentList.MOST_FRAGMENTS; i++) {
      names.add("%064x".formatted(i));
    }
    FragmentList list = new FragmentList(FragmentList.BYTES, "", names.size() * 64L, 64, names);
    int answered = 0;
    try (HubLink ko = new HttpHubLink(belt.address(), belt.identity("ko"))) {
      for (int i = 0; i < 20; i++) {
        try {
          MissingFragments missing = ko.offer(list.encode(), UploadKind.PREPARATION);
          assertThat(missing.fragments(names.size())).hasSize(names.size());
          answered++;
        } catch (MessageRejected e) {
          assertThat(e.refusal().name()).isEqualTo("TOO_OFTEN");
        }
      }
    }
    assertThat(answered).isBetween(3, 12);
    Map<String, Long> refusals = belt.refusals("ko");
    assertThat(refusals).containsKey("TOO_OFTEN");
    othersGoOn();
  }

  @Test
  void tooManyConnectionsOfOneRegionAreCountedByItsName() throws Exception {
    for (int i = 0; i < ConnectionLimiter.MOST_OF_REGION + 10; i++) {
      SSLSocket unused = open("GET /v1/state?wait=25 HTTP/1.1\r\nHost: hub\r\n", new byte[0]);
    }
    await(
        "the oldest to have left", () -> belt.refusals("ko").getOrDefault("SHARE_USED", 0L) >= 10);
    othersGoOn();
  }
}
