package org.dure.corpus.sample;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;

/// Distribution packages by name, from a cache folder or else through apt-get, for any user.
///
/// First the system's package lists are tried as they are. Where they are missing or stale, lists
/// of the system's own sources are made in `cache/apt`: apt is told by a configuration file to
/// keep its state and cache there, while its sources, keys and proxies stay the system's.
/// Downloads go to a folder aside; only a whole package of the right name is moved into
/// `cache/packages` and recorded with its digest in `cache/packages.json`. What is there but does
/// not match its digest is downloaded again. A lock file keeps two processes from using one cache
/// at once.
final class AptPackages {
  private static final Pattern CONTROL_FIELD = Pattern.compile("(?m)^(Package|Version): *(\\S+)$");

  private final Path cache;
  private final AptGet aptGet;
  private final SampleText.Listener listener;

  private AptPackages(Path cache, AptGet aptGet, SampleText.Listener listener) {
    this.cache = cache.toAbsolutePath().normalize();
    this.aptGet = aptGet;
    this.listener = listener;
  }

  static AptPackages of(Path cache, SampleText.Listener listener) {
    return of(cache, "apt-get", listener);
  }

  /// @param program name or path of apt-get
  static AptPackages of(Path cache, String program, SampleText.Listener listener) {
    return new AptPackages(cache, new AptGet(program, listener), listener);
  }

  /// A package that is there and whole.
  record Cached(Path file, String version, String sha256) {}

  /// An entry of `packages.json`.
  ///
  /// @param file name below `packages/`
  record Entry(String file, String version, String sha256, long bytes) {}

  /// `packages.json`.
  record Manifest(SequencedMap<String, Entry> packages) {}

  /// The packages, each verified by hash.
  ///
  /// @throws DureException [ErrorCode#TEXT_UNAVAILABLE] if one is neither cached nor to be had
  Map<String, Cached> obtain(List<String> names) {
    try {
      Path unused = PrivateFiles.createFolders(cache.resolve("packages"));
      PrivateFiles.prepare(cache.resolve("lock"));
    } catch (IOException e) {
      throw DureException.io("write", cache, e);
    }
    try (RandomAccessFile file = new RandomAccessFile(cache.resolve("lock").toFile(), "rw");
        FileLock lock = lock(file)) {
      SequencedMap<String, Entry> entries = entries();
      List<String> missing = names.stream().filter(name -> !whole(name, entries)).toList();
      if (!missing.isEmpty()) {
        download(missing, entries);
      }
      Map<String, Cached> cached = new LinkedHashMap<>();
      for (String name : names) {
        Entry entry = entries.get(name);
        if (entry == null || !lock.isValid()) {
          throw new DureException(ErrorCode.INTERNAL, name + " was not downloaded");
        }
        cached.put(name, new Cached(path(entry), entry.version(), entry.sha256()));
      }
      return cached;
    } catch (IOException e) {
      throw DureException.io("use", cache, e);
    }
  }

  private FileLock lock(RandomAccessFile file) throws IOException {
    FileLock free = file.getChannel().tryLock();
    if (free != null) {
      return free;
    }
    listener.message("another process uses " + cache + ": waiting for it");
    return file.getChannel().lock();
  }

  private Path path(Entry entry) {
    return cache.resolve("packages").resolve(entry.file());
  }

  private SequencedMap<String, Entry> entries() {
    Path file = cache.resolve("packages.json");
    if (!Files.exists(file)) {
      return new TreeMap<>();
    }
    try {
      return new TreeMap<>(Json.read(file, Manifest.class).packages());
    } catch (DureException | NullPointerException e) {
      listener.message(file + " is damaged: the packages are downloaded again");
      return new TreeMap<>();
    }
  }

  private boolean whole(String name, Map<String, Entry> entries) {
    Entry entry = entries.get(name);
    if (entry == null || !entry.file().equals(name + ".deb")) {
      return false;
    }
    Path file = path(entry);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    boolean whole = Sha256.of(file).equals(entry.sha256());
    if (!whole) {
      listener.message(
          file + " is not what was downloaded (its SHA-256 differs): downloading it again");
    }
    return whole;
  }

