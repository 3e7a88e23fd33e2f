package org.dure.core.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// For a folder that is not of the kind that was asked for: says what makes such a folder, and
/// which one near it was probably meant.
public final class WrongFolder {
  private static final int MOST_LOOKED_AT = 1_000;

  private WrongFolder() {}

  /// @param kind of folder, e.g. `corpus`
  /// @param maker command that makes one, e.g. `dure corpus build`
  /// @param isOne whether a folder is of that kind
  public static DureException of(Path folder, String kind, String maker, Predicate<Path> isOne) {
    String found =
        Files.isDirectory(folder)
            ? "%s is no %s".formatted(folder, kind)
            : Files.exists(folder)
                ? "%s is no %s but a file".formatted(folder, kind)
                : "%s is no %s: there is no such folder".formatted(folder, kind);
    String meant = near(folder, isOne).map("; did you mean %s?"::formatted).orElse("");
    return new DureException(
        ErrorCode.INPUT_MISSING, "%s; `%s` makes one%s".formatted(found, maker, meant));
  }

  /// The first such folder, by name, in this one, or else the one that it lies in.
  private static Optional<Path> near(Path folder, Predicate<Path> isOne) {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        Optional<Path> within =
            files
                .limit(MOST_LOOKED_AT)
                .filter(Files::isDirectory)
                .filter(isOne)
                .sorted()
                .findFirst();
        if (within.isPresent()) {
          return within;
        }
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(folder.getParent()).filter(isOne);
  }
}
