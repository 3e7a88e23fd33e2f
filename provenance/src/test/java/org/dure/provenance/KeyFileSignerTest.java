package org.dure.provenance;

import java.nio.file.Path;
import org.dure.core.Signer;
import org.junit.jupiter.api.io.TempDir;

class KeyFileSignerTest extends SignerContract {
  @TempDir Path folder;

  @Override
  protected Signer signer() {
    Path file = folder.resolve("key.pem");
    KeyFiles.obtain(file);
    return KeyFiles.signer(file);
  }
}
