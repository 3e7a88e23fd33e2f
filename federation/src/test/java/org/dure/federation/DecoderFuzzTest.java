package org.dure.federation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import org.dure.core.AtomicFiles;
import org.dure.core.Decoding;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.client.HubAnswers;
import org.dure.federation.client.HubConnection;
import org.dure.federation.hub.Ledger;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.DropReason;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.PrivacyBudget;
import org.dure.federation.server.ChunkRoutes;
import org.dure.federation.wire.BytePlanes;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything of the belt that reads what another institution wrote, before hostile bytes.
class DecoderFuzzTest {
  private static final Study STUDY = TestStudies.of("ja", "ko");
  private static final KeyPair KEY = Signatures.newKeyPair();
  private static final Signer SIGNER = Signatures.signer(KEY.getPrivate(), KEY.getPublic());
  private static final String DIGEST = "ab".repeat(32);

  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  private static Arguments seed(String text) {
    return seed(text.getBytes(UTF_8));
  }

  private static List<byte[]> spoken() {
    TestHub hub = training();
    StudyView view = hub.view("ko");
    return List.of(
        Message.Hello.of(STUDY.digest(), "ko", ArithmeticWorkload.LAYOUT.digest()).bytes(),
        new Message.Activity(
                Message.Activity.KIND, STUDY.digest(), "ko", 0, 1, ActivityKind.TRAINING, 3, 20)
            .bytes(),
        new Message.Preparation(
                Message.Preparation.KIND, STUDY.digest(), "ko", 1, 0, hub.upload("ko", 1).digest())
            .bytes(),
        hub.contribution("ko", 0.5f, 10).bytes(),
        new Message.Spending(
                Message.Spending.KIND,
                STUDY.digest(),
                "ko",
                1,
                1,
                DIGEST,
                new Message.Spent(1.1, 0.02, 20))
            .bytes(),
        new Message.Scores(
                Message.Scores.KIND,
                STUDY.digest(),
                "ko",
                1,
                3,
                view.progress().weights(),
                Map.of("end", 1.25))
            .bytes());
  }

  private static TestHub training() {
    TestHub hub = new TestHub(STUDY);
    STUDY.regions().forEach(region -> hub.hello(region.name()));
    return hub;
  }

  static Stream<Arguments> messages() {
    return Stream.concat(
        spoken().stream().map(DecoderFuzzTest::seed),
        Stream.of(
            seed("{\"kind\":\"hello\",\"region\":\"half a pair \\ud800\"}"),
            seed("{\"kind\":\"scores\",\"scores\":{\"a\":1e999}}")));
  }

  private static Message message(byte[] bytes) {
    return SignedMessage.parse(bytes, new byte[0]).message();
  }

  @MethodSource("messages")
  @FuzzTest
  void aMessageIsReadOrRefusedByName(byte[] bytes) {
    Decoding.of(bytes, DecoderFuzzTest::message, MessageRejected.class::isInstance)
        .ifPresent(
            message -> {
              byte[] written = message.bytes();
              assertThat(message(written).bytes()).isEqualTo(written);
            });
  }

  /// Whatever an admitted region signs: the hub takes it or refuses it by name, and what it takes
  /// can be replayed.
  @MethodSource("messages")
  @FuzzTest
  void whatARegionSignsIsTakenOrRefusedByName(byte[] bytes) {
    TestHub hub = training();
    FragmentList unused = hub.upload("ko", 0.5f);
    Decoding.of(
        bytes,
        message ->
            hub.hub.receive(
                hub.peer("ko"),
                SignedMessage.parse(message, hub.signer("ko").sign(message)),
                hub.now),
        MessageRejected.class::isInstance);
    long number = hub.number();
    hub.start();
    assertThat(hub.number()).isEqualTo(number);
  }

  static Stream<Arguments> lists() {
    return Stream.of(
        seed(
            new FragmentList(FragmentList.FP32, DIGEST, 100, 64, List.of(DIGEST, DIGEST)).encode()),
        seed(new FragmentList(FragmentList.BYTES, "", 0, 64, List.of()).encode()),
        seed(
            "{\"encoding\":\"bytes\",\"layout\":\"\",\"bytes\":9223372036854775807,"
                + "\"fragmentBytes\":2147483647,\"fragments\":[]}"));
  }

