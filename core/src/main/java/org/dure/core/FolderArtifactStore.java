package org.dure.core;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// An [ArtifactStore] in a folder: one file an artifact, `ab/cdef...`, named by its digest. What is
/// being written lies in the folder itself, so that leftovers are found without a look at every
/// artifact.
public final class FolderArtifactStore implements ArtifactStore {
  /// Whether what is kept must outlive a power cut, or only the process.
  public enum Durability {
    /// Forced to the disk.
    FORCED,
    /// Written when the machine finds time: for what can be had again.
    LAZY
  }

  private static final int PIECE = 1 << 16;

  private final Path folder;

  public FolderArtifactStore(Path folder) {
    this.folder = folder;
  }

  @Override
  public String put(byte[] bytes) {
    String digest = Sha256.of(bytes);
    if (!contains(digest)) {
      AtomicFiles.writeFrom(folder, file(digest), out -> write(bytes, out));
    }
    return digest;
  }

  @Override
  public String putSoon(byte[] bytes) {
    String digest = Sha256.of(bytes);
    AtomicFiles.writeSoonFrom(folder, file(digest), out -> write(bytes, out));
    return digest;
  }

  /// In pieces, since a channel copies each through native memory of its size.
  private static void write(byte[] bytes, OutputStream out) throws IOException {
    for (int from = 0; from < bytes.length; from += PIECE) {
      out.write(bytes, from, Math.min(PIECE, bytes.length - from));
    }
  }

  @Override
  public void settle(Collection<String> digests) {
    Set<Path> folders = new TreeSet<>();
    for (String digest : digests) {
      Path file = file(digest);
      AtomicFiles.force(file);
      folders.add(file.getParent());
    }
    folders.forEach(AtomicFiles::force);
    if (!folders.isEmpty()) {
      AtomicFiles.force(folder);
    }
  }

  @Override
  public void put(String digest, InputStream content) {
    Path file = file(digest);
    AtomicFiles.writeFrom(
        folder,
        file,
        out -> {
          String found = copy(content, out);
          if (!found.equals(digest)) {
            throw new DureException(
                ErrorCode.ARTIFACT_CORRUPT,
                "artifact %s arrived with the bytes of %s".formatted(digest, found));
          }
        });
  }

  private static String copy(InputStream content, OutputStream out) throws IOException {
    DigestInputStream in = new DigestInputStream(content, Sha256.digest());
    in.transferTo(out);
    return Sha256.hex(in.getMessageDigest().digest());
  }

  /// Takes over a file of the same disk, of which the caller knows that it has this digest and, for
  /// [Durability#FORCED], has forced its bytes to the disk.
  public void adopt(String digest, Path content, Durability durability) {
    Path file = file(digest);
    Path parent = folder.resolve(digest.substring(0, 2));
    try {
      AtomicFiles.createFolder(parent);
      Files.move(
          content, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      if (durability == Durability.FORCED) {
        AtomicFiles.force(parent);
      }
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    }
  }

  @Override
  public boolean contains(String digest) {
    return Files.isRegularFile(file(digest));
  }

  @Override
  public long size(String digest) {
    try {
      return Files.size(file(digest));
    } catch (IOException e) {
      throw DureException.io("read", file(digest), e);
    }
  }

  @Override
  public byte[] get(String digest) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file(digest));
    } catch (IOException e) {
      throw DureException.io("read", file(digest), e);
    }
    String found = Sha256.of(bytes);
    if (!found.equals(digest)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s now has the digest %s: the disk or a person changed it"
              .formatted(file(digest), found));
    }
    return bytes;
  }

  @Override
  public InputStream open(String digest) {
    try {
      return Files.newInputStream(file(digest));
    } catch (IOException e) {
      throw DureException.io("read", file(digest), e);
    }
  }

  @Override
  public void remove(String digest) {
    try {
      Files.deleteIfExists(file(digest));
    } catch (IOException e) {
      throw DureException.io("delete", file(digest), e);
    }
  }

  @Override
  public List<String> list() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace(File.separator, ""))
          .filter(Sha256::isDigest)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  private Path file(String digest) {
    if (!Sha256.isDigest(digest)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "\"%s\" is no SHA-256 digest: expected 64 hexadecimal digits".formatted(digest));
    }
    return folder.resolve(digest.substring(0, 2)).resolve(digest.substring(2));
  }
}
