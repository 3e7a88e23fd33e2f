package org.dure.provenance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Sha256;
import org.dure.provenance.ReleaseManifest.Change;
import org.dure.provenance.ReleaseManifest.Copies;
import org.dure.provenance.ReleaseManifest.Difference;
import org.dure.provenance.ReleaseManifest.Entry;
import org.jspecify.annotations.Nullable;

/// What lies in a release's folder: the files, and everything that is none.
///
/// To sign, nothing but files is allowed. To verify, a link counts as what it leads to where a file
/// is signed; nothing else follows one.
final class ReleaseFolder {
  private static final Comparator<String> BY_UTF_8 =
      Comparator.comparing(path -> path.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);
  private static final int MOST_NAME_BYTES = 255;
  private static final int MOST_ENTRIES = 100_000;

  /// What git, model hubs and desktops put beside files, which nothing that uses a model reads.
  private static final Set<String> CARRIERS =
      Set.of(
          ".git",
          ".gitattributes",
          ".gitignore",
          ".gitmodules",
          ".lfsconfig",
          ".cache",
          ".huggingface",
          ".DS_Store");

  private final Path folder;
  private final SequencedMap<String, Path> files = new TreeMap<>(BY_UTF_8);

  /// What is neither a file nor a folder with something in it, with what it is.
  private final SequencedMap<String, String> others = new TreeMap<>(BY_UTF_8);

  /// The links among the others.
  private final Set<String> links = new HashSet<>();

  /// Signed files that were found behind links, and names of [#CARRIERS] beside the signed files:
  /// known once [#differences] has looked.
  private int linked;

  private final SequencedSet<String> carriers = new TreeSet<>(BY_UTF_8);

  private ReleaseFolder(Path folder) {
    this.folder = folder;
  }

