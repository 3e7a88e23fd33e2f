package org.dure.core;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The one exception that Dure throws on purpose: a numbered error with a sentence that says what
/// was found, where, and what was expected. Nothing in it is obeyed by a terminal; text of others
/// that could bring lines of its own goes through [Printable#line] first.
public final class DureException extends RuntimeException {
  /// What the operating system says of reading a folder as a file; Java has no type for it.
  private static final String IS_A_FOLDER = "Is a directory";

  /// What is done to an input; everything else makes or changes something.
  private static final Set<String> READING =
      Set.of("read", "list", "open", "look at", "look at the room in");

  private final ErrorCode code;

  /// @param message what was found, where, and what was expected
  public DureException(ErrorCode code, String message) {
    super(Printable.lines(message));
    this.code = code;
  }

  public DureException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(Printable.lines(message), cause);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }

  /// The error that a failed read or write of `path` is: missing, not permitted, a folder where a
  /// file was expected or the other way round, disk full, or otherwise unreadable. What was to be
  /// made and could not is OUTPUT_UNWRITABLE, and names the folder that cannot be written.
  public static DureException io(String action, Path path, IOException cause) {
    if (cause instanceof FileSystemException failed && isOutput(action, path, failed)) {
      return unwritable(action, path, failed);
    }
    return switch (cause) {
      case NoSuchFileException missing ->
          new DureException(
              ErrorCode.INPUT_MISSING,
              "cannot %s %s: there is no %s".formatted(action, path, missing.getFile()),
              cause);
      case AccessDeniedException denied ->
          new DureException(
              ErrorCode.INPUT_UNREADABLE,
              "cannot %s %s: no permission for %s".formatted(action, path, denied.getFile()),
              cause);
      case CharacterCodingException garbled ->
          new DureException(
              ErrorCode.INPUT_MALFORMED,
              "cannot %s %s: it is not UTF-8 text".formatted(action, path),
              cause);
      default -> {
        String reason =
            cause instanceof FileSystemException problem && problem.getReason() != null
                ? problem.getReason()
                : cause.getMessage();
        boolean full =
            reason != null
                && (reason.contains("No space left")
                    || reason.contains("Disk quota exceeded")
                    || reason.contains("File too large"));
        if (action.equals("read") && Files.isDirectory(path) && IS_A_FOLDER.equals(reason)) {
          yield new DureException(
              ErrorCode.INPUT_MALFORMED,
              "cannot read %s: it is a folder, expected a file".formatted(path),
              cause);
        }
        yield new DureException(
            full
                ? ErrorCode.DISK_FULL
                : READING.contains(action)
                    ? ErrorCode.INPUT_UNREADABLE
                    : ErrorCode.OUTPUT_UNWRITABLE,
            "cannot %s %s: %s".formatted(action, path, reason),
            cause);
      }
    };
  }

  /// Whether it was the output itself, or a folder on the way to it, and nothing that is read for
  /// it.
  private static boolean isOutput(String action, Path path, FileSystemException failed) {
    boolean met =
        failed instanceof AccessDeniedException
            || failed instanceof NoSuchFileException
            || failed instanceof FileAlreadyExistsException;
    if (READING.contains(action) || !met || failed.getFile() == null) {
      return false;
    }
    Path target = path.toAbsolutePath().normalize();
    Path file = Path.of(failed.getFile()).toAbsolutePath().normalize();
    Path parent = target.getParent();
    return target.startsWith(file) || parent != null && file.startsWith(parent);
  }

  private static DureException unwritable(String action, Path path, FileSystemException failed) {
    Path file = Path.of(failed.getFile()).toAbsolutePath().normalize();
    if (failed instanceof FileAlreadyExistsException) {
      return new DureException(
          ErrorCode.OUTPUT_UNWRITABLE,
          "cannot %s %s: %s is a file, expected a folder".formatted(action, path, file),
          failed);
    }
    Path place = file;
    while (!Files.isDirectory(place) && place.getParent() != null) {
      place = place.getParent();
    }
    return new DureException(
        ErrorCode.OUTPUT_UNWRITABLE,
        "cannot %s %s: nothing can be made in the folder %s%s"
            .formatted(
                action,
                path,
                place,
                failed instanceof AccessDeniedException ? " (no permission)" : ""),
        failed);
  }

  /// The error as the command line prints it: number, message, advice.
  public String report() {
    return "error %d (%s): %s%n  %s"
        .formatted(code.number(), code.name(), getMessage(), code.advice());
  }
}
