package org.dure.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
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
/// @param ignored number of files of other kinds
public record Inventory(
    List<InputFile> files,
    SequencedMap<String, String> digests,
    Set<String> blocks,
    List<Quarantine> quarantined,
    long ignored) {
  /// Looks at a file, or at every file below a folder, which must be readable; links to folders are
  /// not followed, and what begins with a dot is not looked at.
  ///
  /// @throws DureException if there is no such file or folder, or nothing of a kind that is read
  public static Inventory of(Path in, InputLimits limits, String label) {
    if (!Files.exists(in)) {
      throw new DureException(ErrorCode.INPUT_MISSING, "there is no file or folder " + in);
    }
    Found found = new Found(Files.isDirectory(in) ? in : in.resolveSibling(""));
    try {
      Files.walkFileTree(in, found);
    } catch (IOException e) {
      throw DureException.io("read", in, e);
    }
    if (found.files.isEmpty() && found.quarantined.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%s holds no text: found %d other files, expected .txt, .html, .htm, .jsonl or .jsonl.zst"
              .formatted(in, found.ignored));
    }
    found.files.sort(Comparator.comparing(InputFile::name));
    return examined(found, limits, label);
  }

  /// Hands every document of the readable files on, in their order.
  ///
  /// @param language code that the documents get
  /// @throws DureException if a file that could be read can no longer be
  public void read(String language, InputLimits limits, Reading reading) {
    long total = files.stream().mapToLong(InputFile::bytes).sum();
    long done = 0;
    try (Progress progress = new Progress(language + ": corpus", "bytes", total)) {
      for (InputFile file : files) {
        long before = done;
        try (Reader in = file.characters(n -> progress.update(before + n, file.name()))) {
          read(file, in, language, limits, reading);
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
    switch (file.kind()) {
      case TEXT -> PlainText.read(file, in, blocks.contains(file.name()), language, limit, reading);
      case HTML -> HtmlPage.read(file, in, language, limit, reading);
      case JSON_LINES, JSON_LINES_ZSTD -> JsonLines.read(file, in, language, limits, reading);
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

  private static Inventory examined(Found found, InputLimits limits, String label) {
    List<InputFile> good = new ArrayList<>();
    Set<String> blocks = new HashSet<>();
    SequencedMap<String, String> digests = new TreeMap<>();
    long total = found.files.stream().mapToLong(InputFile::bytes).sum();
    long done = 0;
    for (Quarantine unreadable : found.quarantined) {
      digests.put(unreadable.file(), unreadable.found());
    }
    try (Progress progress = new Progress(label + ": checking", "bytes", total)) {
      for (InputFile file : found.files) {
        long before = done;
        Examination examination =
            examine(file, limits, read -> progress.update(before + read, file.name()));
        digests.put(file.name(), examination.digest());
        if (examination.problem().isPresent()) {
          found.quarantined.add(examination.problem().get());
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
    found.quarantined.sort(Comparator.comparing(Quarantine::file));
    return new Inventory(good, digests, blocks, found.quarantined, found.ignored);
  }

  private record Examination(String digest, boolean blocks, Optional<Quarantine> problem) {}

  private static Examination examine(InputFile file, InputLimits limits, LongConsumer progress) {
    MessageDigest digest = Sha256.digest();
    Utf8Check check = new Utf8Check();
    long[] seen = {0};
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
      }
      check.end();
    } catch (IOException e) {
      String reason = reason(e);
      boolean unreadable = file.kind() != InputFile.Kind.JSON_LINES_ZSTD;
      String rule = unreadable ? Quarantine.UNREADABLE : Quarantine.DAMAGED;
      return new Examination(
          Sha256.hex(digest.digest()) + " " + reason,
          false,
          Optional.of(
              new Quarantine(
                  rule,
                  file.name(),
                  "byte " + seen[0],
                  reason,
                  unreadable ? "a readable file" : "a whole zstd stream")));
    }
    Optional<Quarantine> problem =
        check
            .problem()
            .map(
                p ->
                    new Quarantine(
                        p.rule(), file.name(), "byte " + p.offset(), p.found(), p.expected()));
    if (problem.isEmpty()
        && file.kind() == InputFile.Kind.HTML
        && file.bytes() > limits.pageBytes()) {
      problem =
          Optional.of(
              new Quarantine(
                  Quarantine.TOO_LARGE,
                  file.name(),
                  "",
                  file.bytes() + " bytes",
                  "at most " + limits.pageBytes() + " bytes for an HTML file"));
    }
    return new Examination(Sha256.hex(digest.digest()), check.blocks(), problem);
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "no permission";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static final class Found extends SimpleFileVisitor<Path> {
    private final Path folder;
    final List<InputFile> files = new ArrayList<>();
    final List<Quarantine> quarantined = new ArrayList<>();
    long ignored;

    Found(Path folder) {
      this.folder = folder;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
      return isHidden(path) && !path.equals(folder)
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    /// A leading dot marks what is not meant as content, a run folder that was never finished among
    /// it.
    private static boolean isHidden(Path path) {
      Path name = path.getFileName();
      return name != null && name.toString().startsWith(".");
    }

    @Override
    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
      Optional<InputFile.Kind> kind = InputFile.Kind.of(path.getFileName().toString());
      if (kind.isEmpty() || isHidden(path)) {
        ignored++;
      } else if (Files.isRegularFile(path)) {
        files.add(new InputFile(path, name(path), kind.get(), Files.size(path)));
      } else {
        quarantined.add(
            new Quarantine(
                Quarantine.UNREADABLE,
                name(path),
                "",
                attributes.isSymbolicLink() ? "a link to no file" : "a special file",
                "a regular file"));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path path, IOException e) {
      quarantined.add(
          new Quarantine(
              Quarantine.UNREADABLE, name(path), "", reason(e), "a readable file or folder"));
      return FileVisitResult.CONTINUE;
    }

    private String name(Path path) {
      return folder.relativize(path).toString().replace('\\', '/');
    }
  }
}
