package org.dure.federation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.RegionStats;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.TrafficCounters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is on the wire, in logs, in notes and in the status of a study is the same, byte for byte,
/// as version 0.9 wrote it: logs, hubs, regions and scripts of that version live on.
final class GoldenBytesTest {
  /// Each `NAME JSON`, every field with a value of its own.
  static Stream<String> lines() throws IOException {
    try (InputStream in = GoldenBytesTest.class.getResourceAsStream("golden.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8).lines().toList().stream();
    }
  }

  @MethodSource("lines")
  @ParameterizedTest
  void whatIsReadIsWrittenAsItWas(String line) {
    int space = line.indexOf(' ');
    String json = line.substring(space + 1);
    byte[] bytes = json.getBytes(UTF_8);
    byte[] written =
        switch (line.substring(0, space)) {
          case "StudyView" -> Json.bytes(StudyView.parse(bytes));
          case "Message" -> SignedMessage.parse(bytes, new byte[0]).message().bytes();
          case "Event" -> {
            Event.Logged logged = Event.parse(bytes, 7, "2".repeat(64));
            yield Event.log(7, logged.time(), "2".repeat(64), logged.event()).bytes();
          }
          case "StudyStatus" -> Json.bytes(Json.read(bytes, StudyStatus.class));
          case "RegionStats" -> {
            MemoryRoundStore log = new MemoryRoundStore();
            log.note("tally", bytes);
            RegionStats stats = new RegionStats(1000);
            stats.restore(log, 100_000);
            log.note("tally", new byte[0]);
            stats.save(log, 100_000);
            yield log.noted("tally").orElseThrow();
          }
          default -> note(line.substring(0, space), bytes);
        };
    assertThat(new String(written, UTF_8)).isEqualTo(json);
  }

  /// Each count once more of nothing, so that it is kept again.
  private static byte[] note(String name, byte[] bytes) {
    MemoryRoundStore log = new MemoryRoundStore();
    log.note(name, bytes);
    TrafficCounters before = new TrafficCounters();
    before.restore(log, 1);
    TrafficCounters traffic = new TrafficCounters();
    for (int items = 0; items < 2; items++) {
      for (TrafficKind kind :
          List.of(
              TrafficKind.PREPARATION,
              TrafficKind.DELTA,
              TrafficKind.SCORES,
              TrafficKind.CONTROL)) {
        traffic.out("ko", 1, kind, 50);
      }
      for (TrafficKind kind :
          List.of(TrafficKind.COMMON, TrafficKind.WEIGHTS, TrafficKind.CONTROL)) {
        traffic.in("ko", 1, kind, 50);
      }
    }
    traffic.save(log);
    if (name.equals("crossings")) {
      assertThat(before.totals()).isEqualTo(traffic.totals());
    } else {
      assertThat(before.list()).isEqualTo(traffic.list());
    }
    return log.noted(name).orElseThrow();
  }
}