  /// Lists a folder without following links.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING] if it is no folder
  static ReleaseFolder list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING, "%s is not the folder of a release".formatted(folder));
    }
    try {
      ReleaseFolder found = new ReleaseFolder(folder.toRealPath());
      Files.walkFileTree(found.folder, found.new Visitor(found.folder, ""));
      return found;
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// Where the release is, if `manifest` is missing because its folder is the cache of a model hub;
  /// nothing otherwise.
  static String elsewhere(Path manifest) {
    Path snapshots = manifest.resolveSibling("snapshots");
    if (!Files.isDirectory(snapshots)) {
      return "";
    }
    try (Stream<Path> revisions = Files.list(snapshots)) {
      return revisions
          .filter(revision -> Files.isRegularFile(revision.resolve(ReleaseManifest.MANIFEST_FILE)))
          .sorted()
          .findFirst()
          .map("; this is the cache of a model hub, the release in it is %s"::formatted)
          .orElse("");
    } catch (IOException e) {
      throw DureException.io("read", snapshots, e);
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
      entries.add(FileContent.entry(path, file.getValue()));
    }
    if (entries.isEmpty()) {
      throw new DureException(ErrorCode.INPUT_EMPTY, folder + " holds no file to sign");
    }
    return entries;
  }

  /// Every difference from a manifest, by path.
  ///
  /// @param copies gets the bytes of the signed files
  List<Difference> differences(ReleaseManifest manifest, PublicKey key, Copies copies) {
    List<Difference> differences = new ArrayList<>();
    SortedSet<String> signed = new TreeSet<>(BY_UTF_8);
    for (Entry entry : manifest.files()) {
      signed.add(entry.path());
      compare(entry, copies, differences);
    }
    for (String link : List.copyOf(links)) {
      listBehind(link, signed);
    }
    signed.addAll(List.of(ReleaseManifest.MANIFEST_FILE, ReleaseManifest.KEY_FILE));
    compareKey(key, differences);
    files.keySet().stream()
        .filter(path -> !signed.contains(path) && !isCarried(path))
        .map(path -> new Difference(Change.ADDED, path, "was added: it is not signed"))
        .forEach(differences::add);
    others.forEach(
        (path, what) -> {
          if (!signed.contains(path) && !leadsTo(signed, path) && !isCarried(path)) {
            differences.add(
                new Difference(
                    what.equals(Visitor.EMPTY_FOLDER) ? Change.ADDED : Change.NOT_A_FILE,
                    path,
                    "was added: %s, which is not signed".formatted(what)));
          }
        });
    differences.sort(Comparator.comparing(Difference::path, BY_UTF_8));
    return differences;
  }

  /// Whether it is a link through which signed files are read.
  private boolean leadsTo(SortedSet<String> signed, String path) {
    SortedSet<String> from = signed.tailSet(path + "/");
    return links.contains(path) && !from.isEmpty() && from.first().startsWith(path + "/");
  }

  /// Whether it is, or lies in, what git or a hub put here; notes it.
  private boolean isCarried(String path) {
    int end = 0;
    for (String name : path.split("/", -1)) {
      end += name.length();
      if (CARRIERS.contains(name)) {
        carriers.add(path.substring(0, end));
        return true;
      }
      end++;
    }
    return false;
  }

  /// What [#differences] saw that is none.
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (linked > 0) {
      remarks.add(
          "%d files are symbolic links, as in the cache of a model hub: what they lead to was checked"
              .formatted(linked));
    }
    if (!carriers.isEmpty()) {
      remarks.add(
          "beside the signed files, not signed and not used: "
              + String.join(", ", carriers.stream().map(Printable::line).toList()));
    }
    return remarks;
  }

  /// Refuses the files of a manifest that is signed but cannot be that of a release.
  static void checkSigned(List<Entry> files) {
    String previous = null;
    for (Entry file : files) {
      checkPortable(file.path());
      if (isOwn(file.path()) || !Sha256.isDigest(file.sha256())) {
        throw Cbor.malformed(
            "file \"%s\" cannot be signed so".formatted(Printable.line(file.path())));
      }
      if (previous != null && BY_UTF_8.compare(previous, file.path()) >= 0) {
        throw Cbor.malformed("file \"%s\" is out of order".formatted(Printable.line(file.path())));
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
              || name.codePoints().anyMatch(c -> c == '\\' || c == ':' || c == 0xfffd)
              || !Printable.isLine(name);
      if (strange) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "\"%s\" is not a name for a file of a release; expected relative names of up to 255"
                    .formatted(Printable.line(path))
                + " bytes without control characters, colon or backslash");
      }
    }
  }

  /// Opens the file once and reads no more of it than was signed: one that is longer or shorter is
  /// another, whatever is in it.
  private void compare(Entry signed, Copies copies, List<Difference> differences) {
    Path file = folder.resolve(signed.path());
    if (!isThere(signed.path(), file, differences)) {
      return;
    }
    Entry found;
    boolean pointer;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      pointer = FileContent.isPointer(channel);
      found = FileContent.compared(signed, channel, copies);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    if (found.equals(signed)) {
      return;
    }
    if (pointer) {
      differences.add(
          new Difference(
              Change.CHANGED,
              signed.path(),
              "is not there: a pointer of Git LFS stands for it; git lfs pull fetches it"));
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

  /// Whether there is a file, behind links or not; notes what there is instead.
  private boolean isThere(String path, Path file, List<Difference> differences) {
    if (files.containsKey(path) && Files.isRegularFile(file)) {
      return true;
    }
    if (isBehindLink(path) && Files.isRegularFile(file)) {
      linked++;
      return true;
    }
    String what = others.get(path);
    if (links.contains(path)) {
      what = "a symbolic link to %s, which is no file".formatted(target(file));
    } else if (what == null && Files.isDirectory(file)) {
      what = "a folder";
    }
    differences.add(
        what == null
            ? new Difference(Change.REMOVED, path, "was removed: it is signed, but gone")
            : new Difference(Change.NOT_A_FILE, path, "is now " + what));
    return false;
  }

  private boolean isBehindLink(String path) {
    for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (links.contains(path.substring(0, end))) {
        return true;
      }
    }
    return links.contains(path);
  }

  private static String target(Path link) {
    try {
      return Printable.line(Files.readSymbolicLink(link).toString());
    } catch (IOException e) {
      throw DureException.io("read", link, e);
    }
  }

  /// Lists what lies in a folder behind a link through which signed files are read: what was added
  /// there is as much in the release as what was added elsewhere.
  private void listBehind(String link, SortedSet<String> signed) {
    Path behind = folder.resolve(link);
    if (!leadsTo(signed, link) || !Files.isDirectory(behind)) {
      return;
    }
    Set<String> before = Set.copyOf(links);
    try {
      Files.walkFileTree(behind.toRealPath(), new Visitor(behind.toRealPath(), link + "/"));
    } catch (IOException e) {
      throw DureException.io("read", behind, e);
    }
    // Of these only those that lead to signed files are looked behind, so this comes to an end.
    List<String> further = links.stream().filter(one -> !before.contains(one)).toList();
    further.forEach(one -> listBehind(one, signed));
  }

  /// The key inside a release proves nothing, so it must not suggest another one.
  private void compareKey(PublicKey key, List<Difference> differences) {
    String path = ReleaseManifest.KEY_FILE;
    Path file = folder.resolve(path);
    if (!isThere(path, file, differences)) {
      return;
    }
    byte[] expected = KeyFiles.pem(key).getBytes(StandardCharsets.US_ASCII);
    byte[] found;
    try (InputStream in = Files.newInputStream(file)) {
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

  /// Sorts what the walk meets into files and others.
  private final class Visitor extends SimpleFileVisitor<Path> {
    static final String EMPTY_FOLDER = "an empty folder";

    private final Path start;
    private final String prefix;

    /// @param prefix of what is found, within the release
    Visitor(Path start, String prefix) {
      this.start = start;
      this.prefix = prefix;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String path = relative(file);
      if (files.size() + others.size() == MOST_ENTRIES) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s holds more than %d files: no release".formatted(folder, MOST_ENTRIES));
      }
      if (attributes.isRegularFile()) {
        files.put(path, file);
      } else if (attributes.isSymbolicLink()) {
        links.add(path);
        others.put(path, "a symbolic link");
      } else {
        others.put(path, "a special file");
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      if (!visited.equals(start)) {
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
      start.relativize(file).forEach(name -> path.add(name.toString()));
      return prefix + path;
    }
  }
}
