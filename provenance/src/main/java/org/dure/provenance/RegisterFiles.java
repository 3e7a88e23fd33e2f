package org.dure.provenance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.runtime.FolderLock;

/// The files of a [Register]: read at once, read again when something changed, written one by one
/// and whole.
///
/// A folder's time changes whenever a file in it is made, replaced or removed; because the time has
/// its steps, a folder that changed lately is read again too. Thread-safe.
final class RegisterFiles {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
  private static final long RECENT_MILLIS = 2_000;
  private static final int LOCK_TRIES = 100;
  private static final long LOCK_MILLIS = 50;
  private static final String JSON = ".json";

  private final ReentrantLock changing = new ReentrantLock();
  private final Path folder;
  private Register.Picture picture =
      new Register.Picture(List.of(), List.of(), List.of(), List.of());
  private List<FileTime> times = List.of();
  private long looked;
  private boolean recent = true;

  RegisterFiles(Path folder) {
    this.folder = folder;
  }

  private Path invitations() {
    return folder.resolve("invitations");
  }

  private Path requests() {
    return folder.resolve("requests");
  }

  private Path certificates() {
    return folder.resolve("certificates");
  }

  private Path undoings() {
    return folder.resolve("undoings");
  }

  /// What the files said at most a fifth of a second ago.
  synchronized Register.Picture lately() {
    return System.nanoTime() - looked < LOOK_AGAIN.toNanos() && looked != 0 ? picture : now();
  }

  /// What the files say.
  synchronized Register.Picture now() {
    try {
      long clock = System.currentTimeMillis();
      List<FileTime> found = new ArrayList<>();
      for (Path one : List.of(invitations(), requests(), certificates(), undoings())) {
        Path unused = PrivateFiles.createFolders(one);
        found.add(Files.getLastModifiedTime(one));
      }
      if (recent || !found.equals(times)) {
        picture =
            new Register.Picture(
                read(invitations(), Register.Invited.class),
                read(requests(), Register.Request.class),
                read(certificates(), Register.Issued.class).stream()
                    .sorted(Register.Issued.ORDER)
                    .toList(),
                read(undoings(), Register.Undoing.class).stream()
                    .sorted(Comparator.comparing(Register.Undoing::time))
                    .toList());
      }
      times = found;
      recent = found.stream().anyMatch(time -> Math.abs(clock - time.toMillis()) < RECENT_MILLIS);
      looked = System.nanoTime();
      return picture;
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  private static <T> List<T> read(Path folder, Class<T> type) throws IOException {
    List<T> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(RegisterFiles::isRecord).sorted().toList()) {
        readOne(file, type).ifPresent(all::add);
      }
    }
    return List.copyOf(all);
  }

  private static boolean isRecord(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(JSON) && !name.startsWith(".");
  }

  /// Empty if it was removed just now.
  private static <T> Optional<T> readOne(Path file, Class<T> type) throws IOException {
    try {
      AtomicFiles.requireFile(file);
      return Optional.of(Json.read(Files.readString(file), type));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s is no record of the register: %s".formatted(file, e.getMessage()),
          e);
    }
  }

  /// Changes the files while no other process does.
  <T> T change(Supplier<T> change) {
    // Those of this process queue; the lock of the folder is for the others.
    changing.lock();
    try {
      return changeAmongProcesses(change);
    } finally {
      changing.unlock();
    }
  }

  private <T> T changeAmongProcesses(Supplier<T> change) {
    for (int attempt = 1; ; attempt++) {
      try (FolderLock lock = FolderLock.of(folder, "change of the register")) {
        T result = change.get();
        forget();
        return result;
      } catch (DureException e) {
        if (e.code() != ErrorCode.HOME_IN_USE || attempt == LOCK_TRIES) {
          throw e;
        }
      }
      try {
        Thread.sleep(LOCK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
      }
    }
  }

  private synchronized void forget() {
    recent = true;
    looked = 0;
  }

  void write(Register.Invited invited) {
    write(invitations().resolve(invited.id() + JSON), invited);
  }

  void write(Register.Request request) {
    write(requests().resolve(request.key() + JSON), request);
  }

  void write(Register.Issued issued) {
    write(certificates().resolve(issued.serial() + JSON), issued);
  }

  void write(Register.Undoing undoing) {
    write(undoings().resolve(undoing.id() + JSON), undoing);
  }

  private static void write(Path file, Object record) {
    AtomicFiles.write(file, Json.pretty(record));
  }

  void remove(Register.Invited invited) {
    AtomicFiles.delete(invitations().resolve(invited.id() + JSON));
  }

  void remove(Register.Issued issued) {
    AtomicFiles.delete(certificates().resolve(issued.serial() + JSON));
  }

  void remove(Register.Undoing undoing) {
    AtomicFiles.delete(undoings().resolve(undoing.id() + JSON));
  }

  void remove(Register.Request request) {
    AtomicFiles.delete(requests().resolve(request.key() + JSON));
  }
}
