package org.dure.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.RunFolder;

/// Guards what a run folder would replace.
final class OutputFolder {
  private OutputFolder() {}

  /// Refuses an output folder that holds anything but an earlier run, or that lies inside an input
  /// folder or around it.
  static void check(Path out, Path in) {
    Path output = real(out);
    Path input = real(in);
    if (output.startsWith(input) || input.startsWith(output)) {
      throw new DureException(
          ErrorCode.USAGE,
          "output %s and input %s lie inside each other: choose folders apart".formatted(out, in));
    }
    RunFolder.refuseForeign(out);
  }

  private static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (Path there = absolute; there != null; there = there.getParent()) {
      if (Files.exists(there)) {
        try {
          return there.toRealPath().resolve(there.relativize(absolute)).normalize();
        } catch (IOException e) {
          return absolute;
        }
      }
    }
    return absolute;
  }
}
