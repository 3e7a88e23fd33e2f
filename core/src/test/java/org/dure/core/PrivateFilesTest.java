package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrivateFilesTest {
  @TempDir Path home;

  static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  static void mode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  @Test
  void whatIsMadeIsItsOwnersAlone() throws IOException {
    Path folder = PrivateFiles.createFolders(home.resolve("a/b/c"));
    for (Path one : new Path[] {folder, folder.getParent(), folder.getParent().getParent()}) {
      assertThat(mode(one)).isEqualTo("rwx------");
    }
    PrivateFiles.write(folder.resolve("one"), "1");
    PrivateFiles.prepare(folder.resolve("two"));
    PrivateFiles.open(folder.resolve("three"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
        .close();
    AtomicFiles.write(folder.resolve("four"), "4");
    AtomicFiles.writeSoon(folder.resolve("five"), out -> out.write(5));
    AtomicFiles.folder(
        folder.resolve("six"),
        part -> {
          Files.writeString(part.resolve("file"), "6");
          Files.createDirectory(part.resolve("inner"));
        });
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path one : (Iterable<Path>) all::iterator) {
        assertThat(mode(one))
            .as(one.toString())
            .isEqualTo(Files.isDirectory(one) ? "rwx------" : "rw-------");
      }
    }
  }

  @Test
  void aFolderThatIsThereStaysAsItIsAndAFileIsNone() throws IOException {
    mode(home, "rwxr-xr-x");
    assertThat(PrivateFiles.createFolders(home)).isEqualTo(home);
    assertThat(mode(home)).isEqualTo("rwxr-xr-x");
    Path file = Files.createFile(home.resolve("file"));
    assertThatThrownBy(() -> PrivateFiles.createFolders(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void aHomeFromBeforeIsClosedAndWhatALinkLeadsToIsNot() throws IOException {
    Path old = Files.createDirectory(home.resolve("old"));
    mode(old, "rwxrwxrwx");
    PrivateFiles.closeHome(old);
    assertThat(mode(old)).isEqualTo("rwx------");
    PrivateFiles.closeHome(home.resolve("none"));
    Path other = Files.createFile(home.resolve("other"));
    mode(other, "rw-r--r--");
    PrivateFiles.close(Files.createSymbolicLink(home.resolve("link"), other));
    assertThat(mode(other)).isEqualTo("rw-r--r--");
  }

  @Test
  void whatIsPublishedCanBeReadByAllAndChangedByNobodyElse() throws IOException {
    Path release = PrivateFiles.createFolders(home.resolve("release/ledger"));
    PrivateFiles.write(release.resolve("events"), "x");
    mode(release.resolve("events"), "rw-rw-rw-");
    PrivateFiles.publish(home.resolve("release"));
    assertThat(mode(release)).isEqualTo("rwxr-xr-x");
    assertThat(mode(release.resolve("events"))).isEqualTo("rw-r--r--");
  }

  @Test
  void ofAFileThatIsTooLargeNothingIsReadAndAPipeIsNotOpened() throws Exception {
    Path giant = home.resolve("giant");
    try (RandomAccessFile file = new RandomAccessFile(giant.toFile(), "rw")) {
      file.setLength(1L << 40);
    }
    assertThatThrownBy(() -> AtomicFiles.read(giant, 1 << 20)).hasMessageContaining("at most");
    assertThatThrownBy(() -> Json.object(giant)).hasMessageContaining("at most");
    Path pipe = home.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    for (Path special : new Path[] {pipe, Path.of("/dev/zero")}) {
      assertThatThrownBy(() -> Json.object(special)).hasMessageContaining("expected a file");
      assertThatThrownBy(() -> Settings.of(special)).hasMessageContaining("expected a file");
      assertThatThrownBy(() -> Sha256.of(special)).hasMessageContaining("expected a file");
      assertThatThrownBy(() -> SafeTensors.open(special)).hasMessageContaining("expected a file");
    }
    PrivateFiles.write(home.resolve("small"), "{}");
    assertThat(AtomicFiles.read(home.resolve("small"), 2)).hasSize(2);
  }
}
