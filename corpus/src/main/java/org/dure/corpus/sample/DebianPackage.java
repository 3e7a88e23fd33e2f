package org.dure.corpus.sample;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.corpus.read.ZstdLibrary;
import org.tukaani.xz.XZInputStream;

/// Reads a Debian binary package without unpacking it to the disk: nothing in it is ever used as a
/// path to write to, and no file in it is read beyond a limit.
///
/// The format is that of deb(5): an `ar` archive (magic `!<arch>\n`, 60-byte member headers,
/// members padded to even length) of `debian-binary`, `control.tar.*` and `data.tar.*`, the
/// latter two plain or compressed by gzip, xz or zstd.
final class DebianPackage {
  private static final String MAGIC = "!<arch>\n";
  private static final int HEADER = 60;
  private static final int XZ_MEMORY_KIB = 256 << 10;
  static final int MOST_FILES = 200_000;
  static final long MOST_FILE_BYTES = 8L << 20;
  static final long MOST_BYTES = 2L << 30;

  private DebianPackage() {}

  /// Receives a package's files, in its order.
  interface Visitor {
    /// Whether the file is wanted.
    ///
    /// @param member `control` or `data`
    /// @param name without leading `./`
    boolean wants(String member, String name);

    void file(String member, String name, byte[] content);
  }

  /// Hands every wanted regular file to the visitor.
  ///
  /// @throws DureException [ErrorCode#INPUT_MALFORMED] naming the package if it is not one or is
  ///     cut off, or if a wanted file or the whole is larger than the limits
  static void read(Path file, Visitor visitor) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      if (!new String(in.readNBytes(MAGIC.length()), StandardCharsets.US_ASCII).equals(MAGIC)) {
        throw malformed(file, "does not start with !<arch>");
      }
      boolean data = false;
      for (byte[] header = in.readNBytes(HEADER);
          header.length > 0 && !data;
          header = in.readNBytes(HEADER)) {
        data = member(file, in, header, visitor);
      }
      if (!data) {
        throw malformed(file, "has no data.tar member");
      }
    } catch (IOException e) {
      if (e instanceof FileSystemException) {
        throw DureException.io("read", file, e);
      }
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is not a whole Debian package: %s".formatted(file, e.getMessage()),
          e);
    }
  }

  /// Whether the member was the data, which is the last that matters.
  private static boolean member(Path file, InputStream in, byte[] header, Visitor visitor)
      throws IOException {
    if (header.length < HEADER || header[58] != '`' || header[59] != '\n') {
      throw malformed(file, "has a broken member header");
    }
    String name =
        new String(header, 0, 16, StandardCharsets.US_ASCII).strip().replaceFirst("/$", "");
    long size;
    try {
      size = Long.parseLong(new String(header, 48, 10, StandardCharsets.US_ASCII).strip());
    } catch (NumberFormatException e) {
      throw malformed(file, "has a member without a length");
    }
    if (size < 0) {
      throw malformed(file, "has a member of negative length");
    }
    Member content = new Member(in, size);
    if (name.startsWith("control.tar")) {
      tar(file, "control", decompressed(file, name, content), visitor);
    } else if (name.startsWith("data.tar")) {
      tar(file, "data", decompressed(file, name, content), visitor);
      return true;
    }
    content.skipRest();
    in.skipNBytes(size % 2);
    return false;
  }

  private static InputStream decompressed(Path file, String name, InputStream in)
      throws IOException {
    return switch (name.substring(name.indexOf(".tar") + 4)) {
      case "" -> in;
      case ".gz" -> new GZIPInputStream(in);
      case ".xz" -> new XZInputStream(in, XZ_MEMORY_KIB);
      case ".zst" -> {
        ZstdLibrary.require();
        yield new ZstdInputStream(in);
      }
      default -> throw malformed(file, "has a member " + name + ": expected gz, xz, zst or none");
    };
  }

  private static void tar(Path file, String member, InputStream in, Visitor visitor)
      throws IOException {
    TarArchiveInputStream tar = new TarArchiveInputStream(in);
    long files = 0;
    long bytes = 0;
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      files++;
      bytes += Math.max(0, entry.getSize());
      if (files > MOST_FILES || bytes > MOST_BYTES) {
        throw malformed(
            file, "holds more than %,d files or %,d bytes".formatted(MOST_FILES, MOST_BYTES));
      }
      String name = entry.getName().replaceFirst("^(\\./)+", "");
      boolean regular = entry.isFile() && !entry.isLink() && !entry.isSymbolicLink();
      if (!regular || !visitor.wants(member, name)) {
        continue;
      }
      if (entry.getSize() > MOST_FILE_BYTES) {
        throw malformed(
            file,
            "holds %s of %,d bytes: expected at most %,d"
                .formatted(name, entry.getSize(), MOST_FILE_BYTES));
      }
      visitor.file(member, name, tar.readAllBytes());
    }
  }

  private static DureException malformed(Path file, String problem) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s is not a whole Debian package: it %s".formatted(file, problem));
  }

  /// The bytes of one member of the `ar` archive.
  private static final class Member extends InputStream {
    private final InputStream in;
    private long left;

    Member(InputStream in, long size) {
      this.in = in;
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int count) throws IOException {
      if (left == 0 || count == 0) {
        return count == 0 ? 0 : -1;
      }
      int read = in.read(buffer, from, (int) Math.min(count, left));
      if (read < 0) {
        throw new EOFException("the file is cut off");
      }
      left -= read;
      return read;
    }

    void skipRest() throws IOException {
      in.skipNBytes(left);
      left = 0;
    }
  }
}
