package org.dure.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.dure.core.AtomicFiles;
import org.dure.core.Sha256;

/// A release's folder as one file to carry away: a ZIP archive, not compressed, because weights do
/// not shrink. Unpacked it is the folder that was signed, and `dure verify` says so.
///
/// What is handed out is what was checked: every file is compared once more while it goes out, and
/// an archive with another one is never whole.
final class ReleaseArchive {
  private ReleaseArchive() {}

  /// Writes the files that were checked, in the order of their names, below `name/`.
  ///
  /// @throws IOException if one is not as it was checked; the archive then lacks its directory
  static void write(ConsoleExtras.Release release, OutputStream out) throws IOException {
    List<ConsoleExtras.File> files =
        release.files().stream().sorted(Comparator.comparing(ConsoleExtras.File::path)).toList();
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.setLevel(Deflater.NO_COMPRESSION);
    for (ConsoleExtras.File file : files) {
      zip.putNextEntry(new ZipEntry(release.name() + "/" + file.path()));
      copy(release.folder().resolve(file.path()), file, zip);
      zip.closeEntry();
    }
    zip.finish();
    zip.flush();
  }

  private static void copy(Path from, ConsoleExtras.File file, OutputStream out)
      throws IOException {
    AtomicFiles.requireFile(from);
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    try (FileChannel channel = FileChannel.open(from, StandardOpenOption.READ)) {
      long left = channel.size() == file.size() ? file.size() : -1;
      InputStream in = Channels.newInputStream(channel);
      while (left > 0) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        left = n < 0 ? -1 : left - n;
        if (n > 0) {
          digest.update(buffer, 0, n);
          out.write(buffer, 0, n);
        }
      }
      if (left < 0 || !Sha256.hex(digest.digest()).equals(file.sha256())) {
        throw new IOException("%s was changed since it was checked".formatted(from));
      }
    }
  }
}
