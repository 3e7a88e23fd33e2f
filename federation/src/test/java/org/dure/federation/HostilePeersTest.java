package org.dure.federation;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Peers that hold a good certificate and mean harm, or hold none and are many: each wrong thing is
/// refused by its name and counted, and nobody else is the worse for it.
@Timeout(60)
class HostilePeersTest {
  @TempDir Path folder;
  private TestBelt belt;

  @BeforeEach
  void start() {
    belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty());
  }

  @AfterEach
  void stop() {
    belt.close();
  }

  private HubLink link(String region) {
    return new HttpHubLink(belt.address(), belt.identity(region));
  }

  private void say(HubLink link, String region, byte[] message) throws Exception {
    Hub.Receipt unused = link.send(message, belt.identity(region).signer().sign(message));
  }

  private byte[] hello(String region) {
    return Message.Hello.of(belt.study.digest(), region, ArithmeticWorkload.LAYOUT.digest())
        .bytes();
  }

  private static void assertRefused(Attempt attempt, Refusal refusal) {
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            MessageRefused.class, e -> assertThat(e.refusal()).isEqualTo(refusal));
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static Weights delta(float value) {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (long i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, value);
    }
    return delta;
  }

  private FragmentList upload(HubLink link, Weights delta) throws Exception {
    MemoryArtifactStore store = new MemoryArtifactStore();
    FragmentList list = Fragments.put(delta, belt.study.fragmentBytes(), store);
    for (String fragment : list.fragments()) {
      link.put(fragment, Crossings.DELTA, store.get(fragment), 0);
    }
    Lacking unused = link.offer(list.encode(), Crossings.DELTA);
    return list;
  }

  /// A contribution as it should be, with some of its fields changed.
  private byte[] contribution(
      Standing standing, String delta, UnaryOperator<Map<String, Object>> change) {
    Message.Contribution good =
        new Message.Contribution(
            Message.Contribution.KIND,
            belt.study.digest(),
            "ko",
            standing.sequence() + 1,
            standing.round(),
            standing.weights(),
            delta,
            10,
            Map.of("loss", 1.5),
            0,
            Event.NOTHING);
    return Json.bytes(change.apply(new LinkedHashMap<>(Json.object(good.bytes()))));
  }

  private static UnaryOperator<Map<String, Object>> with(String field, Object value) {
    return fields -> {
      fields.put(field, value);
      return fields;
    };
  }

  @Test
  void everyMessageThatDoesNotFitIsRefusedByItsNameAndCounted() throws Exception {
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      say(ko, "ko", hello("ko"));
      say(ja, "ja", hello("ja"));
      Standing standing = ko.standing(-1, Duration.ZERO);
      String good = upload(ko, delta(0.5f)).digest();
      Weights notANumber = delta(0.5f);
      notANumber.set(7, Float.NaN);
      Weights infinite = delta(0.5f);
      infinite.set(50, Float.NEGATIVE_INFINITY);
      FragmentList whole = Fragments.list(delta(0.5f), belt.study.fragmentBytes());
      FragmentList foreign =
          new FragmentList(
              FragmentList.FP32,
              "0".repeat(64),
              whole.bytes(),
              whole.fragmentBytes(),
              whole.fragments());
      FragmentList shorter =
          new FragmentList(
              FragmentList.FP32, whole.layout(), 64, 64, whole.fragments().subList(0, 1));
      FragmentList bytes =
          new FragmentList(
              FragmentList.BYTES, "", whole.bytes(), whole.fragmentBytes(), whole.fragments());
      for (FragmentList list : List.of(foreign, shorter, bytes)) {
        Lacking unused = ko.offer(list.encode(), Crossings.DELTA);
      }
      Map<Refusal, byte[]> wrong = new TreeMap<>();
      wrong.put(Refusal.WRONG_STUDY, contribution(standing, good, with("study", "0".repeat(64))));
      wrong.put(Refusal.WRONG_REGION, contribution(standing, good, with("region", "ja")));
      wrong.put(Refusal.WRONG_SEQUENCE, contribution(standing, good, with("sequence", 7)));
      wrong.put(Refusal.WRONG_ROUND, contribution(standing, good, with("round", 2)));
      wrong.put(Refusal.WRONG_BASE, contribution(standing, good, with("base", good)));
      wrong.put(Refusal.CHUNK_MISSING, contribution(standing, good, with("delta", "1".repeat(64))));
      wrong.put(Refusal.MALFORMED, contribution(standing, good, with("weight", -1)));
      wrong.put(
          Refusal.NOT_FINITE,
          contribution(standing, upload(ko, notANumber).digest(), with("weight", 10)));
      wrong.put(Refusal.WRONG_LAYOUT, contribution(standing, foreign.digest(), with("weight", 10)));
      wrong.put(Refusal.WRONG_LENGTH, contribution(standing, shorter.digest(), with("weight", 10)));
      wrong.put(Refusal.WRONG_ENCODING, contribution(standing, bytes.digest(), with("weight", 10)));
      for (Map.Entry<Refusal, byte[]> message : wrong.entrySet()) {
        assertRefused(() -> say(ko, "ko", message.getValue()), message.getKey());
      }
      String endless = upload(ko, infinite).digest();
      assertRefused(
          () -> say(ko, "ko", contribution(standing, endless, with("weight", 10))),
          Refusal.NOT_FINITE);
      byte[] signed = contribution(standing, good, with("weight", 10));
      byte[] signature = belt.identity("ko").signer().sign(signed);
      byte[] moved = contribution(standing, good, with("weight", 11));
      assertRefused(() -> ko.send(moved, signature), Refusal.BAD_SIGNATURE);
      assertRefused(() -> ja.send(signed, signature), Refusal.WRONG_REGION);

      assertThat(ko.standing(-1, Duration.ZERO).delivered()).isFalse();
      Map<String, Long> counted = belt.refusals("ko");
      wrong.keySet().forEach(refusal -> assertThat(counted).containsKey(refusal.name()));
      assertThat(counted).containsEntry("NOT_FINITE", 2L).containsEntry("BAD_SIGNATURE", 1L);
      assertThat(belt.refusals("ja")).containsEntry("WRONG_REGION", 1L);
    }
  }

  @Test
  void whatIsTooLongOrCutShortIsRefusedByNameAndCounted() throws Exception {
    try (HubLink ko = link("ko")) {
      say(ko, "ko", hello("ko"));
      Standing standing = ko.standing(-1, Duration.ZERO);
      byte[] good = contribution(standing, upload(ko, delta(0.5f)).digest(), with("weight", 10));
      assertRefused(() -> say(ko, "ko", Arrays.copyOf(good, good.length - 1)), Refusal.MALFORMED);
      assertRefused(() -> say(ko, "ko", new byte[Message.MOST_BYTES + 1]), Refusal.TOO_LARGE);
      byte[] chunk = new byte[FragmentList.MOST_BYTES + 4];
      assertRefused(() -> ko.put(Sha256.of(chunk), Crossings.DELTA, chunk, 0), Refusal.TOO_LARGE);
      assertRefused(
          () -> ko.put(Sha256.of(good), Crossings.DELTA, new byte[8], 0), Refusal.CHUNK_CORRUPT);
    }
    assertThat(belt.refusals("ko"))
        .containsOnly(
            Map.entry("MALFORMED", 1L), Map.entry("TOO_LARGE", 2L), Map.entry("CHUNK_CORRUPT", 1L));
  }

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
      Standing standing = ko.standing(-1, Duration.ZERO);
      say(ko, "ko", contribution(standing, upload(ko, delta(0.5f)).digest(), with("weight", 10)));
      assertThat(folder.resolve("hub/received/ko/partial")).isEmptyDirectory();
      ko.put(Sha256.of(chunk), Crossings.DELTA, chunk, 0);
    }
  }

  @Test
  void aMessageThatIsSaidAgainCountsOnceAndAnOldOneNotAtAll() throws Exception {
    try (HubLink ko = link("ko");
        HubLink ja = link("ja")) {
      say(ko, "ko", hello("ko"));
      say(ja, "ja", hello("ja"));
      Standing standing = ko.standing(-1, Duration.ZERO);
      byte[] first = contribution(standing, upload(ko, delta(0.5f)).digest(), with("weight", 10));
      byte[] signature = belt.identity("ko").signer().sign(first);

      Hub.Receipt receipt = ko.send(first, signature);
      assertThat(ko.send(first, signature)).isEqualTo(receipt);
      assertThat(ko.standing(-1, Duration.ZERO).sequence()).isEqualTo(1);
      byte[] other = contribution(standing, upload(ko, delta(0.25f)).digest(), with("weight", 10));
      assertRefused(() -> say(ko, "ko", other), Refusal.WRONG_SEQUENCE);
    }
  }

  /// A request as it is, on a connection of its own.
  ///
  /// @return the whole answer; empty if the hub just closes
  private String raw(String region, String request, byte... body) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            belt.identity(region)
                .context()
                .getSocketFactory()
                .createSocket("127.0.0.1", belt.port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      socket.getOutputStream().write(body);
      socket.getOutputStream().flush();
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    } catch (SSLException | SocketException e) {
      return "";
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
      ko.put(digest, Crossings.DELTA, chunk, 2);
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
    PacedBody body = new PacedBody(trickle, nanos::get);
    assertRefused(() -> body.readNBytes(1 << 20), Refusal.TOO_SLOW);
    assertThat(nanos.get()).isLessThan(2 * PacedBody.WINDOW.toNanos());
  }

  @Test
  void aRegionThatHammersIsTurnedAwayAndAnotherIsNot() {
    AtomicLong nanos = new AtomicLong();
    Pace pace = new Pace(nanos::get);
    int taken = 0;
    while (pace.take("ko").isPresent()) {
      taken++;
    }
    assertThat(taken).isBetween(Pace.BURST, Pace.BURST + 2 * Pace.PER_SECOND);
    assertThat(pace.take("ja")).contains(Duration.ZERO);
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    assertThat(pace.take("ko")).contains(Duration.ZERO);
    int inTenSeconds = 0;
    for (int millis = 0; millis < 10_000; millis++) {
      nanos.addAndGet(1_000_000);
      inTenSeconds += pace.take("ko").isPresent() ? 1 : 0;
    }
    assertThat(inTenSeconds).isLessThan(Pace.BURST + 12 * Pace.PER_SECOND);
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
        assertThat(ja.standing(-1, Duration.ZERO).joined()).isTrue();
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
      for (int i = 0; i < Doorkeeper.MOST_STRANGERS + 200; i++) {
        Socket socket = new Socket();
        strangers.add(socket);
        byte[] from = {127, 0, 1, (byte) (1 + i % 10)};
        socket.bind(new InetSocketAddress(InetAddress.getByAddress(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", belt.port));
      }
      try (HubLink ko = link("ko")) {
        say(ko, "ko", hello("ko"));
        assertThat(ko.standing(-1, Duration.ZERO).joined()).isTrue();
      }
    } finally {
      for (Socket socket : strangers) {
        socket.close();
      }
    }
  }

  @Test
  void aRegionThatLiesAboutItsTokensHasNoMoreThanTheCap() throws Exception {
    TestHub hub = new TestHub(TestStudies.with("weight-cap = 0.4", "fr", "ja", "ko"));
    hub.study.regions().forEach(region -> hub.hello(region.name()));
    hub.send(hub.contribution("fr", 1, 10));
    hub.send(hub.contribution("ja", 1, 10));
    hub.send(hub.contribution("ko", 1, Long.MAX_VALUE));
    hub.poll();

    List<Event.Merged> merged = new ArrayList<>();
    String[] previous = {Event.NOTHING};
    hub.log.read(
        1,
        (number, bytes) -> {
          Event.Logged logged = Event.parse(bytes, number, previous[0]);
          previous[0] = logged.digest();
          if (logged.event() instanceof Event.Merged event) {
            merged.add(event);
          }
        });
    Map<String, Event.Part> parts = merged.getFirst().parts();
    assertThat(parts.get("ko").share()).isEqualTo(0.4);
    assertThat(parts.get("fr").share()).isCloseTo(0.3, within(1e-12));
    Path ledger = folder.resolve("ledger");
    Ledger.export(hub.log, ledger);
    assertThat(Ledger.verify(ledger).contributions()).containsEntry("ko", 1);
  }

  @Test
  void whateverTheClaimsTheSharesAddUpAndNoneIsAboveTheCap() {
    TreeMap<String, Double> claims = new TreeMap<>(Map.of("fr", 10.0, "ja", 10.0, "ko", 0x1p62));
    assertThat(OuterStep.shares(claims, 0.4).get("ko")).isEqualTo(0.4);
    TreeMap<String, Double> two = new TreeMap<>(Map.of("fr", 1.0, "ko", 0x1p63));
    assertThat(OuterStep.shares(two, 0.4).get("ko")).isEqualTo(0.5);
    TreeMap<String, Double> all =
        new TreeMap<>(Map.of("fr", 0x1p63, "ja", 0x1p63, "ko", 0x1p63, "vi", 1.0));
    assertThat(OuterStep.shares(all, 0.4).values().stream().mapToDouble(x -> x).sum())
        .isCloseTo(1, within(1e-12));
  }
}
