package org.dure.corpus.read;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Every file below a folder, each in one of three places: to be read, not of a kind that is read,
/// or out of reach.
final class FolderWalk extends SimpleFileVisitor<Path> {
  private final Path folder;
  private final Path start;
  private final Path realFolder;
  private final Links links;
  private final List<InputFile> files = new ArrayList<>();
  private final List<Quarantine> quarantined = new ArrayList<>();
  private final Unread.Count unread = new Unread.Count();
  private @Nullable Path hidden;
  private long bytes;

  private FolderWalk(Path folder, Path start, Links links) throws IOException {
    this.folder = folder;
    this.start = start;
    this.links = links;
    this.realFolder = folder.toRealPath();
  }

  /// @param files ordered by name
  /// @param quarantined what is no file or cannot be looked at, ordered by name
  /// @param bytes of all files on the disk, whichever place they are in
  record Found(
      List<InputFile> files, List<Quarantine> quarantined, List<Unread> unread, long bytes) {}

  /// @param path a folder, or a file that stands for a folder with nothing else in it
  static Found of(Path path, Links links) {
    try {
      Path start = start(path);
      Path parent = start.getParent();
      Path root = Files.isRegularFile(start) && parent != null ? parent : start;
      FolderWalk walk = new FolderWalk(root, start, links);
      Set<FileVisitOption> options =
          switch (links) {
            case WITHIN -> Set.of();
            case FOLLOWED -> Set.of(FileVisitOption.FOLLOW_LINKS);
          };
      Path unused = Files.walkFileTree(start, options, Integer.MAX_VALUE, walk);
      return walk.found();
    } catch (IOException e) {
      throw DureException.io("read", path, e);
    }
  }

  /// A link that the user named is meant.
  private static Path start(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    return Files.isSymbolicLink(absolute) ? absolute.toRealPath() : absolute;
  }

  private Found found() {
    files.sort(Comparator.comparing(InputFile::name));
    quarantined.sort(Comparator.comparing(Quarantine::file));
    Found found = new Found(files, quarantined, unread.all(), bytes);
    long counted =
        files.stream().mapToLong(InputFile::bytes).sum()
            + found.unread.stream().mapToLong(Unread::bytes).sum();
    if (counted != bytes) {
      throw new DureException(
          ErrorCode.INTERNAL, "%d bytes were found but %d counted".formatted(bytes, counted));
    }
    return found;
  }

  private String name(Path path) {
    return FileNames.below(folder, path);
  }

  /// A leading dot marks what is not meant as content, a run folder that was never finished among
  /// it.
  private boolean isHidden(Path path) {
    return !path.equals(start) && FileNames.last(path).startsWith(".");
  }

  @Override
  public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
    if (hidden == null && isHidden(path)) {
      hidden = path;
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path path, @Nullable IOException problem) {
    if (path.equals(hidden)) {
      hidden = null;
    }
    if (problem != null) {
      quarantined.add(unreadable(path, Inventory.reason(problem), "a readable folder"));
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
    String name = name(path);
    if (hidden != null || isHidden(path)) {
      notRead(Unread.HIDDEN, name, attributes);
      return FileVisitResult.CONTINUE;
    }
    if (attributes.isSymbolicLink() && Files.isDirectory(path)) {
      notRead(Unread.FOLDER_LINK, name, attributes);
      return FileVisitResult.CONTINUE;
    }
    Path target = target(path, attributes);
    if (links == Links.WITHIN && !target.startsWith(realFolder) && !target.equals(path)) {
      notRead(Unread.OUTER_LINK, name, attributes);
      return FileVisitResult.CONTINUE;
    }
    long size = size(path, attributes);
    Optional<InputFile> file =
        path.equals(start) ? InputFile.named(target, name, size) : InputFile.of(target, name, size);
    if (file.isEmpty()) {
      notRead(Unread.kind(name), name, attributes);
    } else if (Files.isRegularFile(path)) {
      files.add(file.get());
      bytes += file.get().bytes();
    } else {
      String found = attributes.isSymbolicLink() ? "a link to no file" : "a special file";
      quarantined.add(unreadable(path, found, "a regular file"));
    }
    return FileVisitResult.CONTINUE;
  }

  /// What is read: where a link leads now, so that it cannot be turned to another file before that;
  /// the link itself where it leads to nothing.
  private static Path target(Path path, BasicFileAttributes attributes) {
    try {
      return attributes.isSymbolicLink() || Files.isSymbolicLink(path) ? path.toRealPath() : path;
    } catch (IOException e) {
      return path;
    }
  }

  /// Of the file itself where this is a link to one.
  private static long size(Path path, BasicFileAttributes attributes) {
    try {
      return attributes.isSymbolicLink() ? Files.size(path) : attributes.size();
    } catch (IOException e) {
      return 0;
    }
  }

  private void notRead(String kind, String name, BasicFileAttributes attributes) {
    long size = attributes.isRegularFile() ? attributes.size() : 0;
    unread.add(kind, name, size);
    bytes += size;
  }

  @Override
  public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
    if (path.equals(start)) {
      throw e;
    }
    if (hidden != null || isHidden(path)) {
      unread.add(Unread.HIDDEN, name(path), 0);
    } else {
      quarantined.add(unreadable(path, Inventory.reason(e), "a readable file or folder"));
    }
    return FileVisitResult.CONTINUE;
  }

  private Quarantine unreadable(Path path, String found, String expected) {
    return new Quarantine(Quarantine.UNREADABLE, name(path), "", found, expected);
  }
}
