package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path folder;

  @Test
  void aWriteThatBreaksLeavesTheOldFileAndNoPart() throws IOException {
    Path file = folder.resolve("file");
    AtomicFiles.write(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    out -> {
                      out.write(1);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL))
        .hasMessageContaining(file.toString());
    assertThat(Files.readString(file)).isEqualTo("old");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void foldersAreMadeWholeAndReplaced() throws IOException {
    Path target = folder.resolve("a/b");
    AtomicFiles.folder(target, part -> Files.writeString(part.resolve("one"), "1"));
    AtomicFiles.folder(target, part -> Files.writeString(part.resolve("two"), "2"));
    try (var files = Files.list(target)) {
      assertThat(files).containsExactly(target.resolve("two"));
    }
  }

  @Test
  void deletingWhatIsNotThereDoesNothing() {
    AtomicFiles.delete(folder.resolve("nothing"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aPrivateFileIsItsOwnersAloneAndReplacesAnOpenOne() throws IOException {
    Path file = folder.resolve("secret");
    Files.writeString(file, "for all");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    AtomicFiles.write(file, "for me");
    assertThat(Files.readString(file)).isEqualTo("for me");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aFolderThatWasToBeReplacedWhenItsProcessDiedIsThereAgainAfterASweep() throws IOException {
    Path old = Files.createDirectories(folder.resolve("home/.state.old"));
    Files.writeString(old.resolve("whole"), "before");

    AtomicFiles.sweep(folder.resolve("home"));

    assertThat(folder.resolve("home/state/whole")).hasContent("before");
    assertThat(old).doesNotExist();
  }

  @Test
  void aFolderThatWasReplacedIsNotBroughtBack() throws IOException {
    Path state = folder.resolve("home/state");
    AtomicFiles.folder(state, part -> Files.writeString(part.resolve("whole"), "before"));
    AtomicFiles.folder(state, part -> Files.writeString(part.resolve("whole"), "after"));
    Files.createDirectories(folder.resolve("home/.state.old"));

    AtomicFiles.sweep(folder.resolve("home"));

    assertThat(state.resolve("whole")).hasContent("after");
    try (Stream<Path> all = Files.list(folder.resolve("home"))) {
      assertThat(all).containsExactly(state);
    }
  }
}
