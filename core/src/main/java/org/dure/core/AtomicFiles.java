package org.dure.core;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Files and folders that are either whole or not there: written aside, forced to the disk, then
/// renamed. After a kill or a power cut at most a hidden `.NAME.UNIQUE.part` remains beside the
/// target, which nothing takes for the target and anyone may delete. They are their owner's alone
/// ([PrivateFiles]).
public final class AtomicFiles {
  /// Ending of what is being written.
  public static final String PART = ".part";

  /// Ending of a folder that gives way to a new one.
  private static final String OLD = ".old";

  private static final int BUFFER = 1 << 16;

  private AtomicFiles() {}

  /// Writes a file's content to the stream it is handed.
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /// Fills the folder it is handed.
  @FunctionalInterface
  public interface Filling {
    void fill(Path folder) throws IOException;
  }

  public static void write(Path target, byte[] bytes) {
    write(target, out -> out.write(bytes));
  }

  public static void write(Path target, String text) {
    write(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Replaces `target` by what `content` writes, or leaves it as it was.
  ///
  /// @throws DureException if anything could not be written; the target is then untouched
  public static void write(Path target, Content content) {
    write(target, aside(target), content);
  }

  /// As [#write(Path, Content)], written aside in `folder` of the same disk instead of beside it.
  static void writeFrom(Path folder, Path target, Content content) {
    write(target, aside(folder.resolve(String.valueOf(target.getFileName()))), content);
  }

  private static void write(Path target, Path part, Content content) {
    try {
      createParent(target);
      writeAside(part, content, true);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceFile(parent(target));
    } catch (IOException e) {
      throw DureException.io("write", target, e);
    } finally {
      deleteQuietly(part);
    }
  }

  /// As [#write(Path, Content)] as long as the power lasts: nothing is forced to the disk. After a
  /// power failure the target may be absent, or whole, or hold anything; see [#force].
  public static void writeSoon(Path target, Content content) {
    writeSoon(target, aside(target), content);
  }

  /// As [#writeSoon(Path, Content)], written aside in `folder` of the same disk.
  static void writeSoonFrom(Path folder, Path target, Content content) {
    writeSoon(target, aside(folder.resolve(String.valueOf(target.getFileName()))), content);
  }

  private static void writeSoon(Path target, Path part, Content content) {
    try {
      createParent(target);
      writeAside(part, content, false);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw DureException.io("write", target, e);
    } finally {
      deleteQuietly(part);
    }
  }

  private static void writeAside(Path part, Content content, boolean forced) throws IOException {
    try (FileChannel channel =
            PrivateFiles.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER)) {
      content.writeTo(out);
      out.flush();
      if (forced) {
        channel.force(true);
      }
    }
  }

  /// All of a file that may be another's: of one that is larger than it may be nothing is read, and
  /// a pipe or device, for which one would wait for ever, is not opened.
  ///
  /// @param most bytes
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is larger or no file
  public static byte[] read(Path file, long most) {
    requireFile(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > most) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s has %d bytes: at most %d are read of such a file"
                .formatted(file, channel.size(), most));
      }
      // It may grow meanwhile.
      byte[] bytes = Channels.newInputStream(channel).readNBytes((int) most + 1);
      if (bytes.length > most) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, "%s grows while it is read".formatted(file));
      }
      return bytes;
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// Refuses what is there and neither a file nor a folder, before it is opened.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED]
  public static void requireFile(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "%s is a pipe or a device, expected a file".formatted(file));
    }
  }

  /// Returns when what a file holds, or which names a folder holds, would survive a power failure.
  public static void force(Path target) {
    try {
      forceFile(target);
    } catch (IOException e) {
      throw DureException.io("write", target, e);
    }
  }

  /// Makes the folder `target` with what `filling` puts into it; the folder appears whole or not at
  /// all, its owner's alone. An existing target is replaced only after the new one is complete.
  public static void folder(Path target, Filling filling) {
    Path part = aside(target);
    try {
      createParent(target);
      Path unused = PrivateFiles.createFolder(part);
      filling.fill(part);
      try (Stream<Path> files = Files.walk(part)) {
        for (Path file : (Iterable<Path>) files::iterator) {
          PrivateFiles.close(file);
          forceFile(file);
        }
      }
      replace(target, part);
      forceFile(parent(target));
    } catch (IOException e) {
      throw DureException.io("write", target, e);
    } finally {
      deleteQuietly(part);
    }
  }

  /// Puts the folder `part` in the place of `target`, which is never there in half: what was there
  /// goes aside under a name that [#sweep] brings back if the process dies before the new one is in
  /// its place.
  private static void replace(Path target, Path part) throws IOException {
    Path old = target.resolveSibling("." + target.getFileName() + OLD);
    if (Files.exists(target)) {
      delete(old);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    delete(old);
  }

  /// Deletes a file or a folder with everything in it; nothing happens if it is not there.
  public static void delete(Path target) {
    try (Stream<Path> files = Files.walk(target)) {
      List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : all) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw DureException.io("delete", target, e);
    }
  }

  private static Path aside(Path target) {
    String unique = Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36);
    return target.resolveSibling("." + target.getFileName() + "." + unique + PART);
  }

  private static void createParent(Path target) throws IOException {
    createFolder(parent(target));
  }

  /// Makes a folder and those above it; each that is new is forced into the one above it.
  static void createFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      createFolder(parent(folder));
      Path unused = PrivateFiles.createFolders(folder);
      forceFile(parent(folder));
    }
  }

  /// The folder that a file lies in.
  public static Path parent(Path target) {
    Path absolute = target.toAbsolutePath();
    Path parent = absolute.getParent();
    return parent == null ? absolute : parent;
  }

  private static void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path part) {
    if (Files.exists(part)) {
      try {
        delete(part);
      } catch (DureException e) {
        // The next write uses another name; a leftover .part is never taken for the target.
        return;
      }
    }
  }

  /// Removes what a killed process left half-written, and brings back a folder that was to be
  /// replaced and was not: at most three folders down, since stores of artifacts, which may hold
  /// very many, write aside in their own folder.
  ///
  /// @throws DureException if the folder cannot be read
  public static void sweep(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> parts;
    try (Stream<Path> paths = Files.walk(folder, 3)) {
      parts = paths.filter(path -> isLeftover(String.valueOf(path.getFileName()))).toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    parts.forEach(AtomicFiles::tidy);
  }

  /// Whether something half-written of the folder `target` lies beside it.
  static boolean hasLeftovers(Path target) {
    return !leftoversOf(target).isEmpty();
  }

  /// As [#sweep], of what a killed process left of the file or folder `target` alone; whoever calls
  /// holds the right to make it.
  public static void sweepBeside(Path target) {
    leftoversOf(target).forEach(AtomicFiles::tidy);
  }

  private static List<Path> leftoversOf(Path target) {
    Path folder = parent(target);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    Pattern leftover =
        Pattern.compile(
            Pattern.quote("." + target.getFileName())
                + "(\\.[0-9a-z]+\\%s|\\%s)".formatted(PART, OLD));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> leftover.matcher(String.valueOf(file.getFileName())).matches())
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  private static boolean isLeftover(String name) {
    return name.startsWith(".") && (name.endsWith(PART) || name.endsWith(OLD));
  }

  private static void tidy(Path leftover) {
    String name = String.valueOf(leftover.getFileName());
    if (name.endsWith(OLD)) {
      Path target = leftover.resolveSibling(name.substring(1, name.length() - OLD.length()));
      if (!Files.exists(target)) {
        try {
          Files.move(leftover, target, StandardCopyOption.ATOMIC_MOVE);
          forceFile(parent(target));
        } catch (IOException e) {
          throw DureException.io("bring back", target, e);
        }
        return;
      }
    }
    delete(leftover);
  }
}
