package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.core.Weights;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.TestBelt;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LedgerTest {
  @TempDir static Path folder;
  @TempDir Path copy;

  @BeforeAll
  static void runAStudy() {
    try (TestBelt belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty())) {
      belt.runAll(ArithmeticWorkload::new);
      belt.hub.exportLedger(folder.resolve("ledger"));
    }
  }

  private Path ledger() throws IOException {
    Path target = copy.resolve("ledger");
    try (Stream<Path> files = Files.walk(folder.resolve("ledger"))) {
      for (Path file : files.toList()) {
        Path to = target.resolve(folder.resolve("ledger").relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    return target;
  }

  @Test
  void aLedgerProvesWhoContributedWhat() throws IOException {
    Path ledger = ledger();
    Ledger.Verified verified = Ledger.verify(ledger);

    assertThat(verified.finished()).isTrue();
    assertThat(verified.merges().made()).isEqualTo(3);
    assertThat(verified.contributions()).containsEntry("ja", 3).containsEntry("ko", 3);
    assertThat(ledger.resolve("regions")).isDirectoryContaining("glob:**ko.pem");
    assertThat(verified.published().keySet()).containsExactly("ja", "ko");
    assertThat(verified.published().get("ko").language()).isEqualTo("ko");
    assertThat(verified.published().get("ko").scores()).isNotEmpty();
  }

  @Test
  void itTellsTheWeightsWithWhichItEndsFromOthers() throws IOException {
    Ledger.Verified verified = Ledger.verify(ledger());
    ArtifactStore published = new FolderArtifactStore(folder.resolve("hub/published"));
    try (Arena arena = Arena.ofConfined()) {
      Weights last = Weights.allocate(ArithmeticWorkload.initial().layout(), arena);
      String all = Merger.of(verified.weights(), Circles.ALL);
      Fragments.fill(last, FragmentList.parse(published.get(all)), published);
      assertThat(verified.digestOf(last)).isEqualTo(all);
      last.set(0, Math.nextUp(last.get(0)));
      assertThat(verified.digestOf(last)).isNotEqualTo(all);
    }
  }

  @Test
  void anExportOfTheStoppedHubIsTheSame() throws IOException {
    Path again = copy.resolve("again");
    Ledger.export(folder.resolve("hub"), again);

    assertThat(again.resolve("events.jsonl"))
        .hasSameBinaryContentAs(folder.resolve("ledger").resolve("events.jsonl"));
  }

  @Test
  void theWeightsComeOutTheSameWhenTheyAreMadeAgainFromTheDeltas() {
    Ledger.Verified verified =
        Ledger.recompute(
            folder.resolve("ledger"),
            folder.resolve("hub"),
            ArithmeticWorkload::initial,
            copy.resolve("scratch"));

    assertThat(verified.merges().made()).isEqualTo(3);
    assertThat(
            Ledger.recompute(
                    folder.resolve("ledger"),
                    folder.resolve("hub").resolve("received"),
                    ArithmeticWorkload::initial,
                    copy.resolve("received"))
                .merges()
                .made())
        .isEqualTo(3);
    assertThatThrownBy(
            () ->
                Ledger.recompute(
                    folder.resolve("ledger"),
                    folder.resolve("hub"),
                    () -> {
                      var other = ArithmeticWorkload.initial();
                      other.set(50, 0.5f);
                      return other;
                    },
                    copy.resolve("other")))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
        .hasMessageContaining("initial weights");
  }

  @Test
  void anyByteThatIsChangedIsFound() throws IOException {
    Path file = ledger().resolve("events.jsonl");
    byte[] good = Files.readAllBytes(file);
    SplittableRandom random = Seeded.random("ledger");
    for (int trial = 0; trial < 200; trial++) {
      byte[] bad = good.clone();
      int at = random.nextInt(bad.length - 1);
      bad[at] ^= (byte) (1 << random.nextInt(7));
      Files.write(file, bad);
      boolean inTheLastEvent = lastLine(good) <= at;
      if (!inTheLastEvent) {
        assertThatThrownBy(() -> Ledger.verify(file.getParent()))
            .as("byte %d", at)
            .isInstanceOf(DureException.class);
      }
    }
  }

  private static int lastLine(byte[] bytes) {
    int at = bytes.length - 1;
    while (bytes[at - 1] != '\n') {
      at--;
    }
    return at;
  }

  @Test
  void anEventThatIsRemovedOrMovedIsNamed() throws IOException {
    Path file = ledger().resolve("events.jsonl");
    List<String> lines = Files.readAllLines(file);
    for (int at = 1; at < lines.size() - 1; at++) {
      List<String> removed = new ArrayList<>(lines);
      removed.remove(at);
      Files.write(file, removed);
      assertThatThrownBy(() -> Ledger.verify(file.getParent()))
          .hasMessageContaining("event " + (at + 1));
      List<String> moved = new ArrayList<>(lines);
      Collections.swap(moved, at, at + 1);
      Files.write(file, moved);
      assertThatThrownBy(() -> Ledger.verify(file.getParent()))
          .hasMessageContaining("event " + (at + 1));
    }
  }

  @Test
  void anotherStudyFileIsRefused() throws IOException {
    Path ledger = ledger();
    Path study = ledger.resolve("study.toml");
    Files.writeString(study, Files.readString(study, StandardCharsets.UTF_8).replace("0.7", "0.8"));

    assertThatThrownBy(() -> Ledger.verify(ledger)).hasMessageContaining("event 1");
  }

  @Test
  void aLedgerThatIsCutShortIsNotFinished() throws IOException {
    Path file = ledger().resolve("events.jsonl");
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(0, lines.size() - 1));

    assertThat(Ledger.verify(file.getParent()).finished()).isFalse();
  }
}
