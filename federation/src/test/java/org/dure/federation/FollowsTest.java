package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.dure.core.Json;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Real nodes follow a real hub whose study is taken back after it had finished.
@Timeout(60)
class FollowsTest {
  @TempDir Path folder;

  @Test
  void regionsThatHaveFinishedTakePartAgain() {
    try (TestBelt belt =
        new TestBelt(TestStudies.with("rounds = 4", "ja", "ko", "vi"), folder, Optional.empty())) {
      Map<String, Map<String, Double>> first = belt.runAll(ArithmeticWorkload::new);
      belt.hub.revoke("vi", belt.identity("vi").certificate().getPublicKey(), "hostile");
      assertThat(belt.hub.undo("decision", "vi", 0, "hostile"))
          .hasValueSatisfying(back -> assertThat(back.to()).isEqualTo(4));
      assertThat(belt.hub.isTakenBack(4)).isTrue();
      assertThat(belt.hub.status().progress().phase()).isEqualTo(Phase.TRAINING);
      assertThat(belt.hub.status().progress().rounds()).isEqualTo(8);

      Map<String, CompletableFuture<Map<String, Double>>> running = new TreeMap<>();
      for (String region : List.of("ja", "ko")) {
        running.put(region, TestBelt.run(belt.node(region, new ArithmeticWorkload(region))));
      }
      running.forEach(
          (region, scores) -> assertThat(scores.join()).isNotEqualTo(first.get(region)));
      assertThat(belt.hub.status().progress().phase()).isEqualTo(Phase.FINISHED);
      assertThat(belt.said)
          .anyMatch(line -> line.contains("the weights of round 4"))
          .anyMatch(line -> line.contains("with a fresh optimiser"))
          .noneMatch(line -> line.contains("rolled back"));
      for (String region : List.of("ja", "ko")) {
        Path finished = folder.resolve(region).resolve("finished.json");
        assertThat(Json.object(finished)).containsEntry("round", 8);
      }
    }
  }
}
