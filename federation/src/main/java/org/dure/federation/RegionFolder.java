package org.dure.federation;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Json;
import org.dure.core.Workload;

/// What a region keeps of a study, so that nothing done is done again: everything appears whole or
/// not at all.
///
/// ```
/// cache/            chunks that came from the hub; partial/ has what came of those that broke off
/// preparation.bin   the region's part of the common preparation
/// rounds/000005/    the newest finished round: round.json, delta.bin, workload/
/// scores.json       after the last merge
/// finished.json     after the hub has the scores
/// exports.jsonl     see [ExportLog]
/// ```
final class RegionFolder {
  /// A round that was worked on to its end.
  ///
  /// @param study digest of the study
  /// @param base digest of the list of the weights that it started from
  /// @param delta list of the fragments in `delta.bin`
  record Done(
      String study,
      int round,
      String base,
      FragmentList delta,
      long weight,
      Map<String, Double> metrics) {}

  /// @param base digest of the list of the weights that were measured
  record Measured(String study, String base, Map<String, Double> scores) {}

  private final Path folder;
  private final Path rounds;
  private final FolderArtifactStore cache;
  private final Arrivals arrivals;

  RegionFolder(Path folder) {
    this.folder = folder;
    this.rounds = folder.resolve("rounds");
    this.cache = new FolderArtifactStore(folder.resolve("cache"));
    this.arrivals =
        new Arrivals(
            folder.resolve("cache").resolve("partial"), cache, FolderArtifactStore.Durability.LAZY);
  }

  ArtifactStore cache() {
    return cache;
  }

  /// Where chunks for the cache come in.
  Arrivals arrivals() {
    return arrivals;
  }

  /// The newest round that was finished.
  Optional<Done> newest() {
    Optional<Path> newest = roundFolders().stream().reduce((first, second) -> second);
    return newest.map(path -> Json.read(path.resolve("round.json"), Done.class));
  }

  private List<Path> roundFolders() {
    if (!Files.isDirectory(rounds)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(rounds)) {
      return paths
          .filter(path -> String.valueOf(path.getFileName()).matches("[0-9]{6,}"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", rounds, e);
    }
  }

  private Path folder(int round) {
    return rounds.resolve("%06d".formatted(round));
  }

  Path workload(int round) {
    return folder(round).resolve("workload");
  }

  /// Keeps a finished round with the workload's state after it, then forgets the rounds before.
  void keep(Done done, MemorySegment delta, Workload workload) {
    AtomicFiles.folder(
        folder(done.round),
        part -> {
          write(part.resolve("delta.bin"), delta, done.delta);
          Files.createDirectory(part.resolve("workload"));
          workload.save(part.resolve("workload"));
          Files.write(part.resolve("round.json"), Json.bytes(done));
        });
    for (Path old : roundFolders()) {
      if (!old.equals(folder(done.round))) {
        AtomicFiles.delete(old);
      }
    }
  }

  private static void write(Path file, MemorySegment values, FragmentList list) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < list.fragments().size(); i++) {
        ByteBuffer bytes = ByteBuffer.wrap(Fragments.slice(values, list, i));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    }
  }

  /// Fragment `index` of the delta of a finished round.
  byte[] fragment(Done done, int index) {
    Path file = folder(done.round).resolve("delta.bin");
    ByteBuffer bytes = ByteBuffer.allocate(done.delta.length(index));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long at = done.delta.offset(index);
      while (bytes.hasRemaining()) {
        int count = channel.read(bytes, at + bytes.position());
        if (count < 0) {
          throw new IOException("the file ends at %d".formatted(at + bytes.position()));
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return bytes.array();
  }

  Optional<byte[]> preparation() {
    Path file = folder.resolve("preparation.bin");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  void keepPreparation(byte[] part) {
    AtomicFiles.write(folder.resolve("preparation.bin"), part);
  }

  Optional<Measured> measured() {
    return read("scores.json");
  }

  void keepMeasured(Measured measured) {
    AtomicFiles.write(folder.resolve("scores.json"), Json.bytes(measured));
  }

  /// What [#keepFinished] kept: the region has nothing more to do.
  Optional<Measured> finished() {
    return read("finished.json");
  }

  void keepFinished(Measured measured) {
    AtomicFiles.write(folder.resolve("finished.json"), Json.bytes(measured));
  }

  private Optional<Measured> read(String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Optional.of(Json.read(file, Measured.class)) : Optional.empty();
  }

  /// Whether [AtomicFiles] left it; what [Arrivals] keeps has no hidden name.
  private static boolean isLeftover(String name) {
    return name.startsWith(".") && name.endsWith(AtomicFiles.PART);
  }

  /// Removes what a killed process left half-written.
  static void sweep(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> parts;
    try (Stream<Path> paths = Files.walk(folder, 4)) {
      parts = paths.filter(path -> isLeftover(String.valueOf(path.getFileName()))).toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    parts.forEach(AtomicFiles::delete);
  }
}
