package org.dure.federation.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// Chunks that are on their way: what has come of each lies in a file `DIGEST.part`, so that a
/// broken transfer or a killed process costs what was in flight, never what had arrived.
///
/// Nothing is forced to the disk before the chunk is whole: what a power cut damages shows in the
/// digest, and comes again from its first byte. Of two transfers of one chunk the newer writes, and
/// the older hears that it has been overtaken. Thread-safe.
public final class PartialChunks {
  private static final String PART = ".part";
  private static final int BUFFER = 1 << 16;

  private final Path folder;
  private final FolderArtifactStore store;
  private final FolderArtifactStore.Durability durability;
  private final Map<String, Arrival> open = new ConcurrentHashMap<>();

  /// @param folder for the parts; made when it is needed
  /// @param store where whole chunks go
  public PartialChunks(
      Path folder, FolderArtifactStore store, FolderArtifactStore.Durability durability) {
    this.folder = folder;
    this.store = store;
    this.durability = durability;
  }

  /// How many bytes have come of a chunk that is not whole.
  public long bytes(String digest) {
    try {
      return Files.size(part(digest));
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw DureException.io("read", part(digest), e);
    }
  }

  /// How many bytes have come of each chunk that is not whole and of which something has.
  public Map<String, Long> begun() {
    Map<String, Long> begun = new HashMap<>();
    if (!Files.isDirectory(folder)) {
      return begun;
    }
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, "*" + PART)) {
      for (Path part : parts) {
        String digest = digest(part);
        begun.put(digest, bytes(digest));
      }
    } catch (DirectoryIteratorException e) {
      throw DureException.io("read", folder, new IOException(e.getMessage(), e));
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    return begun;
  }

  private static String digest(Path part) {
    String name = String.valueOf(part.getFileName());
    return name.substring(0, Math.max(0, name.length() - PART.length()));
  }

  private Path part(String digest) {
    return folder.resolve(digest + PART);
  }

  /// Goes on with a chunk after its first `from` bytes.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if fewer have come
  public Arrival open(String digest, long from) {
    try {
      Path unused = PrivateFiles.createFolders(folder);
      Arrival arrival = new Arrival(digest, part(digest), from);
      Arrival older = open.put(digest, arrival);
      if (older != null) {
        older.overtake();
      }
      arrival.begin();
      return arrival;
    } catch (IOException e) {
      throw DureException.io("write", part(digest), e);
    }
  }

  /// Forgets what has come of a chunk that is not whole, and of which nothing is on its way.
  public void forget(String digest) {
    try {
      Files.deleteIfExists(part(digest));
    } catch (IOException e) {
      throw DureException.io("delete", part(digest), e);
    }
  }

  /// Forgets everything that has come of chunks that are not whole.
  public void forget() {
    forgetAllBut(Set.of());
  }

  /// Forgets what has come of chunks that are not whole, but of those named.
  public void forgetAllBut(Set<String> named) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> parts = Files.list(folder)) {
      for (Path part : parts.filter(path -> !named.contains(digest(path))).toList()) {
        Arrival arriving = open.remove(digest(part));
        if (arriving != null) {
          arriving.overtake();
        }
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw DureException.io("delete", folder, e);
    }
  }

  /// A chunk that is coming in. Each call may meet that a newer transfer has overtaken it.
  public final class Arrival implements Landing, AutoCloseable {
    private final String digest;
    private final Path part;
    private final MessageDigest found = Sha256.digest();
    private final long from;
    private long bytes;
    private boolean overtaken;
    private @Nullable FileChannel channel;

    private Arrival(String digest, Path part, long from) {
      this.digest = digest;
      this.part = part;
      this.from = from;
    }

    private synchronized void begin() throws IOException {
      check();
      FileChannel opened =
          PrivateFiles.open(
              part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      channel = opened;
      long size = opened.size();
      if (from < 0 || from > size) {
        close();
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "chunk %s goes on at byte %d: %d have come".formatted(digest, from, size));
      }
      opened.truncate(from);
      ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, Math.max(1, from)));
      while (bytes < from) {
        buffer.clear();
        int count = opened.read(buffer, bytes);
        if (count < 0) {
          throw new IOException("the file ends at %d".formatted(bytes));
        }
        found.update(buffer.flip());
        bytes += count;
      }
    }

    private synchronized void overtake() throws IOException {
      overtaken = true;
      close();
    }

    private void check() throws IOException {
      if (overtaken) {
        throw new IOException("another transfer of chunk %s goes on".formatted(digest));
      }
    }

    @Override
    public synchronized long begun() {
      return bytes;
    }

    @Override
    public synchronized void write(byte[] content, int offset, int length) throws IOException {
      check();
      ByteBuffer buffer = ByteBuffer.wrap(content, offset, length);
      while (buffer.hasRemaining()) {
        opened().write(buffer, bytes + buffer.position() - offset);
      }
      found.update(content, offset, length);
      bytes += length;
    }

    private FileChannel opened() throws IOException {
      if (channel == null) {
        throw new IOException("chunk %s is closed".formatted(digest));
      }
      return channel;
    }

    /// Whether all of it has come: a process may die after the last byte and before [#finish].
    public synchronized boolean isWhole() {
      try {
        return Sha256.hex(((MessageDigest) found.clone()).digest()).equals(digest);
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }

    /// The chunk is whole: keeps it in the store.
    ///
    /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if it is not what its name says;
    ///     nothing is kept then
    public synchronized void finish() throws IOException {
      check();
      String is = Sha256.hex(found.digest());
      if (!is.equals(digest)) {
        close();
        Files.deleteIfExists(part);
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "chunk %s arrived with the bytes of %s".formatted(digest, is));
      }
      if (durability == FolderArtifactStore.Durability.FORCED) {
        opened().force(true);
      }
      close();
      store.adopt(digest, part, durability);
    }

    @Override
    public synchronized void close() throws IOException {
      PartialChunks.this.open.remove(digest, this);
      if (channel != null) {
        channel.close();
        channel = null;
      }
    }
  }
}
