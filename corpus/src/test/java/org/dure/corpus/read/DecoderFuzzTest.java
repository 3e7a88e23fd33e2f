package org.dure.corpus.read;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.Decoding;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The readers of a corpus's input before hostile bytes.
class DecoderFuzzTest {
  private static final InputLimits LIMITS = new InputLimits(500, 2_000, 100_000);

  @TempDir static Path folder;

  /// What a reader found.
  private static final class Found implements Reading {
    final List<Candidate> candidates = new ArrayList<>();
    final List<Quarantine> quarantined = new ArrayList<>();

    @Override
    public void candidate(Candidate candidate) {
      candidates.add(candidate);
      assertThat(candidate.document().text()).isNotBlank();
      assertThat(candidate.document().text().length()).isLessThanOrEqualTo(500);
    }

    @Override
    public void quarantine(Quarantine quarantine) {
      quarantined.add(quarantine);
    }

    @Override
    public void leftOut(String rule, long characters) {
      assertThat(rule).startsWith("page.");
      assertThat(characters).isPositive();
    }
  }

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  private static Arguments seed(String text) {
    return seed(text.getBytes(UTF_8));
  }

  private static InputFile file(String name) {
    Path path = folder.resolve(name);
    return InputFile.of(path, name, 0).orElseThrow();
  }

  static Stream<Arguments> lines() {
    return Stream.of(
        seed("{\"id\":\"a\",\"text\":\"두레\"}\n\n{\"text\":\"b\",\"license\":\"MIT\"}\r\n[1]\n"),
        seed("{\"id\":12,\"text\":\"half a pair \\ud800\",\"source\":null}\nno json\n"));
  }

  @MethodSource("lines")
  @FuzzTest
  void everyLineOfJsonIsADocumentOrSetAside(byte[] bytes) {
    Decoding.of(
        bytes,
        raw -> {
          Found found = new Found();
          JsonLines.read(
              file("a.jsonl"), new StringReader(new String(raw, UTF_8)), "ko", LIMITS, found);
          return found;
        },
        ErrorCode.INPUT_MALFORMED);
  }

  static Stream<Arguments> compressed() {
    return lines().map(lines -> seed(Zstd.compress((byte[]) lines.get()[0])));
  }

  @MethodSource("compressed")
  @FuzzTest
  void compressedLinesAreReadOrTheFileIsSetAside(byte[] bytes) throws IOException {
    InputFile file = file("a.jsonl.zst");
    Files.write(file.path(), bytes);
    Decoding.of(
        bytes,
        raw -> {
          Found found = new Found();
          try (Reader in = file.characters(done -> {})) {
            JsonLines.read(file, in, "ko", LIMITS, found);
          }
          return found;
        },
        problem -> problem instanceof IOException);
  }

  static Stream<Arguments> pages() {
    return Stream.of(
        seed("<html><body><h1 id=a>A</h1><p>b<br>c<nav>no</nav><ul><li>d</ul><pre> e\n f</pre>"),
        seed("<table><tr><td><a><a><b><p><b><p></b></table><script>if (a < b) {}</script><!-- x"),
        seed("<select><option><svg><math><template><p hidden>"));
  }

  @MethodSource("pages")
  @FuzzTest
  void everyPageIsDocumentsOrSetAside(byte[] bytes) {
    Decoding.of(
        bytes,
        raw -> {
          Found found = new Found();
          HtmlPage.read(file("a.html"), new StringReader(new String(raw, UTF_8)), "ko", 500, found);
          return found;
        });
  }

  static Stream<Arguments> texts() {
    return Stream.of(seed("one\r\ntwo\rthree\n\n  \nfour"), seed("\uFEFFa\n\n\nb"));
  }

  @MethodSource("texts")
  @FuzzTest
  void everyTextIsParagraphsOrSetAside(byte[] bytes) {
    for (boolean blocks : new boolean[] {false, true}) {
      Decoding.of(
          bytes,
          raw -> {
            Found found = new Found();
            String text = new String(raw, UTF_8);
            PlainText.read(file("a.txt"), new StringReader(text), blocks, "ko", 500, found);
            return found;
          });
    }
  }
}
