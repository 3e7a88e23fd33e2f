package org.dure.app.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.DureException;

/// Reads how much heap a JVM used from what `-Xlog:gc` wrote: `Pause Young ... 50M->10M(120M)`.
final class LabHeapLog {
  private static final Pattern PAUSE = Pattern.compile(" ([0-9]+)M->([0-9]+)M\\(([0-9]+)M\\)");
  private static final long MEGABYTE = 1 << 20;

  private LabHeapLog() {}

  /// The largest use at a collection in all logs of that prefix, bytes; 0 if there was none.
  static long largest(Path folder, String prefix) {
    long largest = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (String.valueOf(file.getFileName()).startsWith(prefix)) {
          for (String line : Files.readAllLines(file)) {
            Matcher matcher = PAUSE.matcher(line);
            if (matcher.find()) {
              largest = Math.max(largest, MEGABYTE * Long.parseLong(matcher.group(1)));
            }
          }
        }
      }
      return largest;
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }
}
