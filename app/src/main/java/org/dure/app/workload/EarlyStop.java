package org.dure.app.workload;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.dure.core.AtomicFiles;
import org.dure.core.Json;

/// A twin's best weights so far, on text that is kept for choosing: who trains alone stops when it
/// gets no better, and so may the twin.
///
/// What is kept is a function of study and text alone: a step that is done again after a kill
/// measures the same, and is then no better than itself. It stays when the study ends, which may
/// be taken back and end again. Not thread-safe.
final class EarlyStop {
  private static final String NOTE = "early-stop.json";

  private final Path folder;
  private final String study;

  /// @param folder that this alone writes
  /// @param study and text, by their digests; what others left there is not looked at
  EarlyStop(Path folder, String study) {
    this.folder = folder;
    this.study = study;
  }

  /// @param step after so many steps
  /// @param value bits per byte
  record Best(String study, long step, double value) {}

  /// @param steps that the twin has done: what knows more is of another life
  Optional<Best> best(long steps) {
    return best().filter(best -> best.step <= steps);
  }

  private Optional<Best> best() {
    Path note = folder.resolve(NOTE);
    if (!Files.exists(note)) {
      return Optional.empty();
    }
    Best best = Json.read(note, Best.class);
    return best.study.equals(study) ? Optional.of(best) : Optional.empty();
  }

  /// The best model, if there is one.
  Path folder() {
    return folder;
  }

  /// Keeps the twin as it is now if it was never better.
  ///
  /// @param export writes it into a folder
  void offer(long step, double value, Consumer<Path> export) {
    if (best().filter(best -> best.step <= step && best.value <= value).isEmpty()) {
      AtomicFiles.folder(
          folder,
          part -> {
            export.accept(part);
            AtomicFiles.write(part.resolve(NOTE), Json.pretty(new Best(study, step, value)));
          });
    }
  }
}
