package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.app.home.RegionLayout;
import org.dure.federation.hub.Ledger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A secret sum of three regions of real processes: one is killed while the others' masks
/// already count on it, comes back with its keys, and the sum is exact.
@Tag("e2e")
class SecretEndToEndTest {
  private static final String STUDY =
      """
      name = "secret"
      workload = "rehearsal"
      rounds = 2
      steps = 10
      lease-seconds = 5
      aggregation = "secret"

      [secret]
      norm-bound = 20

      [rehearsal]
      bytes = 400000
      tensors = 4
      step-millis = 100

      [regions.ko]
      language = "ko"
      [regions.ja]
      language = "ja"
      [regions.vi]
      language = "vi"
      """;

  @TempDir Path folder;

  @Test
  void aRegionThatIsKilledInARoundComesBackWithItsKeysAndTheSumIsExact() throws Exception {
    try (RealBelt belt = new RealBelt(folder, STUDY, List.of(), Map.of())) {
      belt.hub();
      belt.region("ko");
      belt.region("ja");
      belt.region("vi");
      Path held = new RegionLayout(belt.home("ko")).node().resolve("secret/held.json");
      belt.awaitText(held, "\"shares\":{\"ja\"");
      belt.kill("ko");
      belt.region("ko");
      String weights = belt.awaitEnd("ko", "ja", "vi");
      for (String region : List.of("ko", "ja", "vi")) {
        assertThat(belt.process(region).await().status()).as(belt.output(region)).isZero();
      }
      assertThat(belt.output("ko")).doesNotContain("withdraws");
      belt.awaitOutput("hub", "finished, round 2 of 2");
      Path ledger = belt.awaitLedger();
      Ledger.Verified verified = Ledger.verify(ledger);
      assertThat(verified.weights()).containsOnly(Map.entry("all", weights));
      assertThat(verified.contributions()).isEqualTo(Map.of("ja", 2, "ko", 2, "vi", 2));
      DureProcess.Outcome replay =
          DureProcess.run(folder, "replay", "--ledger=" + ledger, "--hub=" + belt.home("hub"));
      assertThat(replay.status()).as(replay.output()).isZero();
      assertThat(replay.output()).contains("2 rounds of study secret made again", "bit for bit");
      assertThat(held).doesNotExist();
      assertThat(ledger.resolve("events.jsonl"))
          .content()
          .contains("\"kind\":\"StepClosed\"")
          .doesNotContain("\"kind\":\"Dropped\"");
    }
  }
}
