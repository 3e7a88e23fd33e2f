package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  @TempDir Path folder;

  @Test
  void aSecondHolderIsRefusedUntilTheFirstLetsGo() {
    Path home = folder.resolve("home");
    try (FolderLock held = FolderLock.of(home, "hub")) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> FolderLock.of(home, "hub"))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOME_IN_USE))
          .hasMessageContaining(home.toString())
          .hasMessageContaining("(process %d)".formatted(ProcessHandle.current().pid()));
    }
    FolderLock.of(home, "hub").close();
  }
}
