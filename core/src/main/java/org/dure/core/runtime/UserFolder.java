package org.dure.core.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// The user's own folder of what can be made again, `$XDG_CACHE_HOME/dure` or `~/.cache/dure`:
/// native libraries, packages, caches of classes. What lies in it is run, so nobody else may be
/// able to put anything there. Thread-safe.
public final class UserFolder {
  private static final String NAME = "dure";
  private static final int SYMBOLIC_LINK = 0120000;
  private static final int KIND = 0170000;
  private static final int STICKY = 01000;
  private static final int WRITABLE_BY_GROUP = 0020;
  private static final int WRITABLE_BY_OTHERS = 0002;

  private UserFolder() {}

  /// The folder, or one in it, made where it is not there.
  ///
  /// @param name of a folder in it
  /// @throws DureException with [ErrorCode#FOLDER_EXPOSED] naming the folder into which others
  ///     could have put something, or [ErrorCode#OUTPUT_UNWRITABLE] if it cannot be made
  public static Path of(String name) {
    return of(caches(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home")), name);
  }

  /// Where the folder is, whether or not it is there and fit.
  public static Path place() {
    return caches(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home")).resolve(NAME);
  }

  private static Path caches(@Nullable String named, String home) {
    // A relative name is to be ignored (XDG Base Directory Specification 0.8).
    return named != null && named.startsWith("/") ? Path.of(named) : Path.of(home, ".cache");
  }

  static Path of(Path caches, String name) {
    Path folder = require(caches.resolve(NAME));
    return require(folder.resolve(name));
  }

  /// Makes a folder, or sees that nobody else can put anything into the one that is there.
  ///
  /// @return its real path
  /// @throws DureException as [#of]
  public static Path require(Path folder) {
    try {
      Path unused = PrivateFiles.createFolders(folder);
      requireOwn(folder);
      // By the real way: a link above it could lead elsewhere tomorrow.
      Path real = folder.toRealPath();
      for (Path above = real.getParent(); above != null; above = above.getParent()) {
        requireAbove(above, folder);
      }
      return real;
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.OUTPUT_UNWRITABLE,
          "cannot make %s, where native libraries are unpacked (%s): set XDG_CACHE_HOME to a folder"
                  .formatted(folder, e)
              + " of this user's own",
          e);
    }
  }

  /// A native library of a Java archive as a file that can be loaded: the archive's bytes, and
  /// nobody else's.
  ///
  /// @param resource absolute name within the archive of `owner`
  /// @return null where the archive has no such library
  public static @Nullable Path unpack(Class<?> owner, String resource) {
    return unpack(owner, resource, of("native"));
  }

  static @Nullable Path unpack(Class<?> owner, String resource, Path place) {
    byte[] library;
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        return null;
      }
      library = in.readAllBytes();
    } catch (IOException e) {
      throw DureException.io("read", Path.of(resource), e);
    }
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    // By its digest: versions of Dure beside each other do not take turns in unpacking.
    Path file = place.resolve(Sha256.of(library).substring(0, 16)).resolve(name);
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          || !Arrays.equals(Files.readAllBytes(file), library)) {
        AtomicFiles.write(file, library);
      }
      return file;
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    }
  }

  private static void requireOwn(Path folder) throws IOException {
    if (!PrivateFiles.hasModes(folder)) {
      return;
    }
    int mode = mode(folder);
    if ((mode & KIND) == SYMBOLIC_LINK) {
      throw exposed(folder, "is a link, expected a folder");
    }
    if (!PrivateFiles.isOwn(folder)) {
      throw exposed(
          folder, "belongs to user %d, not to the one who runs this".formatted(id(folder)));
    }
    if ((mode & (WRITABLE_BY_GROUP | WRITABLE_BY_OTHERS)) != 0) {
      throw exposed(
          folder, "can be written by others (mode %o, expected 700)".formatted(mode & 0777));
    }
    PrivateFiles.close(folder);
  }

  /// Whoever may rename the folder away may put another one in its place.
  private static void requireAbove(Path above, Path folder) throws IOException {
    if (!PrivateFiles.hasModes(above)) {
      return;
    }
    int mode = mode(above);
    if (!PrivateFiles.isOwn(above) && id(above) != 0) {
      throw exposed(
          above, "belongs to user %d, who could replace %s in it".formatted(id(above), folder));
    }
    if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
      throw exposed(
          above,
          "can be written by everybody (mode %o), who could replace %s in it"
              .formatted(mode & 0777, folder));
    }
  }

  private static int mode(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
  }

  private static long id(Path path) throws IOException {
    return Integer.toUnsignedLong(
        (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS));
  }

  private static DureException exposed(Path folder, String why) {
    return new DureException(
        ErrorCode.FOLDER_EXPOSED, "nothing is run from %s: it %s".formatted(folder, why));
  }
}
