package org.dure.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.runtime.Progress;

/// What lies in an input folder, found in one pass over all bytes before any document is made: the
/// digest of every file, and whether it can be read as UTF-8 to its end. So a file that is damaged
/// anywhere contributes nothing, instead of its first half.
///
/// @param files the readable ones, ordered by name
/// @param digests of every file that is read, by name; for an unreadable one, what is wrong
/// @param blocks names of the plain-text files whose paragraphs are set apart by blank lines
/// @param quarantined files that are left out
/// @param unread files that are not of a kind that is read
/// @param bytes of all files on the disk, read, quarantined and unread
public record Inventory(
    List<InputFile> files,
    SequencedMap<String, String> digests,
    Set<String> blocks,
    List<Quarantine> quarantined,
    List<Unread> unread,
    long bytes) {
  /// Of so many files of pages and text each is held out as a whole. Of fewer a share of a
  /// twentieth is too often none at all; of so many still three times in a hundred.
  public static final int MANY_FILES = 100;

  /// Looks at a file, or at every file below a folder, which must be readable; what begins with a
  /// dot is not read.
  ///
  /// @param links which links in it are followed
  /// @throws DureException if there is no such file or folder, or nothing in it of a kind that is
  ///     read
  public static Inventory of(Path path, Links links, InputLimits limits, String label) {
    if (!Files.isDirectory(path) && !Files.isRegularFile(path)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          Files.exists(path)
              ? path + " is neither a file nor a folder"
              : "there is no file or folder " + path);
    }
    FolderWalk.Found found = FolderWalk.of(path, links);
    if (found.files().isEmpty() && found.quarantined().isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%s holds no text: found %s, expected %s"
              .formatted(
                  path,
                  found.unread().isEmpty() ? "no file" : Unread.text(found.unread()),
                  InputFile.endings()));
    }
    return examined(found, limits, label);
  }

  /// Bytes on the disk of the files that are read.
  public long readBytes() {
    return files.stream().mapToLong(InputFile::bytes).sum();
  }

  /// Bytes on the disk of the files that are left out as a whole.
  public long quarantinedBytes() {
    return bytes - readBytes() - unread.stream().mapToLong(Unread::bytes).sum();
  }

  /// Whether there are so many files of text and pages that they can be held out one by one: what
  /// stands beside a paragraph tells much of it.
  private boolean hasManyWholes() {
    return files.stream().filter(Inventory::isWhole).count() >= MANY_FILES;
  }

  private static boolean isWhole(InputFile file) {
    return file.format() != InputFile.Format.JSON_LINES;
  }

  /// Hands every document of the readable files on, in their order.
  ///
  /// @param language code that the documents get
  /// @throws DureException if a file that could be read can no longer be
  public void read(String language, InputLimits limits, Reading reading) {
    long total = readBytes();
    long done = 0;
    boolean wholes = hasManyWholes();
    try (Progress progress = new Progress(language + ": corpus", "bytes", total)) {
      for (InputFile file : files) {
        long before = done;
        try (Reader in = file.characters(n -> progress.update(before + n, file.name()))) {
          boolean parts = wholes && isWhole(file);
          read(file, in, language, limits, parts ? Reading.ofParts(file.name(), reading) : reading);
        } catch (IOException e) {
          throw changed(file, e);
        }
        done += file.bytes();
        progress.update(done, file.name());
      }
    }
  }

  private void read(InputFile file, Reader in, String language, InputLimits limits, Reading reading)
      throws IOException {
    int limit = limits.documentCharacters();
    switch (file.format()) {
      case TEXT -> PlainText.read(file, in, blocks.contains(file.name()), language, limit, reading);
      case HTML -> HtmlPage.read(file, in, language, limit, reading);
      case JSON_LINES -> JsonLines.read(file, in, language, limits, reading);
    }
  }

  private static DureException changed(InputFile file, IOException e) {
    if (!Files.exists(file.path())) {
      return DureException.io("read", file.path(), e);
    }
    return new DureException(
        ErrorCode.INPUT_UNREADABLE,
        "%s could be read a moment ago and cannot any more: %s".formatted(file.path(), e),
        e);
  }

  private static Inventory examined(FolderWalk.Found found, InputLimits limits, String label) {
    List<Quarantine> quarantined = new ArrayList<>(found.quarantined());
    List<InputFile> good = new ArrayList<>();
    Set<String> blocks = new HashSet<>();
    SequencedMap<String, String> digests = new TreeMap<>();
    long total = found.files().stream().mapToLong(InputFile::bytes).sum();
    long done = 0;
    for (Quarantine unreadable : found.quarantined()) {
      digests.put(unreadable.file(), unreadable.found());
    }
    try (Progress progress = new Progress(label + ": checking", "bytes", total)) {
      for (InputFile file : found.files()) {
        long before = done;
        Examination examination =
            examine(file, limits, read -> progress.update(before + read, file.name()));
        digests.put(file.name(), examination.digest());
        if (examination.problem().isPresent()) {
          quarantined.add(examination.problem().get());
        } else {
          good.add(file);
          if (examination.blocks()) {
            blocks.add(file.name());
          }
        }
        done += file.bytes();
        progress.update(done, file.name());
      }
    }
    quarantined.sort(Comparator.comparing(Quarantine::file));
    return new Inventory(good, digests, blocks, quarantined, found.unread(), found.bytes());
  }

  private record Examination(String digest, boolean blocks, Optional<Quarantine> problem) {}

  private static Examination examine(InputFile file, InputLimits limits, LongConsumer progress) {
    MessageDigest digest = Sha256.digest();
    Utf8Check check = new Utf8Check();
    long[] seen = {0};
    long content = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream in =
        file.open(
            (bytes, from, count) -> {
              digest.update(bytes, from, count);
              seen[0] += count;
              progress.accept(seen[0]);
            })) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        check.add(buffer, n);
        content += n;
      }
      check.end();
    } catch (IOException e) {
      Quarantine damaged = damaged(file, seen[0], reason(e));
      return new Examination(
          Sha256.hex(digest.digest()) + " " + damaged.found(), false, Optional.of(damaged));
    }
    return new Examination(
        Sha256.hex(digest.digest()), check.blocks(), problem(file, check, content, limits));
  }

  private static Quarantine damaged(InputFile file, long byteNumber, String reason) {
    boolean plain = file.compression() == Compression.NONE;
    return new Quarantine(
        plain ? Quarantine.UNREADABLE : Quarantine.DAMAGED,
        file.name(),
        "byte " + byteNumber,
        reason,
        file.compression().expected);
  }

  private static Optional<Quarantine> problem(
      InputFile file, Utf8Check check, long content, InputLimits limits) {
    if (check.problem().isPresent()) {
      Utf8Check.Problem found = check.problem().get();
      return Optional.of(
          new Quarantine(
              found.rule(),
              file.name(),
              "byte " + found.offset(),
              found.found(),
              found.expected()));
    }
    if (file.format() == InputFile.Format.HTML && content > limits.pageBytes()) {
      return Optional.of(
          new Quarantine(
              Quarantine.TOO_LARGE,
              file.name(),
              "",
              content + " bytes",
              "at most " + limits.pageBytes() + " bytes for an HTML file"));
    }
    return Optional.empty();
  }

  static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "no permission";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
