package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
    AtomicFiles.writePrivate(file, "for me");
    assertThat(Files.readString(file)).isEqualTo("for me");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }
}