  @MethodSource("lists")
  @FuzzTest
  void aListAddsUpOrIsRefused(byte[] bytes) {
    Decoding.of(bytes, FragmentList::parse, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            list -> {
              assertThat(FragmentList.parse(list.encode())).isEqualTo(list);
              long sum = 0;
              for (int i = 0; i < list.fragments().size(); i++) {
                assertThat(list.length(i)).isBetween(1, list.fragmentBytes());
                assertThat(list.offset(i)).isEqualTo(sum);
                sum += list.length(i);
              }
              assertThat(sum).isEqualTo(list.bytes());
              MissingFragments missing = MissingFragments.of(list, digest -> false, digest -> 0);
              assertThat(missing.fragments(list.fragments().size()))
                  .hasSize(list.fragments().size());
            });
  }

  static Stream<Arguments> answers() {
    TestHub hub = training();
    return Stream.of(
        seed(Json.bytes(hub.view("ko"))),
        seed(
            Json.bytes(
                new MissingFragments(
                    List.of(new MissingFragments.Span(0, 2)), new TreeMap<>(Map.of(1, 5L))))),
        seed(Json.bytes(new Receipt(7))),
        seed("{\"spans\":[{\"from\":-2147483648,\"to\":2147483647}],\"begun\":{}}"));
  }

  /// The hub's answers, as a region reads them.
  @MethodSource("answers")
  @FuzzTest
  void anAnswerOfTheHubIsReadOrRefused(byte[] bytes) {
    for (Class<?> type : List.of(StudyView.class, Receipt.class)) {
      Decoding.of(bytes, json -> Json.read(json, type), ErrorCode.INPUT_MALFORMED)
          .ifPresent(answer -> assertThat(Json.read(Json.bytes(answer), type)).isEqualTo(answer));
    }
    Decoding.of(bytes, json -> Json.read(json, MissingFragments.class), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            missing ->
                assertThat(missing.fragments(3).keySet())
                    .allMatch(index -> index >= 0 && index < 3));
  }

  static Stream<Arguments> events() {
    TestHub hub = training();
    hub.contribute("ja", 1);
    hub.contribute("ko", 2);
    hub.poll();
    Stream.Builder<Arguments> seeds = Stream.builder();
    hub.log.read(1, (number, bytes) -> seeds.add(seed(bytes)));
    seeds.add(seed(Event.log(1, 2, Sha256.NONE, new Event.Enrolled("fr", "fr")).bytes()));
    seeds.add(seed(Event.log(1, 2, Sha256.NONE, new Event.Revoked("ko", "", "lost")).bytes()));
    seeds.add(
        seed(
            Event.log(1, 2, Sha256.NONE, new Event.Dropped(1, DropReason.TOO_FEW, 2, 3, List.of()))
                .bytes()));
    Event closed = new Event.StepClosed(1, SecretStep.KEYS, List.of("fr", "ja", "ko"));
    seeds.add(seed(Event.log(1, 2, Sha256.NONE, closed).bytes()));
    return seeds.build();
  }

  @MethodSource("events")
  @FuzzTest
  void anEventIsReadOrRefusedAndWrittenAgainAsItWas(byte[] bytes) {
    Decoding.of(
            bytes,
            line -> {
              Event.Line read = Json.read(line, Event.Line.class);
              return Event.parse(line, read.number(), read.previous());
            },
            ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            logged -> {
              Event.Line line = Json.read(logged.bytes(), Event.Line.class);
              byte[] written =
                  Event.log(logged.number(), logged.time(), line.previous(), logged.event())
                      .bytes();
              Event.Logged again = Event.parse(written, line.number(), line.previous());
              assertThat(again.event()).isEqualTo(logged.event());
            });
  }

  static Stream<Arguments> ledgers() {
    TestHub hub = training();
    hub.contribute("ja", 1);
    hub.contribute("ko", 2);
    hub.poll();
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    hub.log.read(
        1,
        (number, bytes) -> {
          Event.Line line = Json.read(bytes, Event.Line.class);
          lines.writeBytes((line.kind() + " ").getBytes(UTF_8));
          lines.writeBytes(Json.bytes(line.body()));
          lines.write('\n');
        });
    return Stream.of(seed(lines.toByteArray()));
  }

