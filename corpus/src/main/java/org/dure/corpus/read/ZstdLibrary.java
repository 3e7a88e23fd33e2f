package org.dure.corpus.read;

import com.github.luben.zstd.util.ZstdVersion;
import java.nio.file.Path;
import java.util.Map;
import org.dure.core.runtime.UserFolder;

/// The native library of zstd, from the user's own folder.
///
/// Left to itself, the archive unpacks it into the temporary folder that all users share.
public final class ZstdLibrary {
  private static final String PLACE = "ZstdNativePath";
  private static final String TEMPORARY = "ZstdTempFolder";

  /// What Java calls a processor and the archive another name.
  private static final Map<String, String> PROCESSORS = Map.of("x86_64", "amd64");

  private ZstdLibrary() {}

  /// Says where it is to be loaded from; to be called before the first use of zstd.
  ///
  /// @throws org.dure.core.DureException if the folder is not the user's own
  public static synchronized void require() {
    if (System.getProperty(PLACE) != null || System.getProperty(TEMPORARY) != null) {
      return;
    }
    String processor = System.getProperty("os.arch", "");
    Path library =
        UserFolder.unpack(
            ZstdVersion.class,
            "/linux/%s/libzstd-jni-%s.so"
                .formatted(PROCESSORS.getOrDefault(processor, processor), ZstdVersion.VERSION));
    if (library == null || !System.getProperty("os.name", "").equals("Linux")) {
      System.setProperty(TEMPORARY, UserFolder.of("native").toString());
    } else {
      System.setProperty(PLACE, library.toString());
    }
  }
}
