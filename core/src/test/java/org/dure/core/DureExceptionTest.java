package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