  /// Each line is the kind and the body of an event; the chain around them is made to hold, so that
  /// whatever is behind it gets to see the events.
  @MethodSource("ledgers")
  @FuzzTest
  void aLedgerWithAWholeChainIsVerifiedOrRefused(byte[] bytes) throws IOException {
    Path ledger = Files.createDirectories(folder.resolve("ledger"));
    AtomicFiles.write(ledger.resolve("study.toml"), STUDY.toml());
    ByteArrayOutputStream events = new ByteArrayOutputStream();
    String previous = Sha256.NONE;
    long number = 0;
    for (String line : new String(bytes, UTF_8).lines().toList()) {
      int space = line.indexOf(' ');
      if (space > 0) {
        number++;
        String event =
            "{\"number\":%d,\"time\":%d,\"previous\":\"%s\",\"kind\":%s,\"body\":%s}"
                .formatted(
                    number,
                    1000 + number,
                    previous,
                    Json.text(line.substring(0, space)),
                    line.substring(space + 1));
        previous = Sha256.of(event.getBytes(UTF_8));
        events.writeBytes((event + "\n").getBytes(UTF_8));
      }
    }
    AtomicFiles.write(ledger.resolve("events.jsonl"), events.toByteArray());
    Decoding.of(
            bytes,
            raw -> Ledger.verify(ledger),
            problem ->
                problem instanceof MessageRejected
                    || problem instanceof DureException e
                        && e.code().type() != ErrorCode.Type.RESOURCE)
        .ifPresent(verified -> assertThat(verified.merges().made()).isNotNegative());
  }

  static Stream<Arguments> studies() {
    return Stream.of(seed(STUDY.toml()), seed(TestStudies.with("quorum = 1", "ja", "ko").toml()));
  }

  @MethodSource("studies")
  @FuzzTest
  void aStudyIsRefusedWithEveryProblemOrKeepsItsDigest(byte[] bytes) {
    Decoding.of(
            bytes,
            toml -> Study.of(Settings.parse("fuzz", new String(toml, UTF_8)), settings -> {}),
            ErrorCode.CONFIGURATION_INVALID)
        .ifPresent(
            study -> assertThat(Study.recorded(study.toml()).digest()).isEqualTo(study.digest()));
    Decoding.of(
        bytes, toml -> Study.recorded(new String(toml, UTF_8)), ErrorCode.CONFIGURATION_INVALID);
  }

  static Stream<Arguments> exportLogs() throws IOException {
    Path scratch = Files.createTempDirectory("exports");
    try (ExportLog log =
        ExportLog.open(
            scratch.resolve("log"), ExportPolicy.standard(), SIGNER, InstantSource.system())) {
      log.approve(STUDY.digest(), "ko", 1, UploadKind.DELTA.word(), DIGEST, 100);
      return Stream.of(seed(Files.readAllBytes(scratch.resolve("log"))));
    } finally {
      AtomicFiles.delete(scratch);
    }
  }

