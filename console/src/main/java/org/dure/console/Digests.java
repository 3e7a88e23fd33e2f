package org.dure.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.Sha256;
import org.dure.core.runtime.BackgroundTask;

/// SHA-256 digests of a release's files, computed aside so that no page waits for gigabytes, and
/// kept until a file's size or time changes. Thread-safe.
final class Digests {
  private static final int MOST_FILES = 1000;

  /// Nanoseconds that a page waits for digests.
  private static final long PATIENCE = 400_000_000L;

  /// @param digest empty while it is being computed
  record File(Path path, long size, Optional<String> digest) {}

  /// What tells one content of a file from the next.
  private record Stamp(Path path, long size, long modified) {}

  private final Map<Stamp, Optional<String>> known = new ConcurrentHashMap<>();

  /// The folder's files, in the order of their names.
  ///
  /// Waits a little for digests that are not known yet, so that small releases are shown whole.
  ///
  /// @throws DureException if the folder cannot be read
  List<File> files(Path folder) {
    long end = System.nanoTime() + PATIENCE;
    List<File> files = list(folder);
    while (files.stream().anyMatch(file -> file.digest().isEmpty()) && System.nanoTime() < end) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return files;
      }
      files = list(folder);
    }
    return files;
  }

  private List<File> list(Path folder) {
    List<File> files = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(Files::isRegularFile).sorted().limit(MOST_FILES).toList()) {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        Stamp stamp = new Stamp(path, attributes.size(), attributes.lastModifiedTime().toMillis());
        files.add(new File(path, stamp.size(), digest(stamp)));
      }
    } catch (UncheckedIOException e) {
      throw DureException.io("list", folder, new IOException(e));
    } catch (IOException e) {
      throw DureException.io("list", folder, e);
    }
    return files;
  }

  private Optional<String> digest(Stamp stamp) {
    Optional<String> before = known.putIfAbsent(stamp, Optional.empty());
    if (before == null) {
      var unused =
          BackgroundTask.once(
              "console-digest", () -> compute(stamp), failure -> known.remove(stamp));
      return Optional.empty();
    }
    return before;
  }

  private void compute(Stamp stamp) {
    known.keySet().removeIf(old -> old.path().equals(stamp.path()) && !old.equals(stamp));
    known.put(stamp, Optional.of(Sha256.of(stamp.path())));
  }
}
