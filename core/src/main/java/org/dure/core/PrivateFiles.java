package org.dure.core;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

/// Files and folders that are their owner's alone from the first byte on: folders of mode 0700,
/// files of mode 0600, whatever the process's umask adds to what Java asks for.
///
/// Everything that Dure makes is made so; only a release, which is there to be handed on, is
/// [#publish]ed. Where a file system knows no such modes, files are as it makes them. Stateless and
/// thread-safe.
public final class PrivateFiles {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OPEN_FOLDER =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> OPEN_FILE =
      PosixFilePermissions.fromString("rw-r--r--");

  private static final long OWN = userId();

  private PrivateFiles() {}

  private static long userId() {
    return System.getProperty("os.name", "").startsWith("Windows") ? -1 : new UnixSystem().getUid();
  }

  /// Makes a folder, and those above it that are not there; one that is there stays as it is.
  ///
  /// @return the folder
  public static Path createFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return folder;
    }
    Path parent = folder.toAbsolutePath().getParent();
    if (parent != null) {
      Path unused = createFolders(parent);
    }
    try {
      return createFolder(folder);
    } catch (FileAlreadyExistsException e) {
      // Made by another process just now, or a file.
      if (Files.isDirectory(folder)) {
        return folder;
      }
      throw e;
    }
  }

  /// Makes a folder whose parent is there.
  ///
  /// @throws FileAlreadyExistsException if anything has its name
  public static Path createFolder(Path folder) throws IOException {
    return Files.createDirectory(folder, attributes(folder, FOLDER));
  }

  /// Opens a file, which, where it is made, is its owner's alone.
  public static FileChannel open(Path file, OpenOption... options) throws IOException {
    return FileChannel.open(file, Set.of(options), attributes(file, FILE));
  }

  /// A file to be written anew.
  public static OutputStream newOutputStream(Path file) throws IOException {
    return Channels.newOutputStream(
        open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /// Writes a file at once; for what need not be whole after a power failure.
  public static void write(Path file, byte[] bytes) throws IOException {
    try (OutputStream out = newOutputStream(file)) {
      out.write(bytes);
    }
  }

  /// As [#write(Path, byte[])], in UTF-8.
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Makes a file empty if there is none: for those that another program will write into.
  public static void prepare(Path file) throws IOException {
    open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE).close();
  }

  /// Takes from group and others whatever they may do with a file or folder. What belongs to
  /// somebody else, and what a link leads to, stays as it is.
  public static void close(Path target) throws IOException {
    Set<PosixFilePermission> found = permissions(target);
    EnumSet<PosixFilePermission> owners = EnumSet.noneOf(PosixFilePermission.class);
    found.stream().filter(one -> one.name().startsWith("OWNER_")).forEach(owners::add);
    if (!found.equals(owners) && isOwn(target)) {
      Files.setPosixFilePermissions(target, owners);
    }
  }

  /// Closes a home that may be from a time when homes were open to others; nothing happens where
  /// there is none.
  ///
  /// @throws DureException if it cannot be closed
  public static void closeHome(Path home) {
    if (Files.isDirectory(home)) {
      try {
        close(home);
      } catch (IOException e) {
        throw DureException.io("close to others", home, e);
      }
    }
  }

  /// Lets others read a folder and all that is in it; nobody but the owner may change it.
  public static void publish(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (isPosix(file) && !Files.isSymbolicLink(file)) {
          Files.setPosixFilePermissions(file, Files.isDirectory(file) ? OPEN_FOLDER : OPEN_FILE);
        }
      }
    }
  }

  /// Whether a file or folder, and no link, belongs to the user who runs this.
  public static boolean isOwn(Path target) throws IOException {
    return !hasModes(target)
        || (!Files.isSymbolicLink(target)
            && Integer.toUnsignedLong(
                    (Integer) Files.getAttribute(target, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                == OWN);
  }

  /// Whether files there have owners and modes.
  public static boolean hasModes(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  private static Set<PosixFilePermission> permissions(Path target) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(target, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    return view == null || Files.isSymbolicLink(target)
        ? Set.of()
        : view.readAttributes().permissions();
  }

  private static FileAttribute<?>[] attributes(Path file, Set<PosixFilePermission> permissions) {
    return isPosix(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
