package org.dure.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The folder that every arrow of the data's path writes: `config.toml` (resolved), `manifest.json`
/// (inputs and outputs by hash, software, hardware), and the outputs.
///
/// A stage runs only if the manifest does not already say that these inputs with this configuration
/// gave what lies there. The folder appears whole or not at all; one process at a time makes it,
/// and what a killed one left half-written beside it is removed by the next.
public final class RunFolder {
  private static final String MANIFEST = "manifest.json";

  private RunFolder() {}

  /// What made a run folder.
  ///
  /// @param stage verb, e.g. `corpus build`
  /// @param configuration digest of `config.toml`
  /// @param inputs digest by name
  /// @param outputs digest by path relative to the folder
  /// @param software versions by name
  /// @param hardware cores, memory, architecture
  public record Manifest(
      String stage,
      String configuration,
      SequencedMap<String, String> inputs,
      SequencedMap<String, String> outputs,
      Map<String, String> software,
      Map<String, String> hardware) {}

  /// Runs `stage` unless `folder` already holds its outcome.
  ///
  /// @param configuration the resolved configuration as TOML
  /// @param inputs digest by name of everything the outcome depends on
  /// @param filling writes the outputs into the folder it is handed
  /// @return whether anything had to be done
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if the folder holds files but no
  ///     manifest, [ErrorCode#HOME_IN_USE] if another process is making it
  public static boolean run(
      Path folder,
      String stage,
      String configuration,
      Map<String, String> inputs,
      AtomicFiles.Filling filling) {
    String digest = Sha256.of(configuration.getBytes(StandardCharsets.UTF_8));
    SequencedMap<String, String> sortedInputs = new TreeMap<>(inputs);
    if (!AtomicFiles.hasLeftovers(folder) && holds(folder, stage, digest, sortedInputs)) {
      return false;
    }
    refuseForeign(folder);
    try (OutputLock _ = OutputLock.of(folder)) {
      AtomicFiles.sweepBeside(folder);
      if (holds(folder, stage, digest, sortedInputs)) {
        return false;
      }
      AtomicFiles.folder(
          folder,
          part -> {
            filling.fill(part);
            PrivateFiles.write(part.resolve("config.toml"), configuration);
            Manifest manifest =
                new Manifest(stage, digest, sortedInputs, digests(part), software(), hardware());
            PrivateFiles.write(part.resolve(MANIFEST), Json.pretty(manifest));
          });
      return true;
    }
  }

  /// Refuses what is no earlier outcome: what a person keeps somewhere is not replaced because of a
  /// mistyped `--out`. [#run] does this itself; a stage that costs much before asks first.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if `folder` is a file, or holds files but
  ///     no manifest
  public static void refuseForeign(Path folder) {
    if (!Files.exists(folder) || Files.isRegularFile(folder.resolve(MANIFEST))) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new DureException(ErrorCode.HOME_CONFLICT, folder + " is a file: expected a folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "%s holds something that is no outcome of dure (it has no %s): it is not replaced"
                .formatted(folder, MANIFEST));
      }
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// Whether the folder is the whole outcome of that stage, inputs and configuration. Outputs are
  /// checked by hash.
  private static boolean holds(
      Path folder, String stage, String configuration, SequencedMap<String, String> inputs) {
    Path file = folder.resolve(MANIFEST);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    Manifest manifest;
    try {
      manifest = Json.read(file, Manifest.class);
    } catch (DureException e) {
      return false;
    }
    return manifest.stage().equals(stage)
        && manifest.configuration().equals(configuration)
        && manifest.inputs().equals(inputs)
        && manifest.outputs().entrySet().stream()
            .allMatch(
                output -> {
                  Path path = folder.resolve(output.getKey());
                  return Files.isRegularFile(path) && Sha256.of(path).equals(output.getValue());
                });
  }

  /// The manifest of a folder.
  public static Manifest manifest(Path folder) {
    return Json.read(folder.resolve(MANIFEST), Manifest.class);
  }

  /// Digest of every file below a folder, by relative path with `/`, sorted.
  public static SequencedMap<String, String> digests(Path folder) {
    SequencedMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        digests.put(folder.relativize(file).toString().replace('\\', '/'), Sha256.of(file));
      }
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    return digests;
  }

  private static Map<String, String> software() {
    Map<String, String> software = new TreeMap<>();
    software.put("dure", Version.TEXT);
    software.put("java", System.getProperty("java.vm.version", "unknown"));
    software.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    return software;
  }

  private static Map<String, String> hardware() {
    Map<String, String> hardware = new TreeMap<>();
    hardware.put("architecture", System.getProperty("os.arch", "unknown"));
    hardware.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    return hardware;
  }

  /// The right to make one folder, held by one process at a time: a lock on `.NAME.lock` beside it,
  /// which is there only meanwhile. The operating system lets go of it when the process ends,
  /// however it ends; the file that a killed one leaves is taken over.
  private static final class OutputLock implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private OutputLock(Path file, FileChannel channel) {
      this.file = file;
      this.channel = channel;
    }

    /// @throws DureException with [ErrorCode#HOME_IN_USE] if another process, or another thread of
    ///     this one, makes the folder
    static OutputLock of(Path folder) {
      Path absolute = folder.toAbsolutePath();
      Path file = absolute.resolveSibling("." + absolute.getFileName() + ".lock");
      try {
        AtomicFiles.createFolder(AtomicFiles.parent(absolute));
        while (true) {
          FileChannel channel = taken(file);
          if (channel == null) {
            throw new DureException(
                ErrorCode.HOME_IN_USE, "another process is making %s".formatted(folder));
          }
          if (isStillThere(file, channel)) {
            return new OutputLock(file, channel);
          }
          channel.close();
        }
      } catch (IOException e) {
        throw DureException.io("make", folder, e);
      }
    }

    @SuppressWarnings("resource")
    private static @Nullable FileChannel taken(Path file) throws IOException {
      FileChannel channel =
          PrivateFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() != null) {
          return channel;
        }
      } catch (OverlappingFileLockException e) {
        channel.close();
        return null;
      }
      channel.close();
      return null;
    }

    /// Whoever held the lock before may have deleted the file between its being opened and locked
    /// here: then this is a lock on nothing, and another process may have made the file anew.
    private static boolean isStillThere(Path file, FileChannel channel) throws IOException {
      byte[] mark = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(mark), 0);
      try {
        return Arrays.equals(Files.readAllBytes(file), mark);
      } catch (NoSuchFileException e) {
        return false;
      }
    }

    @Override
    public void close() {
      try (channel) {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw DureException.io("unlock", file, e);
      }
    }
  }
}