  private void download(List<String> names, SequencedMap<String, Entry> entries)
      throws IOException {
    clearLeftovers();
    Path aside = Files.createTempDirectory(cache, "downloading-");
    try {
      fetch(names, aside);
      for (String name : names) {
        entries.put(name, admit(name, aside));
      }
      AtomicFiles.write(cache.resolve("packages.json"), Json.pretty(new Manifest(entries)));
    } finally {
      AtomicFiles.delete(aside);
    }
  }

  private void clearLeftovers() throws IOException {
    List<Path> leftovers;
    try (Stream<Path> files = Files.list(cache)) {
      leftovers = files.filter(f -> f.getFileName().toString().startsWith("downloading-")).toList();
    }
    leftovers.forEach(AtomicFiles::delete);
  }

  private void fetch(List<String> names, Path aside) throws IOException {
    String what = String.join(", ", names);
    listener.message("downloading " + what + " through apt-get");
    Path system = cache.resolve("apt/system.conf");
    AtomicFiles.write(system, AptGet.configuration(aptGet.asRoot()));
    List<String> download = new ArrayList<>(List.of("download"));
    download.addAll(names);
    AptGet.Outcome first = aptGet.run(system, aside, "downloading", download);
    if (first.succeeded()) {
      return;
    }
    listener.message("the system's package lists do not do: making private ones");
    Path state = cache.resolve("apt/state");
    Path unusedLists = PrivateFiles.createFolders(state.resolve("lists/partial"));
    Path unused = PrivateFiles.createFolders(cache.resolve("apt/cache/archives/partial"));
    Path own = cache.resolve("apt/private.conf");
    AtomicFiles.write(own, AptGet.configuration(aptGet.asRoot(), cache.resolve("apt")));
    AptGet.Outcome update = aptGet.run(own, aside, "package lists", List.of("update"));
    AptGet.Outcome second = aptGet.run(own, aside, "downloading", download);
    if (!second.succeeded()) {
      String lists = update.errors().isBlank() ? "" : "; package lists: " + update.errors();
      throw new DureException(
          ErrorCode.TEXT_UNAVAILABLE,
          "cannot obtain %s: %s%s. Expected a network, or text of your own (--text ko=DIR)"
              .formatted(what, second.errors(), lists));
    }
  }

  private Entry admit(String name, Path aside) throws IOException {
    Path found;
    try (Stream<Path> files = Files.list(aside)) {
      found =
          files
              .filter(file -> file.getFileName().toString().startsWith(name + "_"))
              .filter(file -> file.getFileName().toString().endsWith(".deb"))
              .findFirst()
              .orElseThrow(
                  () ->
                      new DureException(
                          ErrorCode.TEXT_UNAVAILABLE,
                          "apt-get said that it downloaded %s, but no file of that name is there"
                              .formatted(name)));
    }
    Map<String, String> control = control(found);
    if (!name.equals(control.get("Package"))) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s says that it is %s: expected %s"
              .formatted(found.getFileName(), control.get("Package"), name));
    }
    String version = control.getOrDefault("Version", "unknown");
    Entry entry = new Entry(name + ".deb", version, Sha256.of(found), Files.size(found));
    Files.move(
        found, path(entry), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return entry;
  }

  /// The fields `Package` and `Version` of a package file, which is read to its end.
  private static Map<String, String> control(Path file) {
    Map<String, String> fields = new LinkedHashMap<>();
    DebianPackage.read(
        file,
        new DebianPackage.Visitor() {
          @Override
          public boolean wants(String member, String name) {
            return member.equals("control") && name.equals("control");
          }

          @Override
          public void file(String member, String name, byte[] content) {
            Matcher matcher = CONTROL_FIELD.matcher(new String(content, StandardCharsets.UTF_8));
            while (matcher.find()) {
              fields.putIfAbsent(matcher.group(1), matcher.group(2));
            }
          }
        });
    return fields;
  }
}
