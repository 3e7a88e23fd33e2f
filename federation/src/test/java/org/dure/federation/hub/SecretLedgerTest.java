package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Sha256;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestBelt;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A study of secret sums over HTTPS, and what its ledger proves.
@Timeout(60)
class SecretLedgerTest {
  @TempDir static Path folder;
  @TempDir Path scratch;

  @BeforeAll
  static void runAStudy() {
    try (TestBelt belt =
        new TestBelt(
            TestStudies.with(
                "rounds = 2\naggregation = \"secret\"\nsecret.norm-bound = 3", "ja", "ko", "vi"),
            folder,
            Optional.empty())) {
      belt.runAll(ArithmeticWorkload::new);
      belt.hub.exportLedger(folder.resolve("ledger"));
    }
  }

  private Ledger.Verified recompute() {
    return Ledger.recompute(
        folder.resolve("ledger"),
        folder.resolve("hub"),
        ArithmeticWorkload::initial,
        scratch.resolve("again"));
  }

  @Test
  void theSumOfTheMaskedUploadsIsTheMerge() {
    Ledger.Verified verified = recompute();
    assertThat(verified.finished()).isTrue();
    assertThat(verified.merges().counted()).isEqualTo(2);
    assertThat(verified.contributions()).hasSize(3).containsEntry("ko", 2);
    for (String region : List.of("ja", "ko", "vi")) {
      assertThat(folder.resolve(region).resolve("secret/held.json")).doesNotExist();
    }
  }

  @Test
  void anotherUploadOrShareIsNoticed() throws Exception {
    Path ledger = folder.resolve("ledger/events.jsonl");
    List<String> lines = Files.readAllLines(ledger);
    List<String> changed = new ArrayList<>();
    for (String line : lines) {
      changed.add(
          line.contains("\\\"kind\\\":\\\"revelation\\\"")
              ? line.replaceFirst("(shares[^}]*:[^}]{20})[A-Z]", "$1a")
              : line);
    }
    assertThat(changed).isNotEqualTo(lines);
    Files.write(ledger, changed);
    try {
      assertThatThrownBy(this::recompute)
          .isInstanceOfSatisfying(
              DureException.class,
              e ->
                  assertThat(e.code())
                      .isIn(ErrorCode.SIGNATURE_INVALID, ErrorCode.ARTIFACT_CORRUPT));
    } finally {
      Files.write(ledger, lines);
    }
  }

  @Test
  void theLogAndTheHubHaveNoDeltaInTheClear() throws Exception {
    FolderArtifactStore received = new FolderArtifactStore(folder.resolve("hub/received/ko"));
    String[] head = {Sha256.NONE};
    long[] number = {0};
    int masked = 0;
    for (String line : Files.readAllLines(folder.resolve("ledger/events.jsonl"))) {
      Event.Logged logged =
          Event.parse(line.getBytes(StandardCharsets.UTF_8), ++number[0], head[0]);
      head[0] = logged.digest();
      if (logged.event() instanceof Event.Received event
          && event.signedMessage().orElseThrow().message() instanceof Message.Contribution message
          && message.region().equals("ko")) {
        FragmentList list = FragmentList.parse(received.get(message.delta()));
        assertThat(list.encoding()).isEqualTo(FragmentList.MASKED);
        assertThat(list.bytes()).isEqualTo(4 * ArithmeticWorkload.LAYOUT.elements());
        assertThat(message.metrics()).containsKeys("delta-norm", "delta-cosine");
        masked++;
      }
    }
    assertThat(masked).isEqualTo(2);
  }
}
