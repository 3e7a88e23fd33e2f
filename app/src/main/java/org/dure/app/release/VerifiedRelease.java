package org.dure.app.release;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.runtime.FolderLock;
import org.dure.core.runtime.UserFolder;
import org.dure.provenance.ReleaseManifest;
import org.dure.provenance.ReleaseManifest.Entry;

/// A release to be used, not only to be looked at: a copy of what is used of it, made of the very
/// bytes that were compared with the signature, in a folder of the user's own. Whatever becomes of
/// the release's folder meanwhile, what is loaded is what was signed. Closing it deletes the copy.
public final class VerifiedRelease implements AutoCloseable {
  private static final String PLACE = "releases";
  private static final long MIB = 1 << 20;

  /// What is used of a release, by its place in it, and how large it may be; the first that fits
  /// holds. More than any release has, less than a machine.
  private static final Map<String, Long> MOST =
      Map.of("config.json", MIB, "tokenizer.json", 128 * MIB, ReleaseDraft.EVALUATION, 64 * MIB);

  private static final long MOST_PROFILE = MIB;
  private static final long MOST_EVENTS = 1024 * MIB;
  private static final long MOST_OTHER = 16 * MIB;

  /// What a killed process left is deleted by a later one.
  private static final Duration LEFT = Duration.ofMinutes(10);

  private final ReleaseManifest manifest;
  private final Path folder;
  private final FolderLock lock;

  private VerifiedRelease(ReleaseManifest manifest, Path folder, FolderLock lock) {
    this.manifest = manifest;
    this.folder = folder;
    this.lock = lock;
  }

  public ReleaseManifest manifest() {
    return manifest;
  }

  /// The copy, with the names that the files have in the release.
  public Path folder() {
    return folder;
  }

  /// Verifies a release as [Releases#check] does, and keeps what is used of it.
  ///
  /// @throws DureException as [Releases#check], and before a file is read with
  ///     [ErrorCode#INPUT_MALFORMED] if one is larger than any release's, [ErrorCode#MEMORY_SHORT]
  ///     if the weights are larger than the machine, or [ErrorCode#DISK_FULL] if there is no room
  ///     for the copy
  public static VerifiedRelease open(Path release, PublicKey key) {
    Path place = UserFolder.of(PLACE);
    sweep(place);
    Path copy;
    try {
      copy = Files.createTempDirectory(place, "");
    } catch (IOException e) {
      throw DureException.io("write", place, e);
    }
    FolderLock lock = FolderLock.of(copy, "reader of a release");
    VerifiedRelease opened = null;
    try {
      ReleaseManifest manifest =
          ReleaseManifest.verify(
                  release,
                  key,
                  signed -> {
                    checkSizes(release, signed.files(), place);
                    return file -> into(copy, file);
                  })
              .require();
      opened = new VerifiedRelease(manifest, copy, lock);
      opened.checkClaims(release);
      return opened;
    } finally {
      if (opened == null) {
        lock.close();
        AtomicFiles.delete(copy);
      }
    }
  }

  private void checkClaims(Path release) {
    try {
      Releases.checkClaims(folder, manifest);
    } catch (DureException e) {
      // The user knows nothing of the copy.
      throw new DureException(
          e.code(),
          String.valueOf(e.getMessage()).replace(folder.toString(), release.toString()),
          e);
    }
  }

  private static OutputStream into(Path copy, Entry file) throws IOException {
    if (most(file.path()) == Long.MAX_VALUE) {
      return OutputStream.nullOutputStream();
    }
    Path target = copy.resolve(file.path());
    Path unused = PrivateFiles.createFolders(AtomicFiles.parent(target));
    return PrivateFiles.newOutputStream(target);
  }

  private static void checkSizes(Path release, List<Entry> files, Path place) {
    long all = 0;
    for (Entry file : files) {
      long most = most(file.path());
      if (file.size() > most) {
        throw new DureException(
            file.path().equals(Releases.WEIGHTS)
                ? ErrorCode.MEMORY_SHORT
                : ErrorCode.INPUT_MALFORMED,
            "%s: %s has %d bytes, expected at most %d"
                .formatted(release, file.path(), file.size(), most));
      }
      all += most == Long.MAX_VALUE ? 0 : file.size();
    }
    try {
      long room = Files.getFileStore(place).getUsableSpace();
      if (all > room) {
        throw new DureException(
            ErrorCode.DISK_FULL,
            "%s has %d bytes that are copied to %s while they are checked: there is room for %d"
                .formatted(release, all, place, room));
      }
    } catch (IOException e) {
      throw DureException.io("look at the room in", place, e);
    }
  }

  /// Bytes that a file may have; the largest number for one that is not used.
  private static long most(String path) {
    if (path.equals(Releases.WEIGHTS)) {
      return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }
    if (path.startsWith(Releases.PROFILES + "/")) {
      return MOST_PROFILE;
    }
    if (path.startsWith(ReleaseDraft.LEDGER + "/")) {
      return path.endsWith("/events.jsonl") ? MOST_EVENTS : MOST_OTHER;
    }
    return MOST.getOrDefault(path, Long.MAX_VALUE);
  }

  private static void sweep(Path place) {
    FileTime old = FileTime.from(Instant.now().minus(LEFT));
    try (Stream<Path> copies = Files.list(place)) {
      for (Path copy : (Iterable<Path>) copies::iterator) {
        if (Files.getLastModifiedTime(copy).compareTo(old) < 0) {
          try (FolderLock unused = FolderLock.of(copy, "reader of a release")) {
            AtomicFiles.delete(copy);
          }
        }
      }
    } catch (IOException | DureException e) {
      // Still read, or being deleted by another.
      return;
    }
  }

  @Override
  public void close() {
    lock.close();
    AtomicFiles.delete(folder);
  }
}
