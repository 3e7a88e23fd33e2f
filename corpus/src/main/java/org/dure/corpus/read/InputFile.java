package org.dure.corpus.read;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;

/// A file of the input folder.
///
/// @param name path relative to the input folder, with `/`
/// @param bytes size on the disk
record InputFile(Path path, String name, Kind kind, long bytes) {
  /// How a file is read, by the ending of its name.
  enum Kind {
    TEXT,
    HTML,
    JSON_LINES,
    JSON_LINES_ZSTD;

    static Optional<Kind> of(String name) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.endsWith(".txt")) {
        return Optional.of(TEXT);
      }
      if (lower.endsWith(".html") || lower.endsWith(".htm")) {
        return Optional.of(HTML);
      }
      if (lower.endsWith(".jsonl")) {
        return Optional.of(JSON_LINES);
      }
      return lower.endsWith(".jsonl.zst") ? Optional.of(JSON_LINES_ZSTD) : Optional.empty();
    }
  }

  /// The content's bytes, decompressed.
  ///
  /// @param raw sees the file's own bytes as they are read, and how many
  InputStream open(ByteObserver raw) throws IOException {
    InputStream file = new Observed(Files.newInputStream(path), raw);
    if (kind != Kind.JSON_LINES_ZSTD) {
      return file;
    }
    try {
      return new ZstdInputStream(new BufferedInputStream(file, 1 << 16)).setContinuous(false);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /// The content's characters without a byte order mark; bytes that are not UTF-8 are an
  /// [IOException].
  ///
  /// @param progress gets the number of the file's bytes read so far
  Reader characters(LongConsumer progress) throws IOException {
    long[] seen = {0};
    InputStream in =
        open(
            (buffer, from, count) -> {
              seen[0] += count;
              progress.accept(seen[0]);
            });
    Reader reader =
        new BufferedReader(
            new InputStreamReader(
                in,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)),
            1 << 16);
    try {
      reader.mark(1);
      if (reader.read() != '\uFEFF') {
        reader.reset();
      }
      return reader;
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  /// Sees bytes as they pass.
  interface ByteObserver {
    void saw(byte[] buffer, int from, int count);
  }

  private static final class Observed extends FilterInputStream {
    private final ByteObserver observer;

    Observed(InputStream in, ByteObserver observer) {
      super(in);
      this.observer = observer;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int count) throws IOException {
      int read = super.read(buffer, from, count);
      if (read > 0) {
        observer.saw(buffer, from, read);
      }
      return read;
    }
  }
}
