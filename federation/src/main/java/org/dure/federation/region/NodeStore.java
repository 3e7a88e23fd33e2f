package org.dure.federation.region;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.wire.PartialChunks;

/// What a region keeps of a study, so that nothing done is done again: everything appears whole or
/// not at all.
///
/// ```
/// cache/            chunks that came from the hub; partial/ has what came of those that broke off
/// preparation.bin   the region's part of the common preparation
/// rounds/000005/    the newest finished round: round.json, delta.bin, workload/; of the two before
///                   it no delta.bin
/// ahead/            training on since that round: ahead.json, moved.bin, workload/
/// hub.json          how far the region has seen the hub's log
/// scores.json       after the last merge
/// finished.json     after the hub has the scores
/// exports.jsonl     see [ExportLog]
/// secret/           see [SecretStore]
/// ```
public final class NodeStore {
  /// How many rounds' states are kept, the newest included: with the two before it a region works
  /// the last merge again, when that is taken back, as if it had never been.
  private static final int STATES = 3;

  private static final String AHEAD = "ahead";
  private static final String DELTA = "delta.bin";

  /// A round that was worked on to its end.
  ///
  /// @param study digest of the study
  /// @param base digest of the list of the weights that it started from
  /// @param delta list of the fragments in `delta.bin`
  public record Done(
      String study,
      int round,
      String base,
      FragmentList delta,
      long weight,
      Map<String, Double> metrics) {}

  /// @param round the last one
  /// @param base digest of the list of the weights that were measured
  record Measured(String study, int round, String base, Map<String, Double> scores) {}

  /// What was trained on after a round.
  ///
  /// @param study digest of the study
  /// @param round after which
  /// @param steps local ones
  /// @param weight that they add
  record Ahead(String study, int round, int steps, long weight) {
    static final Ahead NONE = new Ahead("", 0, 0, 0);
  }

  /// How far the region has seen the hub's log.
  ///
  /// @param study digest of the study
  /// @param number the highest event; 0 for none
  /// @param head digest of that event
  /// @param proof what the hub said with it, see `LogHeadMac`; empty where there was none yet
  /// @param common digest of the list of the common preparation that the region works with; empty
  ///     for none yet
  /// @param told where the study was said to be
  public record Seen(
      String study,
      long number,
      String head,
      @Json.Lenient String proof,
      String common,
      @Json.Lenient Told told) {
    // Folders from before there were these.
    public Seen {
      proof = Objects.requireNonNullElse(proof, "");
      told = Objects.requireNonNullElse(told, Told.NOTHING);
    }

    static Seen nothing(String study) {
      return new Seen(study, 0, Sha256.NONE, "", "", Told.NOTHING);
    }
  }

  /// What the hub has said of rounds.
  ///
  /// @param round the newest; 0 before the first
  /// @param takenBack which count no more
  public record Told(int round, TakenBack takenBack) {
    static final Told NOTHING = new Told(0, TakenBack.NONE);
  }

  private final Path folder;
  private final Path rounds;
  private final FolderArtifactStore cache;
  private final PartialChunks partialChunks;

  public NodeStore(Path folder) {
    this.folder = folder;
    this.rounds = folder.resolve("rounds");
    this.cache = new FolderArtifactStore(folder.resolve("cache"));
    this.partialChunks =
        new PartialChunks(
            folder.resolve("cache").resolve("partial"), cache, FolderArtifactStore.Durability.LAZY);
  }

  /// What it keeps for secret sums.
  SecretStore secret() {
    return new SecretStore(folder.resolve("secret"));
  }

  public ArtifactStore cache() {
    return cache;
  }

  /// Where chunks for the cache come in.
  public PartialChunks partialChunks() {
    return partialChunks;
  }

  /// The newest round that was finished.
  public Optional<Done> newest() {
    Optional<Path> newest = roundFolders().stream().reduce((first, second) -> second);
    return newest.map(path -> Json.read(path.resolve("round.json"), Done.class));
  }

