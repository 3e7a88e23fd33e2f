package org.dure.tokenizer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.PrivateFiles;

/// Room for the arrays of a training: on the heap, or in files that the system reads in and writes
/// out as memory allows, so that a small process can train from many counts. A file has no name
/// once it is open, so nothing is left of it however the process ends; its blocks are taken before
/// it is used, so that a full disk is an error and not a crash. Not thread-safe.
final class Scratch implements AutoCloseable {
  private static final int PIECE = 1 << 16;

  private final Optional<Path> folder;
  private final Set<Arena> open = Collections.newSetFromMap(new IdentityHashMap<>());

  private Scratch(Optional<Path> folder) {
    this.folder = folder;
  }

  static Scratch onHeap() {
    return new Scratch(Optional.empty());
  }

  /// @param folder on a disk with room; it is made if it is not there
  static Scratch in(Path folder) {
    return new Scratch(Optional.of(folder));
  }

  /// Zeroed bytes that can be given back.
  record Block(MemorySegment cells, Optional<Arena> arena) {
    static final Block NONE = new Block(MemorySegment.NULL, Optional.empty());
  }

  /// As many bytes as asked for, which begin with those of `old`; `old` is given back.
  ///
  /// @throws DureException with [org.dure.core.ErrorCode#DISK_FULL]
  Block grown(Block old, long bytes) {
    Block made = folder.isEmpty() ? onHeap(bytes) : mapped(folder.get(), bytes);
    MemorySegment.copy(old.cells, 0, made.cells, 0, old.cells.byteSize());
    free(old);
    return made;
  }

  /// Gives a block back, which is not to be used again.
  void free(Block block) {
    block.arena.ifPresent(
        arena -> {
          open.remove(arena);
          arena.close();
        });
  }

  private static Block onHeap(long bytes) {
    long[] cells = new long[Math.toIntExact((bytes + Long.BYTES - 1) / Long.BYTES)];
    return new Block(MemorySegment.ofArray(cells), Optional.empty());
  }

  private Block mapped(Path where, long bytes) {
    Arena arena = Arena.ofConfined();
    open.add(arena);
    try {
      Path unused = PrivateFiles.createFolders(where);
      Path file = Files.createTempFile(where, ".", AtomicFiles.PART);
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        Files.delete(file);
        fill(channel, bytes);
        MemorySegment cells = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        return new Block(cells, Optional.of(arena));
      }
    } catch (IOException e) {
      throw DureException.io("write", where, e);
    }
  }

  private static void fill(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE);
    for (long left = bytes; left > 0; ) {
      zeros.clear().limit((int) Math.min(PIECE, left));
      left -= channel.write(zeros);
    }
  }

  @Override
  public void close() {
    open.forEach(Arena::close);
    open.clear();
  }
}
