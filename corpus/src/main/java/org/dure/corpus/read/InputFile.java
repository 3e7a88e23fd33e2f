package org.dure.corpus.read;

import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A file of the input folder.
///
/// @param path of the file itself, behind any link
/// @param name path relative to the input folder, with `/`, as [FileNames] writes it
/// @param bytes size on the disk
record InputFile(Path path, String name, Format format, Compression compression, long bytes) {
  private static final List<String> NAMED = List.of(".md", ".markdown", ".rst", ".text");

  /// How a file's content is read, by the ending of its name.
  enum Format {
    TEXT(".txt"),
    HTML(".html", ".htm"),
    JSON_LINES(".jsonl", ".ndjson");

    private final List<String> endings;

    Format(String... endings) {
      this.endings = List.of(endings);
    }

    private static Optional<Format> of(String lower) {
      return Arrays.stream(values())
          .filter(format -> format.endings.stream().anyMatch(lower::endsWith))
          .findFirst();
    }
  }

  /// The file as it is read; empty where its name has no ending of a kind that is.
  static Optional<InputFile> of(Path path, String name, long bytes) {
    String lower = name.toLowerCase(Locale.ROOT);
    Compression compression = Compression.of(lower);
    String content = lower.substring(0, lower.length() - compression.ending.length());
    return Format.of(content).map(format -> new InputFile(path, name, format, compression, bytes));
  }

  /// As [#of] for a file that the user named: text under a name that in a folder mostly means
  /// something beside the text is read as plain text.
  static Optional<InputFile> named(Path path, String name, long bytes) {
    Optional<InputFile> usual = of(path, name, bytes);
    String lower = name.toLowerCase(Locale.ROOT);
    return usual.isPresent() || NAMED.stream().noneMatch(lower::endsWith)
        ? usual
        : Optional.of(new InputFile(path, name, Format.TEXT, Compression.NONE, bytes));
  }

  /// The endings of what is read, for people.
  static String endings() {
    return Stream.concat(
                Arrays.stream(Format.values()).flatMap(format -> format.endings.stream()),
                Stream.of("any of them"))
            .collect(Collectors.joining(", "))
        + " with "
        + Arrays.stream(Compression.values())
            .filter(each -> each != Compression.NONE)
            .map(each -> each.ending)
            .collect(Collectors.joining(", "));
  }

  /// The content's bytes, decompressed.
  ///
  /// @param raw sees the file's own bytes as they are read, and how many
  InputStream open(ByteObserver raw) throws IOException {
    return compression.open(
        new Observed(Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS), raw));
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
