package org.dure.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The right to make one folder, held by one process at a time: a lock on `.NAME.lock` beside it,
/// which is there only meanwhile. The operating system lets go of it when the process ends, however
/// it ends; the file that a killed one leaves is taken over.
final class OutputLock implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private OutputLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another process, or another thread of
  ///     this one, makes the folder
  static OutputLock of(Path folder) {
    Path absolute = folder.toAbsolutePath();
    Path file = absolute.resolveSibling("." + absolute.getFileName() + ".lock");
    try {
      AtomicFiles.createFolder(AtomicFiles.parent(absolute));
      while (true) {
        FileChannel channel = taken(file);
        if (channel == null) {
          throw new DureException(
              ErrorCode.HOME_IN_USE, "another process is making %s".formatted(folder));
        }
        if (isStillThere(file, channel)) {
          return new OutputLock(file, channel);
        }
        channel.close();
      }
    } catch (IOException e) {
      throw DureException.io("lock", file, e);
    }
  }

  @SuppressWarnings("resource")
  private static @Nullable FileChannel taken(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      return null;
    }
    channel.close();
    return null;
  }

  /// Whoever held the lock before may have deleted the file between its being opened and locked
  /// here: then this is a lock on nothing, and another process may have made the file anew.
  private static boolean isStillThere(Path file, FileChannel channel) throws IOException {
    byte[] mark = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(mark), 0);
    try {
      return Arrays.equals(Files.readAllBytes(file), mark);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw DureException.io("unlock", file, e);
    }
  }
}
