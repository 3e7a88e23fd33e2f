package org.dure.app.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;

/// A folder in which a home can be made.
public final class HomeRoom {
  private static final Set<String> OF_NOBODY = Set.of("lost+found");

  private HomeRoom() {}

  /// Refuses a folder that holds what is of no such home: advice to delete the home would be advice
  /// to delete that.
  ///
  /// @param folder that exists
  /// @param owner whose home it is to be, e.g. `region`
  /// @param besides that may lie in it before it is one
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] naming what it holds
  public static void require(Path folder, String owner, Set<String> besides) {
    if (!Files.isDirectory(folder)) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s is a file: expected a folder for the %s's home".formatted(folder, owner));
    }
    try (Stream<Path> files = Files.list(folder)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .filter(name -> !besides.contains(name) && !OF_NOBODY.contains(name))
          .sorted()
          .findFirst()
          .ifPresent(
              name -> {
                throw new DureException(
                    ErrorCode.HOME_CONFLICT,
                    ("%s is no %s's home and holds %s: give --home an empty folder, or one that is"
                            + " not there yet")
                        .formatted(folder, owner, Printable.line(name)));
              });
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }
}
