package org.dure.app.release;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.dure.console.ConsoleExtras;
import org.dure.console.ConsoleExtras.Verification;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.Sha256;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;

/// The releases of a folder as the console shows and hands them out, each checked again whenever
/// one of its files is another. Thread-safe.
public final class ShownReleases {
  private final Path folder;
  private final @Nullable Path trust;
  private final String study;
  private final IntPredicate takenBack;
  private final Map<Path, Checked> known = new ConcurrentHashMap<>();

  /// One that was looked at.
  ///
  /// @param stamp sizes and times of its files then
  /// @param lastRound of the study whose console this is, as its ledger says
  private record Checked(
      String stamp, ConsoleExtras.Release release, Optional<Integer> lastRound) {}

  /// @param folder of releases, which need not be there yet
  /// @param trust whose keys the operator has named, as [Trust#of] reads it; null for nobody's
  /// @param study digest of the one that is shown
  /// @param takenBack whether a round of it was taken back
  public ShownReleases(Path folder, @Nullable Path trust, String study, IntPredicate takenBack) {
    this.folder = folder;
    this.trust = trust;
    this.study = study;
    this.takenBack = takenBack;
  }

  /// What lies there now, ordered by name.
  public List<ConsoleExtras.Release> now() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(folder)) {
      return folders
          .filter(Releases::isRelease)
          .sorted()
          .map(release -> marked(checked(release)))
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// What stood when it was made the study may have taken back since.
  private ConsoleExtras.Release marked(Checked checked) {
    ConsoleExtras.Release release = checked.release;
    boolean stands =
        release.verification() == Verification.CHANGED
            || checked.lastRound.filter(takenBack::test).isEmpty();
    return stands
        ? release
        : new ConsoleExtras.Release(
            release.name(), release.folder(), Verification.TAKEN_BACK, release.files());
  }

  private Checked checked(Path release) {
    String stamp = stamp(release);
    return known.compute(
        release,
        (path, before) ->
            before != null && before.stamp.equals(stamp)
                ? before
                : new Checked(stamp, look(path), lastRound(path)));
  }

  private Optional<Integer> lastRound(Path release) {
    try {
      return Releases.lastRound(release, study);
    } catch (DureException e) {
      // What is wrong with its ledger the check of the release says.
      return Optional.empty();
    }
  }

  private String stamp(Path release) {
    StringBuilder stamp = new StringBuilder();
    try (Stream<Path> files = Files.walk(release)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        stamp.append(file).append(now.size()).append(now.lastModifiedTime()).append(now.fileKey());
      }
      if (trust != null && Files.exists(trust)) {
        stamp.append(Files.getLastModifiedTime(trust));
      }
    } catch (IOException e) {
      throw DureException.io("read", release, e);
    }
    return Sha256.of(stamp.toString().getBytes(StandardCharsets.UTF_8));
  }

  private ConsoleExtras.Release look(Path release) {
    String name = release.getFileName().toString();
    try {
      PublicKey key = Releases.ownKey(release);
      ReleaseManifest.Verification verification = ReleaseManifest.verify(release, key);
      if (verification.differences().isEmpty()) {
        return new ConsoleExtras.Release(
            name,
            release,
            isTrusted(key) ? Verification.VERIFIED : Verification.SELF_SIGNED,
            files(release, verification.manifest()));
      }
    } catch (DureException e) {
      // What cannot be checked is shown as what it is not: whole.
      return new ConsoleExtras.Release(name, release, Verification.CHANGED, List.of());
    }
    return new ConsoleExtras.Release(name, release, Verification.CHANGED, List.of());
  }

  private boolean isTrusted(PublicKey key) {
    try {
      return trust != null && Files.exists(trust) && Trust.of(trust).name(key).isPresent();
    } catch (DureException e) {
      // Somebody is at work on it: until it can be read it names nobody.
      return false;
    }
  }

  private static List<ConsoleExtras.File> files(Path release, ReleaseManifest manifest) {
    List<ConsoleExtras.File> files = new ArrayList<>();
    for (ReleaseManifest.Entry file : manifest.files()) {
      files.add(new ConsoleExtras.File(file.path(), file.size(), file.sha256()));
    }
    for (String own : List.of(ReleaseManifest.MANIFEST_FILE, ReleaseManifest.KEY_FILE)) {
      byte[] bytes = AtomicFiles.read(release.resolve(own), ReleaseManifest.MOST_MANIFEST_BYTES);
      files.add(new ConsoleExtras.File(own, bytes.length, Sha256.of(bytes)));
    }
    return files;
  }
}
