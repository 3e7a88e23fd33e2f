package org.dure.core.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.jspecify.annotations.Nullable;

/// One process at a time in a folder. The operating system lets go of the lock when the process
/// ends, however it ends. Thread-safe.
public final class FolderLock implements AutoCloseable {
  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Takes the lock; the folder is made if need be.
  ///
  /// @param user who wants the folder, for the error, e.g. `hub`
  /// @throws DureException with [ErrorCode#HOME_IN_USE]
  @SuppressWarnings("resource")
  public static FolderLock of(Path folder, String user) {
    Path file = folder.resolve("lock");
    FileChannel channel = null;
    try {
      Path unused = PrivateFiles.createFolders(folder);
      channel = PrivateFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new DureException(
            ErrorCode.HOME_IN_USE, "another %s is at work in %s".formatted(user, folder));
      }
      return new FolderLock(channel);
    } catch (IOException e) {
      throw DureException.io("work in", folder, e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot let go of a lock: " + e.getMessage(), e);
    }
  }
}
