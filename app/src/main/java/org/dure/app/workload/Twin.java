package org.dure.app.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.model.TorchTrainer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A region's local twin: a comparison, so nothing that happens to it may stop the belt.
///
/// Whatever is done with its trainer goes through [#attempt]. A twin that diverges, cannot be
/// restored or measured, or fails in any other way ends there and then, for good: that is logged
/// and saved with its reason, its memory is given back, and what would have been measured on it is
/// empty from then on. What ends the twin is its own: a full disk or exhausted memory is the whole
/// region's, which waits or starts again with its twin. Not thread-safe.
final class Twin implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Twin.class);

  /// In a saved state: the trainer's own, or why there is none.
  private static final String STATE = "twin";

  private static final String ENDED = "twin-ended.txt";

  private final String language;
  private @Nullable TorchTrainer trainer;
  private @Nullable String ended;

  private Twin(String language) {
    this.language = language;
  }

  /// @param language of the region whose twin it is, for the log
  static Twin of(String language, Supplier<TorchTrainer> start) {
    Twin twin = new Twin(language);
    try {
      twin.trainer = start.get();
    } catch (RuntimeException | Error e) {
      MemoryExhaustion.endIf(e);
      twin.end("starting", e);
    }
    return twin;
  }

  /// For a study that wants none.
  static Twin none(String language) {
    return new Twin(language);
  }

  /// Works with the twin, unless there is none or it has ended.
  ///
  /// @param doing for the log, e.g. `training`
  /// @return empty if there is nothing to show
  /// @throws DureException with [ErrorCode#DISK_FULL], as the region's own work would
  <T> Optional<T> attempt(String doing, Function<TorchTrainer, T> work) {
    TorchTrainer now = trainer;
    if (now == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(work.apply(now));
    } catch (RuntimeException | Error e) {
      MemoryExhaustion.endIf(e);
      if (e instanceof DureException known && known.code() == ErrorCode.DISK_FULL) {
        throw known;
      }
      end(doing, e);
      return Optional.empty();
    }
  }

  /// As [#attempt], for a number; the twin ends if that is none.
  Optional<Double> measure(String doing, Function<TorchTrainer, Double> work) {
    return attempt(
        doing,
        now -> {
          double value = work.apply(now);
          if (!Double.isFinite(value)) {
            throw new DureException(ErrorCode.CONFIGURATION_INVALID, "the outcome is " + value);
          }
          return value;
        });
  }

  /// Why the twin has ended; empty while it goes on and where there never was one.
  Optional<String> ended() {
    return Optional.ofNullable(ended);
  }

  /// @param folder that exists
  void save(Path folder) {
    Optional<Path> unused =
        attempt(
            "saving",
            now -> {
              now.save(folder.resolve(STATE));
              return folder;
            });
    if (ended != null) {
      AtomicFiles.delete(folder.resolve(STATE));
      AtomicFiles.write(folder.resolve(ENDED), ended + "\n");
    }
  }

  void restore(Path folder) {
    Optional<Path> unused =
        attempt(
            "restoring",
            now -> {
              Path note = folder.resolve(ENDED);
              if (Files.exists(note)) {
                end(read(note));
              } else {
                now.restore(folder.resolve(STATE));
              }
              return folder;
            });
  }

  private static String read(Path note) {
    try {
      return Files.readString(note).strip();
    } catch (IOException e) {
      throw DureException.io("read", note, e);
    }
  }

  private void end(String doing, Throwable cause) {
    end("%s: %s".formatted(doing, cause.getMessage() == null ? cause : cause.getMessage()));
  }

  private void end(String reason) {
    ended = reason;
    LOG.warn("the local twin of {} ends, the belt goes on without it; {}", language, reason);
    close();
  }

  @Override
  public void close() {
    TorchTrainer last = trainer;
    trainer = null;
    if (last != null) {
      try {
        last.close();
      } catch (RuntimeException | Error e) {
        LOG.warn("the local twin of {} does not give its memory back", language, e);
      }
    }
  }
}
