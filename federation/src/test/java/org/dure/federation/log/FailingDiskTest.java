package org.dure.federation.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.dure.core.ArtifactStore;
import org.dure.core.FailingDisk;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the stores promise holds on a disk that loses its power: `etc/failing-disk.c` undoes a
/// random part of what was not synced, between any two calls, and kills the process.
///
/// `-Ddure.failures=N` for more than a few.
class FailingDiskTest {
  private static final int FAILURES = Integer.getInteger("dure.failures", 12);

  @TempDir Path folder;
  private final Set<Long> settled = new TreeSet<>();

  /// Runs the victim until its disk fails.
  ///
  /// @param promised gets the highest number of each promise
  private void promise(Path library, Path home, long seed, Map<String, Long> promised)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-Dorg.sqlite.tmpdir=" + folder,
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            FailingDiskVictim.class.getName(),
            home.toString());
    builder.environment().put("LD_PRELOAD", library.toString());
    builder.environment().put("FAILING_DISK", home.toString());
    builder.environment().put("FAILING_DISK_SEED", Long.toString(seed));
    builder.environment().put("FAILING_DISK_AFTER", "150");
    builder.environment().put("FAILING_DISK_LOG", folder.resolve("failures").toString());
    builder.redirectError(folder.resolve("errors").toFile());
    Process victim = builder.start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        String[] words = line.split(" ");
        if (words.length == 2) {
          promised.put(words[0], Long.parseLong(words[1]));
          if (words[0].equals("settled")) {
            settled.add(Long.parseLong(words[1]));
          }
        }
      }
    }
    assertThat(victim.waitFor())
        .as("killed by its disk: " + Files.readString(folder.resolve("errors")))
        .isEqualTo(137);
  }

  @Test
  @Timeout(600)
  void whatWasPromisedSurvivesEveryPowerFailureAndTheLogAlwaysOpensAgain()
      throws IOException, InterruptedException {
    Path library = FailingDisk.library(folder);
    Path home = Files.createDirectory(folder.resolve("home"));
    SplittableRandom random = Seeded.random("failing disk");
    Map<String, Long> promised = new HashMap<>();
    for (int failure = 0; failure < FAILURES; failure++) {
      long seed = random.nextLong();
      promise(library, home, seed, promised);
      try (RoundStore log = SqliteRoundStore.open(home)) {
        long last = promised.getOrDefault("event", 0L);
        assertThat(log.last()).as("failure %d, seed %d", failure, seed).isBetween(last, last + 1);
        log.read(
            1,
            (number, event) ->
                assertThat(event)
                    .as("event %d", number)
                    .isEqualTo(FailingDiskVictim.event(number)));
        promised.put("event", log.last());
        check(home, promised, log.last());
      }
    }
    assertThat(folder.resolve("failures")).content().hasLineCount(FAILURES);
    assertThat(folder.resolve("failures")).content().containsPattern("undid [1-9]");
  }

  private void check(Path home, Map<String, Long> promised, long last) {
    ArtifactStore received = new FolderArtifactStore(home.resolve("received"));
    ArtifactStore published = new FolderArtifactStore(home.resolve("published"));
    TreeSet<String> names = new TreeSet<>(received.list());
    names.forEach(name -> assertThat(received.get(name)).isNotEmpty());
    for (long number = 1;
        number <= Math.max(last, promised.getOrDefault("artifact", 0L));
        number++) {
      assertThat(names).contains(Sha256.of(FailingDiskVictim.artifact(number)));
    }
    for (long number : settled) {
      byte[] bytes = FailingDiskVictim.artifact(FailingDiskVictim.soon(number));
      assertThat(published.get(Sha256.of(bytes))).isEqualTo(bytes);
    }
    long copied = promised.getOrDefault("copy", 0L);
    if (copied > 0) {
      assertThat(read(home.resolve("copy")))
          .isIn(
              List.of(FailingDiskVictim.artifact(copied), FailingDiskVictim.artifact(copied + 1)));
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
