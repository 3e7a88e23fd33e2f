package org.dure.core;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderArtifactStoreTest extends ArtifactStoreContract {
  @TempDir Path folder;

  @Override
  protected ArtifactStore store() {
    return new FolderArtifactStore(folder);
  }

  @Test
  void aFileThatWasChangedOnDiskIsNamedAndRefused() throws IOException {
    ArtifactStore store = store();
    String digest = store.put(new byte[] {1, 2, 3});
    Path file = folder.resolve(digest.substring(0, 2)).resolve(digest.substring(2));
    Files.write(file, new byte[] {1, 2, 4});
    assertThatThrownBy(() -> store.get(digest))
        .isInstanceOf(DureException.class)
        .hasMessageContaining(file.toString());
  }
}