  /// The newest finished round, of those whose state is kept, that counts.
  Optional<Done> newestStanding(TakenBack takenBack) {
    return roundFolders().reversed().stream()
        .map(path -> Json.read(path.resolve("round.json"), Done.class))
        .filter(done -> !takenBack.contains(done.round))
        .findFirst();
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

  /// Keeps a finished round with the workload's state after it; of the rounds before only the
  /// states of the newest that count stay.
  void keep(Done done, MemorySegment delta, Workload workload, TakenBack takenBack) {
    AtomicFiles.folder(
        folder(done.round),
        part -> {
          write(part.resolve(DELTA), delta, done.delta);
          workload.save(PrivateFiles.createFolder(part.resolve("workload")));
          PrivateFiles.write(part.resolve("round.json"), Json.bytes(done));
        });
    int states = 1;
    for (Path old : roundFolders().reversed()) {
      if (old.equals(folder(done.round))) {
        continue;
      }
      int round = Integer.parseInt(String.valueOf(old.getFileName()));
      if (states < STATES && !takenBack.contains(round)) {
        states++;
        AtomicFiles.delete(old.resolve(DELTA));
      } else {
        AtomicFiles.delete(old);
      }
    }
    AtomicFiles.delete(folder.resolve(AHEAD));
  }

  /// What was trained on after the newest finished round.
  Optional<Ahead> ahead(Done newest) {
    Path file = folder.resolve(AHEAD).resolve("ahead.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Ahead ahead = Json.read(file, Ahead.class);
    return ahead.round == newest.round && ahead.study.equals(newest.study)
        ? Optional.of(ahead)
        : Optional.empty();
  }

  /// What changed in it: where the workload stood minus where it stands.
  Weights moved(Ahead unused, TensorLayout layout) {
    return weights(folder.resolve(AHEAD).resolve("moved.bin"), layout);
  }

  /// The delta of a finished round.
  Weights delta(Done done, TensorLayout layout) {
    return weights(folder(done.round).resolve(DELTA), layout);
  }

  private static Weights weights(Path file, TensorLayout layout) {
    Weights weights = Weights.allocate(layout, Arena.ofAuto());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long bytes = weights.values().byteSize();
      for (long at = 0; at < bytes; ) {
        long length = Math.min(bytes - at, 1 << 20);
        int count = channel.read(weights.values().asSlice(at, length).asByteBuffer(), at);
        if (count < 0) {
          throw new IOException("the file ends at %d".formatted(at));
        }
        at += count;
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return weights;
  }

  Path aheadWorkload() {
    return folder.resolve(AHEAD).resolve("workload");
  }

  /// Keeps what was trained on, with the workload's state after it.
  void keepAhead(Ahead ahead, Weights moved, Workload workload) {
    AtomicFiles.folder(
        folder.resolve(AHEAD),
        part -> {
          try (FileChannel channel =
              PrivateFiles.open(
                  part.resolve("moved.bin"),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE)) {
            long bytes = moved.values().byteSize();
            for (long at = 0; at < bytes; ) {
              long length = Math.min(bytes - at, 1 << 20);
              at += channel.write(moved.values().asSlice(at, length).asByteBuffer());
            }
          }
          workload.save(PrivateFiles.createFolder(part.resolve("workload")));
          PrivateFiles.write(part.resolve("ahead.json"), Json.bytes(ahead));
        });
  }

  /// How far the region has seen the hub's log of this study.
  public Seen seen(String study) {
    Path file = folder.resolve("hub.json");
    if (!Files.exists(file)) {
      return Seen.nothing(study);
    }
    Seen seen = Json.read(file, Seen.class);
    return seen.study.equals(study) ? seen : Seen.nothing(study);
  }

  public void keepSeen(Seen seen) {
    AtomicFiles.write(folder.resolve("hub.json"), Json.bytes(seen));
  }

  private static void write(Path file, MemorySegment values, FragmentList list) throws IOException {
    try (FileChannel channel =
        PrivateFiles.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
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
    Path file = folder(done.round).resolve(DELTA);
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
    AtomicFiles.requireFile(file);
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

  /// Forgets the measures: the study went back.
  void forgetMeasured() {
    AtomicFiles.delete(folder.resolve("finished.json"));
    AtomicFiles.delete(folder.resolve("scores.json"));
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
}
