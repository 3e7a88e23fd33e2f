package org.dure.provenance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.provenance.ReleaseManifest.Change;
import org.dure.provenance.ReleaseManifest.Difference;
import org.dure.provenance.ReleaseManifest.Entry;
import org.jspecify.annotations.Nullable;

/// What lies in a release's folder, without following links: the files, and everything that is
/// none.
final class ReleaseFolder {
  private static final Comparator<String> BY_UTF_8 =
      Comparator.comparing(path -> path.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);
  private static final int MOST_NAME_BYTES = 255;

  private final Path folder;
  private final SequencedMap<String, Path> files = new TreeMap<>(BY_UTF_8);

  /// What is neither a file nor a folder with something in it, with what it is.
  private final SequencedMap<String, String> others = new TreeMap<>(BY_UTF_8);

  private ReleaseFolder(Path folder) {
    this.folder = folder;
  }

  /// @throws DureException with [ErrorCode#INPUT_MISSING] if it is no folder
  static ReleaseFolder list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING, "%s is not the folder of a release".formatted(folder));
    }
    try {
      ReleaseFolder found = new ReleaseFolder(folder.toRealPath());
      Files.walkFileTree(found.folder, found.new Visitor());
      return found;
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// Size and digest of every file to be signed.
  List<Entry> entriesToSign() {
    if (!others.isEmpty()) {
      Map.Entry<String, String> first = others.firstEntry();
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: a release cannot hold %s; expected files only"
              .formatted(folder.resolve(first.getKey()), first.getValue()));
    }
    List<Entry> entries = new ArrayList<>();
    Map<String, String> foldedNames = new TreeMap<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      String path = file.getKey();
      if (isOwn(path)) {
        continue;
      }
      checkPortable(path);
      if (path.endsWith(AtomicFiles.PART)) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s was left by an interrupted write: delete it, then sign".formatted(file.getValue()));
      }
      String twin = foldedNames.put(path.toLowerCase(Locale.ROOT), path);
      if (twin != null) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s: \"%s\" and \"%s\" are one name on many file systems"
                .formatted(folder, twin, path));
      }
      entries.add(entry(path, file.getValue()));
    }
    if (entries.isEmpty()) {
      throw new DureException(ErrorCode.INPUT_EMPTY, folder + " holds no file to sign");
    }
    return entries;
  }

  /// Every difference from a manifest, by path.
  List<Difference> differences(ReleaseManifest manifest, PublicKey key) {
    List<Difference> differences = new ArrayList<>();
    SequencedMap<String, Path> unsigned = new TreeMap<>(files);
    SequencedMap<String, String> unexplained = new TreeMap<>(others);
    unsigned.remove(ReleaseManifest.MANIFEST_FILE);
    for (Entry signed : manifest.files()) {
      Path file = unsigned.remove(signed.path());
      String other = unexplained.remove(signed.path());
      if (file != null) {
        compare(signed, file, differences);
      } else if (other != null) {
        differences.add(new Difference(Change.NOT_A_FILE, signed.path(), "is now " + other));
      } else {
        differences.add(
            new Difference(Change.REMOVED, signed.path(), "was removed: it is signed, but gone"));
      }
    }
    compareKey(unsigned.remove(ReleaseManifest.KEY_FILE), key, differences);
    unexplained.remove(ReleaseManifest.KEY_FILE);
    unsigned.forEach(
        (path, file) ->
            differences.add(new Difference(Change.ADDED, path, "was added: it is not signed")));
    unexplained.forEach(
        (path, what) ->
            differences.add(
                new Difference(
                    what.equals(Visitor.EMPTY_FOLDER) ? Change.ADDED : Change.NOT_A_FILE,
                    path,
                    "was added: %s, which is not signed".formatted(what))));
    differences.sort(Comparator.comparing(Difference::path, BY_UTF_8));
    return differences;
  }

  /// Refuses the files of a manifest that is signed but cannot be that of a release.
  static void checkSigned(List<Entry> files) {
    String previous = null;
    for (Entry file : files) {
      checkPortable(file.path());
      if (isOwn(file.path()) || !Sha256.isDigest(file.sha256())) {
        throw Cbor.malformed("file \"%s\" cannot be signed so".formatted(file.path()));
      }
      if (previous != null && BY_UTF_8.compare(previous, file.path()) >= 0) {
        throw Cbor.malformed("file \"%s\" is out of order".formatted(file.path()));
      }
      previous = file.path();
    }
  }

  private static boolean isOwn(String path) {
    return path.equals(ReleaseManifest.MANIFEST_FILE) || path.equals(ReleaseManifest.KEY_FILE);
  }

  private static void checkPortable(String path) {
    for (String name : path.split("/", -1)) {
      boolean strange =
          name.isEmpty()
              || name.equals(".")
              || name.equals("..")
              || name.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES
              || name.codePoints()
                  .anyMatch(c -> c < ' ' || c == 0x7f || c == '\\' || c == ':' || c == 0xfffd);
      if (strange) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "\"%s\" is not a name for a file of a release; expected relative names of up to 255"
                    .formatted(path)
                + " bytes without control characters, colon or backslash");
      }
    }
  }

  private static void compare(Entry signed, Path file, List<Difference> differences) {
    Entry found = entry(signed.path(), file);
    if (found.equals(signed)) {
      return;
    }
    if (found.size() < signed.size()) {
      differences.add(
          new Difference(
              Change.TRUNCATED,
              signed.path(),
              "is truncated: %d of %d bytes".formatted(found.size(), signed.size())));
      return;
    }
    differences.add(
        new Difference(
            Change.CHANGED,
            signed.path(),
            found.size() == signed.size()
                ? "was changed: its SHA-256 is %s where %s is signed"
                    .formatted(found.sha256(), signed.sha256())
                : "was changed: %d bytes where %d are signed"
                    .formatted(found.size(), signed.size())));
  }

  /// The key inside a release proves nothing, so it must not suggest another one.
  private void compareKey(@Nullable Path file, PublicKey key, List<Difference> differences) {
    String path = ReleaseManifest.KEY_FILE;
    if (file == null) {
      String other = others.get(path);
      differences.add(
          other == null
              ? new Difference(Change.REMOVED, path, "was removed")
              : new Difference(Change.NOT_A_FILE, path, "is now " + other));
      return;
    }
    byte[] expected = KeyFiles.pem(key).getBytes(StandardCharsets.US_ASCII);
    byte[] found;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      found = in.readNBytes(expected.length + 1);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    if (!Arrays.equals(found, expected)) {
      differences.add(
          new Difference(
              Change.CHANGED, path, "was changed: it is not the key that signed the release"));
    }
  }

  private static Entry entry(String path, Path file) {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    long size = 0;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        size += n;
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return new Entry(path, size, Sha256.hex(digest.digest()));
  }

  /// Sorts what the walk meets into files and others.
  private final class Visitor extends SimpleFileVisitor<Path> {
    static final String EMPTY_FOLDER = "an empty folder";

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String path = relative(file);
      if (attributes.isRegularFile()) {
        files.put(path, file);
      } else {
        others.put(path, attributes.isSymbolicLink() ? "a symbolic link" : "a special file");
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      if (!visited.equals(folder)) {
        try (var inside = Files.newDirectoryStream(visited)) {
          if (!inside.iterator().hasNext()) {
            others.put(relative(visited) + "/", EMPTY_FOLDER);
          }
        }
      }
      return FileVisitResult.CONTINUE;
    }

    private String relative(Path file) {
      StringJoiner path = new StringJoiner("/");
      folder.relativize(file).forEach(name -> path.add(name.toString()));
      return path.toString();
    }
  }
}
