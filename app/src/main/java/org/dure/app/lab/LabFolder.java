package org.dure.app.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.PrivateFiles;

/// Where a run of the lab writes: a folder that is kept, or a temporary one that goes with it.
///
/// The name of a temporary one holds the process, so that the next lab finds what a killed one
/// left.
public record LabFolder(Path path, boolean isTemporary) implements AutoCloseable {
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));
  private static final Pattern NAME = Pattern.compile("dure-lab-([0-9]+)-.*");

  public static LabFolder kept(Path folder) {
    return new LabFolder(folder.toAbsolutePath(), false);
  }

  /// A new one, after those of dead labs have been deleted.
  public static LabFolder temporary() {
    sweep();
    try {
      String prefix = "dure-lab-%d-".formatted(ProcessHandle.current().pid());
      return new LabFolder(Files.createTempDirectory(prefix).toAbsolutePath(), true);
    } catch (IOException e) {
      throw DureException.io("make a folder in", TEMPORARY, e);
    }
  }

  private static void sweep() {
    try (Stream<Path> files = Files.list(TEMPORARY)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Matcher matcher = NAME.matcher(String.valueOf(file.getFileName()));
        // Another user may give anything such a name.
        if (matcher.matches()
            && PrivateFiles.isOwn(file)
            && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
          AtomicFiles.delete(file);
        }
      }
    } catch (IOException | DureException e) {
      // Another user's: not ours to delete, and in nobody's way.
      return;
    }
  }

  @Override
  public void close() {
    if (isTemporary) {
      AtomicFiles.delete(path);
    }
  }
}
