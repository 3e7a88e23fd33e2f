package org.dure.console;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A release's folder as one file to carry away: a ZIP archive, not compressed, because weights do
/// not shrink. Unpacked it is the folder that was signed, and `dure verify` says so.
final class ReleaseArchive {
  private ReleaseArchive() {}

  /// Writes every regular file of the folder, in the order of their names, below `name/`.
  static void write(Path folder, String name, OutputStream out) throws IOException {
    List<Path> files;
    try (Stream<Path> paths = Files.walk(folder)) {
      files = paths.filter(Files::isRegularFile).sorted().toList();
    }
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.setLevel(Deflater.NO_COMPRESSION);
    for (Path file : files) {
      String relative = folder.relativize(file).toString().replace('\\', '/');
      zip.putNextEntry(new ZipEntry(name + "/" + relative));
      Files.copy(file, zip);
      zip.closeEntry();
    }
    zip.finish();
    zip.flush();
  }
}
