package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// `etc/failing-disk.c` as a library for `LD_PRELOAD`: a disk that loses its power between any two
/// calls.
public final class FailingDisk {
  private FailingDisk() {}

  /// Compiles it into `folder`; the test is skipped where there is no C compiler.
  public static Path library(Path folder) throws IOException, InterruptedException {
    Path source = Path.of("..", "etc", "failing-disk.c").toAbsolutePath().normalize();
    Path library = folder.resolve("failing-disk.so");
    List<String> command =
        List.of(
            "cc",
            "-O2",
            "-shared",
            "-fPIC",
            "-o",
            library.toString(),
            source.toString(),
            "-ldl",
            "-lpthread");
    Process compiler;
    try {
      compiler = new ProcessBuilder(command).inheritIO().start();
    } catch (IOException e) {
      assumeTrue(false, "skipped: no C compiler (cc) here");
      throw e;
    }
    assertThat(compiler.waitFor()).isZero();
    return library;
  }
}
