package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.core.runtime.FolderLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DureExceptionTest {
  @TempDir Path folder;

  @Test
  void aFolderThatIsReadAsAFileIsSaidToBeOne() {
    DureException error = null;
    try {
      byte[] unused = Files.readAllBytes(folder);
    } catch (IOException e) {
      error = DureException.io("read", folder, e);
    }
    assertThat(error.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
    assertThat(error).hasMessage("cannot read %s: it is a folder, expected a file", folder);
  }

  @Test
  void whatCannotBeReadIsNotSaidToBeUnwritable() {
    IOException broken = new IOException("Input/output error");
    assertThat(DureException.io("read", folder, broken).code())
        .isEqualTo(ErrorCode.INPUT_UNREADABLE);
    assertThat(DureException.io("write", folder, broken).code())
        .isEqualTo(ErrorCode.OUTPUT_UNWRITABLE);
    IOException full = new IOException("No space left on device");
    assertThat(DureException.io("write", folder, full).code()).isEqualTo(ErrorCode.DISK_FULL);
  }

  @Test
  void whatCannotBeMadeNamesTheFolderThatCannotBeWritten() throws IOException {
    Path out = folder.resolve("closed").resolve("out");
    Path lock = folder.resolve("closed").resolve(".out.lock");
    Files.createDirectory(folder.resolve("closed"));
    for (IOException met :
        List.of(
            new AccessDeniedException(lock.toString()), new NoSuchFileException(lock.toString()))) {
      assertThat(DureException.io("make", out, met))
          .hasMessageContaining("the folder " + folder.resolve("closed"))
          .returns(ErrorCode.OUTPUT_UNWRITABLE, DureException::code);
    }
    assertThat(DureException.io("write", out, new AccessDeniedException("/elsewhere/input")).code())
        .isEqualTo(ErrorCode.INPUT_UNREADABLE);
    assertThat(DureException.io("read", out, new NoSuchFileException(out.toString())).code())
        .isEqualTo(ErrorCode.INPUT_MISSING);
  }

  @Test
  void aFileInTheWayOfAnOutputIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatExceptionOfType(DureException.class)
        .isThrownBy(() -> RunFolder.run(file.resolve("out"), "x", "", Map.of(), part -> {}))
        .withMessageContaining(file + " is a file, expected a folder")
        .returns(ErrorCode.OUTPUT_UNWRITABLE, DureException::code);
    assertThatExceptionOfType(DureException.class)
        .isThrownBy(() -> FolderLock.of(file.resolve("home"), "demo"))
        .withMessageContaining(file + " is a file, expected a folder")
        .returns(ErrorCode.OUTPUT_UNWRITABLE, DureException::code);
  }
}
