package org.dure.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

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
    check(out);
  }

  static void check(Path out) {
    if (!Files.exists(out) || Files.isRegularFile(out.resolve("manifest.json"))) {
      return;
    }
    if (!Files.isDirectory(out)) {
      throw new DureException(ErrorCode.HOME_CONFLICT, out + " is a file: expected a folder");
    }
    try (Stream<Path> content = Files.list(out)) {
      if (content.findAny().isPresent()) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            out + " holds files but no manifest.json of an earlier run: it is not overwritten");
      }
    } catch (IOException e) {
      throw DureException.io("read", out, e);
    }
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