  @MethodSource("exportLogs")
  @FuzzTest
  void anExportLogIsVerifiedOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("exports"), bytes);
    Decoding.of(
        bytes,
        raw -> {
          List<ExportLog.Entry> entries = new ArrayList<>();
          ExportLog.verify(file, KEY.getPublic(), entries::add);
          return entries;
        },
        ErrorCode.ARTIFACT_CORRUPT,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.INPUT_MALFORMED);
    Decoding.of(
        bytes,
        raw -> {
          try (ExportLog log =
              ExportLog.open(file, ExportPolicy.standard(), SIGNER, InstantSource.system())) {
            return log;
          }
        },
        ErrorCode.ARTIFACT_CORRUPT,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.INPUT_MALFORMED);
  }

  static Stream<Arguments> encoded() {
    byte[] floats = new byte[4 * 5000 + 3];
    for (int i = 0; i < 5000; i++) {
      int bits = Float.floatToIntBits((float) (0.01 * Math.sin(i)));
      for (int b = 0; b < 4; b++) {
        floats[4 * i + b] = (byte) (bits >>> 8 * b);
      }
    }
    return Stream.of(
        seed(encode(floats, floats.length)), seed(encode(floats, 1)), seed(encode(floats, 400)));
  }

  private static byte[] encode(byte[] raw, int length) {
    byte[] block = new byte[BytePlanes.MOST_ENCODED];
    try (BytePlanes planes = BytePlanes.borrow()) {
      return Arrays.copyOf(block, planes.encode(raw, length, block));
    }
  }

  @MethodSource("encoded")
  @FuzzTest
  void blocksOfPlanesAreDecodedOrRefusedAndNeverGrowBeyondTheirBound(byte[] bytes) {
    Decoding.of(
            bytes,
            body -> {
              ByteArrayInputStream in = new ByteArrayInputStream(body);
              byte[] block = new byte[BytePlanes.MOST_ENCODED];
              byte[] raw = new byte[BytePlanes.BLOCK];
              long made = 0;
              while (BytePlanes.read(in, block) >= 0) {
                try (BytePlanes planes = BytePlanes.borrow()) {
                  int length = planes.decode(block, raw);
                  made += length;
                  byte[] again = encode(raw, length);
                  byte[] twice = new byte[BytePlanes.BLOCK];
                  assertThat(planes.decode(again, twice)).isEqualTo(length);
                  assertThat(Arrays.equals(twice, 0, length, raw, 0, length)).isTrue();
                }
              }
              return made;
            },
            problem -> problem instanceof DataFormatException || problem instanceof EOFException)
        .ifPresent(made -> assertThat(made).isNotNegative());
  }

  /// Every vector of bits goes through the encoding and comes back.
  @MethodSource("encoded")
  @FuzzTest
  void whateverTheBitsTheyComeBackFromPlanes(byte[] bytes) throws DataFormatException {
    int length = Math.min(bytes.length, BytePlanes.BLOCK);
    if (length > 0) {
      byte[] raw = new byte[BytePlanes.BLOCK];
      try (BytePlanes planes = BytePlanes.borrow()) {
        assertThat(planes.decode(encode(bytes, length), raw)).isEqualTo(length);
      }
      assertThat(Arrays.equals(raw, 0, length, bytes, 0, length)).isTrue();
    }
  }

  static Stream<Arguments> addresses() {
    return Stream.of(
        seed("http://user:pass%20word@proxy.example:3128"), seed("proxy:99999"), seed("[::1]:80"));
  }

  @MethodSource("addresses")
  @FuzzTest
  void theAddressOfAProxyIsReadOrRefused(byte[] bytes) {
    Decoding.of(bytes, text -> HttpProxy.of(new String(text, UTF_8)), ErrorCode.USAGE)
        .ifPresent(proxy -> assertThat(proxy.port()).isBetween(0, 65_535));
  }

  static Stream<Arguments> budgets() {
    String mechanism =
        "{\"noiseMultiplier\":1.1,\"sampleRate\":0.02,\"steps\":20,\"round\":1,\"delta\":\"\"}";
    return Stream.of(
        seed("{\"version\":1,\"studies\":{\"%s\":%s}}".formatted(DIGEST, mechanism)),
        seed("{\"version\":1,\"studies\":{\"a\":%s}}".formatted(mechanism.replace("20", "-1"))));
  }

  @MethodSource("budgets")
  @FuzzTest
  void aLedgerOfPrivacyIsReadOrRefused(byte[] bytes) throws IOException {
    Path home = Files.createDirectories(folder.resolve("budget"));
    Files.write(home.resolve("spent.json"), bytes);
    Decoding.of(bytes, raw -> PrivacyBudget.spent(home), ErrorCode.INPUT_MALFORMED)
        .ifPresent(spent -> assertThat(spent).allMatch(one -> one.steps() >= 0));
  }

  static Stream<Arguments> ranges() {
    return Stream.of(seed("bytes 10-99/100"), seed("bytes=10-"));
  }

  @MethodSource("ranges")
  @FuzzTest
  void aContentRangeIsWithinItsChunkOrRefused(byte[] bytes) {
    String header = new String(bytes, UTF_8);
    Decoding.of(bytes, text -> ChunkRoutes.contentRange(header), MessageRejected.class::isInstance)
        .ifPresent(range -> assertThat(range.from()).isBetween(0L, range.total() - 1));
    assertThat(ChunkRoutes.from(header, 100)).isBetween(0L, 99L);
  }

  static Stream<Arguments> connections() {
    String chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return Stream.of(
        seed("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        seed("HTTP/1.1 206 x\r\nDure-Bytes: 9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        seed(chunked + "a\r\n0123456789\r\n0\r\n\r\n"),
        seed(chunked + "ffffffff\r\n0123"),
        seed("HTTP/1.1 100 Continue\r\n\r\n"),
        seed("HTTP/1.1 200 \r\nContent-Length: 999999999999999\r\n\r\n"));
  }

  /// What the region's own HTTP client makes of whatever the other end of a connection says.
  @MethodSource("connections")
  @FuzzTest
  void answersOnAConnectionAreReadOrRefusedAndNeverLongerThanWhatCame(byte[] bytes) {
    for (String method : List.of("GET", "HEAD")) {
      Decoding.of(
              bytes,
              said -> {
                ByteArrayInputStream in = new ByteArrayInputStream(said);
                HubAnswers answers = new HubAnswers(in);
                long body = 0;
                while (in.available() > 0) {
                  HubConnection.Answer answer = answers.next(method);
                  assertThat(answer.status()).isBetween(200, 599);
                  body += answer.body().transferTo(OutputStream.nullOutputStream());
                  assertThat(answer.body().read()).isNegative();
                }
                return body;
              },
              IOException.class::isInstance)
          .ifPresent(body -> assertThat(body).isBetween(0L, (long) bytes.length));
    }
  }
}
