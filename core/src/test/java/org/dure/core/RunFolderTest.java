package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path folder;

  private final AtomicInteger runs = new AtomicInteger();

  private boolean run(String configuration, String input) {
    return RunFolder.run(
        folder.resolve("out"),
        "stage",
        configuration,
        Map.of("in", Sha256.of(input.getBytes(StandardCharsets.UTF_8))),
        part -> {
          runs.incrementAndGet();
          Files.createDirectories(part.resolve("deep"));
          Files.writeString(part.resolve("deep/result.txt"), configuration + input);
        });
  }

  @Test
  void theSameInputsAndConfigurationAreNotRunAgain() {
    assertThat(run("a = 1\n", "text")).isTrue();
    assertThat(run("a = 1\n", "text")).isFalse();
    assertThat(runs).hasValue(1);
  }

  @Test
  void anotherInputOrConfigurationRunsAgainAndReplacesTheFolder() throws IOException {
    run("a = 1\n", "text");
    assertThat(run("a = 2\n", "text")).isTrue();
    assertThat(run("a = 2\n", "other")).isTrue();
    assertThat(Files.readString(folder.resolve("out/deep/result.txt"))).isEqualTo("a = 2\nother");
  }

  @Test
  void anOutputThatWasChangedMissingOrTruncatedIsMadeAgain() throws IOException {
    run("a = 1\n", "text");
    Files.writeString(folder.resolve("out/deep/result.txt"), "a = 1\ntexu");
    assertThat(run("a = 1\n", "text")).isTrue();
    Files.delete(folder.resolve("out/deep/result.txt"));
    assertThat(run("a = 1\n", "text")).isTrue();
    assertThat(runs).hasValue(3);
  }

  @Test
  void aRunThatFailsLeavesWhatWasThereAndNothingHalfWritten() throws IOException {
    run("a = 1\n", "text");
    assertThatThrownBy(
            () ->
                RunFolder.run(
                    folder.resolve("out"),
                    "stage",
                    "a = 3\n",
                    Map.of(),
                    part -> {
                      Files.writeString(part.resolve("half"), "half");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL));
    assertThat(Files.readString(folder.resolve("out/deep/result.txt"))).isEqualTo("a = 1\ntext");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("out"));
    }
  }

  @Test
  void aFolderOfSomebodyElsesFilesIsNotReplaced() throws IOException {
    Files.createDirectories(folder.resolve("out"));
    Files.writeString(folder.resolve("out/thesis.txt"), "ten years of work");
    assertThatThrownBy(() -> run("a = 1\n", "text"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_CONFLICT));
    assertThat(folder.resolve("out/thesis.txt")).hasContent("ten years of work");
  }

  @Test
  void theManifestNamesStageInputsAndOutputs() {
    run("a = 1\n", "text");
    RunFolder.Manifest manifest = RunFolder.manifest(folder.resolve("out"));
    assertThat(manifest.stage()).isEqualTo("stage");
    assertThat(manifest.inputs()).containsOnlyKeys("in");
    assertThat(manifest.outputs()).containsOnlyKeys("config.toml", "deep/result.txt");
    assertThat(manifest.software()).containsKeys("dure", "java", "os");
  }

  @Test
  void whatAKilledRunLeftIsRemovedByTheNextOne() throws IOException {
    run("a = 1\n", "text");
    Files.writeString(
        Files.createDirectory(folder.resolve(".out.1jcwh2c5.part")).resolve("half"), "half");
    Files.createDirectory(folder.resolve(".out.more.1jcwh2c5.part"));
    Files.writeString(folder.resolve(".out.lock"), "of a process that is no more");

    assertThat(run("a = 1\n", "text")).isFalse();

    try (var files = Files.list(folder)) {
      assertThat(files)
          .containsExactlyInAnyOrder(
              folder.resolve("out"), folder.resolve(".out.more.1jcwh2c5.part"));
    }
  }

  @Test
  void aFolderThatWasBeingReplacedWhenTheProcessDiedIsBroughtBack() throws IOException {
    run("a = 1\n", "text");
    Files.move(folder.resolve("out"), folder.resolve(".out.old"));

    assertThat(run("a = 1\n", "text")).isFalse();

    assertThat(folder.resolve("out/deep/result.txt")).exists();
    assertThat(runs).hasValue(1);
  }

  @Test
  void twoRunsIntoOneFolderAreNotAtWorkAtOnce() throws IOException {
    boolean ran =
        RunFolder.run(
            folder.resolve("out"),
            "stage",
            "b = 1\n",
            Map.of(),
            part -> {
              assertThatThrownBy(() -> run("a = 1\n", "text"))
                  .isInstanceOfSatisfying(
                      DureException.class,
                      e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_IN_USE));
              assertThat(part).isDirectory();
            });

    assertThat(ran).isTrue();
    assertThat(runs).hasValue(0);
    assertThat(run("a = 1\n", "text")).isTrue();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("out"));
    }
  }
}
