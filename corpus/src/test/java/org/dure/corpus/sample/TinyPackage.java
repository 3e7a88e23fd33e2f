package org.dure.corpus.sample;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/// Makes small Debian packages for tests.
final class TinyPackage {
  private final Map<String, String> files = new LinkedHashMap<>();
  private final Map<String, String> links = new LinkedHashMap<>();
  private final String name;

  TinyPackage(String name) {
    this.name = name;
  }

  /// A help package with `pages` pages of three paragraphs, and its copyright file.
  static TinyPackage help(String language, int pages, String text) {
    TinyPackage tiny = new TinyPackage("libreoffice-help-" + language);
    for (int i = 0; i < pages; i++) {
      StringBuilder paragraphs = new StringBuilder();
      for (int p = 0; p < 3; p++) {
        paragraphs.append("<p id=\"par_id%d\">%s %d.%d</p>".formatted(p, text, i, p));
      }
      tiny.file(
          "./usr/share/libreoffice/help/%s/text/scalc/%d.html".formatted(language, i),
          "<html><body><div id=DisplayArea>" + paragraphs + "</div></body></html>");
    }
    return tiny.file("./usr/share/doc/" + tiny.name + "/copyright", "License: MPL-2.0\n");
  }

  TinyPackage file(String path, String content) {
    files.put(path, content);
    return this;
  }

  TinyPackage link(String path, String target) {
    links.put(path, target);
    return this;
  }

  byte[] bytes(String compression) throws IOException {
    Map<String, String> control =
        Map.of("./control", "Package: %s\nVersion: 4:7.4.7-1\n".formatted(name));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write("!<arch>\n".getBytes(StandardCharsets.US_ASCII));
    member(out, "debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII));
    member(out, "control.tar" + compression, compressed(tar(control, Map.of()), compression));
    member(out, "data.tar" + compression, compressed(tar(files, links), compression));
    return out.toByteArray();
  }

  private static byte[] tar(Map<String, String> files, Map<String, String> links)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
      for (Map.Entry<String, String> file : files.entrySet()) {
        byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
      for (Map.Entry<String, String> link : links.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(link.getKey(), TarArchiveEntry.LF_SYMLINK);
        entry.setLinkName(link.getValue());
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] compressed(byte[] tar, String compression) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (compression) {
      case "" -> out.write(tar);
      case ".zst" -> out.write(Zstd.compress(tar));
      case ".gz" -> {
        try (OutputStream gzip = new GZIPOutputStream(out)) {
          gzip.write(tar);
        }
      }
      case ".xz" -> {
        try (OutputStream xz = new XZOutputStream(out, new LZMA2Options(1))) {
          xz.write(tar);
        }
      }
      default -> out.write(tar);
    }
    return out.toByteArray();
  }

  private static void member(OutputStream out, String name, byte[] content) throws IOException {
    out.write(
        "%-16s%-12d%-6d%-6d%-8s%-10d`\n"
            .formatted(name, 0, 0, 0, "100644", content.length)
            .getBytes(StandardCharsets.US_ASCII));
    out.write(content);
    if (content.length % 2 == 1) {
      out.write('\n');
    }
  }
}
