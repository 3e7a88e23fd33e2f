package org.dure.corpus.read;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// Files of other kinds that bear the name of a text, by the bytes that they begin with. Some of
/// them, such as a PDF, may well be valid UTF-8.
enum FileSignature {
  PDF("a PDF document", "%PDF-"),
  POSTSCRIPT("a PostScript document", "%!PS-"),
  RICH_TEXT("a document in Rich Text Format", "{\\rtf"),
  ZIP("a ZIP archive or an Office document", "PK\u0003\u0004"),
  GZIP("a gzip file", "\u001F\u008B\b"),
  BZIP2("a bzip2 file", "BZh91AY&"),
  XZ("an xz file", "\u00FD7zXZ\0"),
  ZSTD("a zstd file", "(\u00B5/\u00FD"),
  SEVEN_ZIP("a 7z archive", "7z\u00BC\u00AF'\u001C"),
  OLE("an older Office document", "\u00D0\u00CF\u0011\u00E0"),
  PNG("a PNG image", "\u0089PNG"),
  JPEG("a JPEG image", "\u00FF\u00D8\u00FF"),
  ELF("an ELF program", "\u007FELF");

  /// Bytes that must be seen to know.
  static final int LENGTH = 8;

  /// What such a file is, for people.
  final String kind;

  private final byte[] beginning;

  FileSignature(String kind, String beginning) {
    this.kind = kind;
    this.beginning = beginning.getBytes(StandardCharsets.ISO_8859_1);
  }

  /// @param head the first bytes of a content, fewer than [#LENGTH] where it has no more
  static Optional<FileSignature> of(byte[] head) {
    return Arrays.stream(values())
        .filter(
            one ->
                head.length >= one.beginning.length
                    && Arrays.equals(
                        head, 0, one.beginning.length, one.beginning, 0, one.beginning.length))
        .findFirst();
  }
}
