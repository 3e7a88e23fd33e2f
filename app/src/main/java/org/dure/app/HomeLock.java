package org.dure.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Keeps two processes from working on one folder. The operating system gives the lock back when
/// its holder dies, however it dies.
final class HomeLock implements AutoCloseable {
  private final FileChannel channel;

  private HomeLock(FileChannel channel) {
    this.channel = channel;
  }

  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another process holds it
  static HomeLock of(Path folder) {
    Path file = folder.resolve(".lock");
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new DureException(
            ErrorCode.HOME_IN_USE, "another dure process works on %s".formatted(folder));
      }
      return new HomeLock(channel);
    } catch (IOException e) {
      throw DureException.io("lock", file, e);
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
      // The lock goes with the process at the latest.
      return;
    }
  }
}
