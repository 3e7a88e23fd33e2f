package org.dure.core.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
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
  private static final int MOST_DIGITS = 19;

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
      channel =
          PrivateFiles.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        String holder = holder(channel);
        channel.close();
        throw new DureException(
            ErrorCode.HOME_IN_USE, "another %s is at work in %s%s".formatted(user, folder, holder));
      }
      sign(channel);
      return new FolderLock(channel);
    } catch (IOException e) {
      throw DureException.io("work in", folder, e);
    }
  }

  /// Leaves the number of this process for whoever is refused; a full disk is no reason to be.
  private static void sign(FileChannel channel) {
    try {
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(US_ASCII)), 0);
    } catch (IOException e) {
      // Then it is not known.
      return;
    }
  }

  /// Who holds the lock, as the end of a sentence; empty where that is not known.
  private static String holder(FileChannel channel) {
    ByteBuffer bytes = ByteBuffer.allocate(MOST_DIGITS);
    try {
      int count = channel.read(bytes, 0);
      String found = new String(bytes.array(), 0, Math.max(0, count), US_ASCII);
      return found.matches("[0-9]+") ? " (process %s)".formatted(found) : "";
    } catch (IOException e) {
      return "";
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
