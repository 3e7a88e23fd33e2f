package org.dure.corpus.read;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tukaani.xz.XZInputStream;

/// How a file is compressed, by the ending of its name. A file may hold several streams (members,
/// frames) behind one another, which is one content; one that is cut anywhere within a stream or
/// followed by anything else is an [IOException].
enum Compression {
  NONE("", "a readable file"),
  GZIP(".gz", "a whole gzip file"),
  ZSTD(".zst", "a whole zstd file"),
  XZ(".xz", "a whole xz file"),
  BZIP2(".bz2", "a whole bzip2 file");

  /// What a decoder may ask for, in KiB: enough for every level of xz.
  private static final int XZ_MEMORY = 128 << 10;

  final String ending;
  final String expected;

  Compression(String ending, String expected) {
    this.ending = ending;
    this.expected = expected;
  }

  /// @param lower name of a file, in lower case
  static Compression of(String lower) {
    for (Compression compression : values()) {
      if (compression != NONE && lower.endsWith(compression.ending)) {
        return compression;
      }
    }
    return NONE;
  }

  /// The content's bytes. Closing it closes `file`, which is also closed on an error.
  InputStream open(InputStream file) throws IOException {
    try {
      return switch (this) {
        case NONE -> file;
        case GZIP -> new GzipCompressorInputStream(new BufferedInputStream(file, 1 << 16), true);
        case ZSTD -> new ZstdFrames(file);
        case XZ -> new XZInputStream(new BufferedInputStream(file, 1 << 16), XZ_MEMORY);
        case BZIP2 -> new BZip2CompressorInputStream(new BufferedInputStream(file, 1 << 16), true);
      };
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }
}
