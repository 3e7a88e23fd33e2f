package org.dure.federation.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.dure.core.Sha256;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Requests that are none, too many, too slow or too large, of peers with a good certificate or
/// with none: nobody else is the worse for them.
@Timeout(60)
class HostileRequestsTest extends HostileBelt {

  @Test
  void manyChunksThatBreakOffFillARegionsQuotaAndNothingElse() throws Exception {
    byte[] chunk = new byte[1 << 20];
    int broken = 0;
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      say(ko, "ko", hello("ko"));
      say(ja, "ja", hello("ja"));
      while (!belt.refusals("ko").containsKey("QUOTA_USED")) {
        String unused =
            raw(
                "ko",
                "PUT /v1/chunks/%064x HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\n"
                        .formatted(broken)
                    + "Content-Length: %d\r\n\r\n".formatted(chunk.length),
                Arrays.copyOf(chunk, chunk.length - 1000));
        broken++;
        assertThat(broken).as("chunks that broke off").isLessThan(40);
      }
      assertThat(broken).isGreaterThan(10);
      try (Stream<Path> parts = Files.list(folder.resolve("hub/received/ko/partial"))) {
        assertThat(parts.mapToLong(part -> part.toFile().length()).sum()).isLessThan(17 << 20);
      }
      assertThat(upload(ja, delta(0.25f)).bytes()).isPositive();
      StudyView view = ko.view(-1, Duration.ZERO);
      say(ko, "ko", contribution(view, upload(ko, delta(0.5f)).digest(), with("weight", 10)));
      assertThat(folder.resolve("hub/received/ko/partial")).isEmptyDirectory();
      ko.put(Sha256.of(chunk), UploadKind.DELTA, chunk, 0);
    }
  }

  @Test
  void noRequestIsSmuggledBehindAnother() throws Exception {
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
    }
    String chunk = Sha256.of(new byte[] {'a', 'b', 'c'});
    String put = "PUT /v1/chunks/" + chunk + " HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\n";
    String hidden = "abcGET /v1/state HTTP/1.1\r\nHost: hub\r\n\r\n";
    for (String lengths :
        List.of(
            "Content-Length: 3\r\nContent-Length: 40\r\n\r\n",
            "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Content-Length: -3\r\n\r\n",
            "Content-Length: 3 3\r\n\r\n",
            "Content-Length : 3\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n")) {
      String answer = raw("ko", put + lengths, hidden.getBytes(US_ASCII));
      assertThat(answer).as(lengths).doesNotContain(" 200 ").doesNotContain("\"weights\"");
      assertThat(answer.split("HTTP/1.1 ", -1)).as(lengths).hasSizeLessThanOrEqualTo(2);
    }
  }

  @Test
  void giantHeadersAreCutOffAndTheHubGoesOn() throws Exception {
    String giant = "GET /v1/state HTTP/1.1\r\nHost: hub\r\nX: " + "x".repeat(1 << 20);
    assertThat(raw("ko", giant + "\r\n\r\n")).doesNotContain(" 200 ");
    String many = "GET /v1/state HTTP/1.1\r\nHost: hub\r\n" + "X: y\r\n".repeat(100_000);
    assertThat(raw("ko", many + "\r\n")).doesNotContain(" 200 ");
    assertThat(raw("ko", "GET /v1/state HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"))
        .contains(" 200 ");
  }

  @Test
  void noPathLeadsOutOfTheRegionsOwnChunks() throws Exception {
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
    }
    for (String path :
        List.of(
            "/v1/chunks/../../study.toml",
            "/v1/chunks/..%2f..%2frounds.sqlite",
            "/v1/chunks/%2e%2e/%2e%2e/received/ja/aa",
            "/v1/chunks/" + "A".repeat(64),
            "/v1/chunks/" + "a".repeat(63) + "%00",
            "/v1//chunks/" + "a".repeat(64),
            "//v1/state;x=y",
            "http://elsewhere/v1/chunks/" + "a".repeat(64))) {
      for (String method : List.of("GET", "PUT", "HEAD", "DELETE", "TRACE")) {
        String answer =
            raw(
                "ko",
                method
                    + " "
                    + path
                    + " HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\n"
                    + "Content-Length: 0\r\nConnection: close\r\n\r\n");
        assertThat(answer).as(method + " " + path).doesNotContain(" 200 ").doesNotContain(" 204 ");
      }
    }
  }

  @Test
  void aRangeThatIsNoneIsRefusedByName() throws Exception {
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
    }
    byte[] body = {1, 2, 3};
    String digest = Sha256.of(body);
    for (String range :
        List.of(
            "bytes 0-2/4",
            "bytes 2-1/2",
            "bytes -1-2/3",
            "bytes 0-2/*",
            "bytes 0-999999999999999999999/3",
            "lines 0-2/3",
            "")) {
      String answer =
          raw(
              "ko",
              "PUT /v1/chunks/"
                  + digest
                  + " HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\nContent-Length: 3\r\n"
                  + "Content-Range: "
                  + range
                  + "\r\nConnection: close\r\n\r\n",
              body);
      assertThat(answer).as(range).contains("HTTP/1.1 400 ").contains("MALFORMED");
    }
    assertThat(
            raw(
                "ko",
                "PUT /v1/chunks/"
                    + digest
                    + " HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\nContent-Length: 1\r\n"
                    + "Content-Range: bytes 2-2/3\r\nConnection: close\r\n\r\n",
                (byte) 3))
        .contains("WRONG_RANGE");
  }

  @Test
  void aChunkThatBreaksOffIsNoChunkAndItsRestMakesItOne() throws Exception {
    byte[] chunk = {1, 2, 3, 4, 5};
    String digest = Sha256.of(chunk);
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
      String unused =
          raw(
              "ko",
              "PUT /v1/chunks/"
                  + digest
                  + " HTTP/1.1\r\nHost: hub\r\nDure-Kind: delta\r\nContent-Length: 5\r\n\r\n",
              Arrays.copyOf(chunk, 2));
      assertThat(raw("ko", "HEAD /v1/chunks/" + digest + " HTTP/1.1\r\nHost: hub\r\n\r\n"))
          .contains(" 404 ");
      ko.put(digest, UploadKind.DELTA, chunk, 2);
      assertThat(raw("ko", "HEAD /v1/chunks/" + digest + " HTTP/1.1\r\nHost: hub\r\n\r\n"))
          .contains(" 200 ");
    }
  }

  @Test
  void aBodyThatComesByTheByteIsRefusedAsTooSlow() {
    AtomicLong nanos = new AtomicLong();
    InputStream trickle =
        new InputStream() {
          @Override
          public int read() {
            nanos.addAndGet(1_000_000_000L);
            return 'x';
          }

          @Override
          public int read(byte[] into, int from, int length) {
            into[from] = (byte) read();
            return 1;
          }
        };
    MinimumRateBody body = new MinimumRateBody(trickle, nanos::get);
    assertRefused(() -> body.readNBytes(1 << 20), RejectReason.TOO_SLOW);
    assertThat(nanos.get()).isLessThan(2 * MinimumRateBody.WINDOW.toNanos());
  }

  @Test
  void aRegionThatHammersIsTurnedAwayAndAnotherIsNot() {
    AtomicLong nanos = new AtomicLong();
    RateLimiter pace = new RateLimiter(RateLimiter.REGION, nanos::get);
    int taken = 0;
    while (pace.take("ko").isPresent()) {
      taken++;
    }
    int burst = RateLimiter.REGION.burst();
    int perSecond = RateLimiter.REGION.perSecond();
    assertThat(taken).isBetween(burst, burst + 2 * perSecond);
    assertThat(pace.take("ja")).contains(Duration.ZERO);
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    assertThat(pace.take("ko")).contains(Duration.ZERO);
    int inTenSeconds = 0;
    for (int millis = 0; millis < 10_000; millis++) {
      nanos.addAndGet(1_000_000);
      inTenSeconds += pace.take("ko").isPresent() ? 1 : 0;
    }
    assertThat(inTenSeconds).isLessThan(burst + 12 * perSecond);
  }

  @Test
  void aStrangerWhoIsTooFastIsTurnedAwayAtOnceAndLetInAgainLater() {
    AtomicLong nanos = new AtomicLong();
    RateLimiter strangers = new RateLimiter(RateLimiter.ADDRESS, nanos::get);
    for (int i = 0; i < RateLimiter.ADDRESS.burst(); i++) {
      assertThat(strangers.take("192.0.2.1")).contains(Duration.ZERO);
    }
    assertThat(strangers.take("192.0.2.1")).isEmpty();
    assertThat(strangers.take("192.0.2.2")).contains(Duration.ZERO);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    for (int i = 0; i < RateLimiter.ADDRESS.perSecond(); i++) {
      assertThat(strangers.take("192.0.2.1")).contains(Duration.ZERO);
    }
    assertThat(strangers.take("192.0.2.1")).isEmpty();
  }

  @Test
  void whileOneRegionHammersAnotherIsAnswered() throws Exception {
    List<CompletableFuture<Void>> hammers = new ArrayList<>();
    String request =
        "POST /v1/messages HTTP/1.1\r\nHost: hub\r\nDure-Signature: AAAA\r\n"
            + "Content-Length: 2\r\n\r\n{}";
    for (int i = 0; i < 3; i++) {
      hammers.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  String unused = raw("ko", request.repeat(200));
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              }));
    }
    try (HubLink ja = link("ja")) {
      say(ja, "ja", hello("ja"));
      for (int i = 0; i < 20; i++) {
        assertThat(ja.view(-1, Duration.ZERO).member().joined()).isTrue();
      }
    }
    hammers.forEach(CompletableFuture::join);
    assertThat(belt.refusals("ko")).containsKey("MALFORMED");
    assertThat(belt.refusals("ja")).isEmpty();
  }

  @Test
  void withMoreStrangersThanTheHubLetsInARegionStillGetsThrough() throws Exception {
    List<Socket> strangers = new ArrayList<>();
    try {
      for (int i = 0; i < ConnectionLimiter.MOST_STRANGERS + 200; i++) {
        Socket socket = new Socket();
        strangers.add(socket);
        byte[] from = {127, 0, 1, (byte) (1 + i % 10)};
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", belt.port));
      }
      try (HubLink ko = link("ko")) {
        say(ko, "ko", hello("ko"));
        assertThat(ko.view(-1, Duration.ZERO).member().joined()).isTrue();
      }
    } finally {
      for (Socket socket : strangers) {
        socket.close();
      }
    }
  }
}
