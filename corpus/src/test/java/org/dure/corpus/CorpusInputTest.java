package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.RunFolder;
import org.dure.corpus.read.Links;
import org.dure.corpus.read.Unread;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every byte of the input is counted, and nothing kept is an error.
class CorpusInputTest {
  private static final LanguageProfile KOREAN = LanguageProfile.of("ko");
  private static final byte[] FEW = korean(0, 30).getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  private Path in;
  private Path out;

  @BeforeEach
  void folders() throws IOException {
    in = Files.createDirectory(folder.resolve("in"));
    out = folder.resolve("out");
  }

  private void file(String name, String content) throws IOException {
    file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private void file(String name, byte[] content) throws IOException {
    Path file = in.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private CorpusReport.Figures build() {
    return CorpusBuilder.build(KOREAN, in, out, 0.1).figures();
  }

  private static List<Document> all(Documents documents) {
    List<Document> all = new ArrayList<>();
    documents.forEach(all::add);
    return all;
  }

  private static String sentence(int number) {
    return "이것은 한국어로 쓴 " + number + "번째 문장입니다.";
  }

  private static String korean(int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(sentence(i)).append('\n');
    }
    return text.toString();
  }

  private static void assertRefused(ErrorCode code, String part, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(part);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private Path file(byte[] name) {
    StringBuilder raw = new StringBuilder();
    for (byte each : name) {
      raw.append("%%%02X".formatted(each & 0xff));
    }
    return Path.of(URI.create(in.toUri() + raw.toString()));
  }

  @Test
  void compressedFilesAreReadAndWhatIsNotReadIsNamedWithItsSize() throws IOException {
    file("README.md", "about");
    file("a.txt.gz", gzip(korean(0, 10).getBytes(StandardCharsets.UTF_8)));
    file(
        "B.JSONL.GZ",
        gzip(("{\"text\":\"" + sentence(10) + "\"}").getBytes(StandardCharsets.UTF_8)));
    file("c.html.gz", gzip(("<p>" + sentence(11)).getBytes(StandardCharsets.UTF_8)));
    file("part.parquet", new byte[7]);
    file("x/one.pdf", new byte[10]);
    file("x/two.pdf", new byte[20]);
    file("LICENSE", new byte[3]);
    file(".git/objects/pack.txt", new byte[100]);
    file("broken.txt", new byte[] {(byte) 0xFF, 'a'});
    Files.createSymbolicLink(in.resolve("linked"), Files.createDirectory(folder.resolve("else")));

    CorpusReport report = CorpusBuilder.build(KOREAN, in, out, 0.1);

    CorpusReport.Figures figures = report.figures();
    assertThat(figures.input().read()).isEqualTo(12);
    assertThat(figures.inputFiles().unread())
        .containsExactly(
            new Unread("(hidden)", 1, 100, List.of(".git/objects/pack.txt")),
            new Unread("(link to a folder)", 1, 0, List.of("linked")),
            new Unread("(no ending)", 1, 3, List.of("LICENSE")),
            new Unread(".md", 1, 5, List.of("README.md")),
            new Unread(".parquet", 1, 7, List.of("part.parquet")),
            new Unread(".pdf", 2, 30, List.of("x/one.pdf", "x/two.pdf")));
    long bytes;
    try (Stream<Path> files = Files.walk(in)) {
      bytes = files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
    CorpusReport.InputFiles files = figures.inputFiles();
    assertThat(files.bytes() + files.quarantinedBytes() + files.unreadBytes()).isEqualTo(bytes);
    assertThat(files.quarantinedBytes()).isEqualTo(2);
    assertThat(report.lines("ko"))
        .anyMatch(line -> line.contains("3 read") && line.contains("1 quarantined (2 bytes)"))
        .anyMatch(
            line -> line.contains("not read") && line.contains(".pdf 2 (x/one.pdf, x/two.pdf)"));
  }

  @Test
  void linksOutOfTheFolderAreCountedAndReadOnlyIfTheUserSaysSo() throws IOException {
    file("inner.txt", korean(0, 20));
    Path secret = Files.writeString(folder.resolve("secret.txt"), korean(20, 30));
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("far.txt"), korean(30, 40));
    Files.createSymbolicLink(in.resolve("secret.txt"), secret);
    Files.createSymbolicLink(in.resolve("up.txt"), Path.of("../secret.txt"));
    Files.createSymbolicLink(in.resolve("twice.txt"), in.resolve("secret.txt"));
    Files.createSymbolicLink(in.resolve("same.txt"), in.resolve("inner.txt"));
    Files.createSymbolicLink(in.resolve("folder"), elsewhere);
    Files.createSymbolicLink(in.resolve("gone.txt"), folder.resolve("gone.txt"));

    CorpusReport.Figures figures = build();
    assertThat(figures.input().read()).isEqualTo(40);
    assertThat(figures.inputFiles().unread())
        .containsExactly(
            new Unread(
                "(link out of the folder)", 3, 0, List.of("secret.txt", "twice.txt", "up.txt")),
            new Unread("(link to a folder)", 1, 0, List.of("folder")));

    CorpusReport.Figures followed =
        CorpusBuilder.build(
                KOREAN,
                new CorpusBuilder.Input(in, Links.FOLLOWED),
                folder.resolve("followed"),
                0.1,
                CorpusBuilder.Purpose.TRAINING)
            .figures();
    assertThat(followed.input().read()).isEqualTo(80);
    assertThat(followed.inputFiles().unread()).isEmpty();
  }

  @Test
  void aLinkThatTheUserNamesIsMeant() throws IOException {
    file("a.txt", korean(0, 20));
    Path link = Files.createSymbolicLink(folder.resolve("link"), in);
    assertThat(CorpusBuilder.build(KOREAN, link, out, 0.1).figures().input().read()).isEqualTo(20);
    Path file = Files.createSymbolicLink(folder.resolve("b.txt"), in.resolve("a.txt"));
    assertThat(
            CorpusBuilder.build(KOREAN, file, folder.resolve("other"), 0.1)
                .figures()
                .input()
                .read())
        .isEqualTo(20);
  }

  @Test
  void theSecondFrameOfAFileCutShortMakesTheWholeFileDamaged() throws IOException {
    byte[] first =
        Zstd.compress(("{\"text\":\"" + sentence(1) + "\"}\n").getBytes(StandardCharsets.UTF_8));
    byte[] both = Arrays.copyOf(first, first.length * 2 - 3);
    System.arraycopy(first, 0, both, first.length, first.length - 3);
    file("cut.jsonl.zst", both);
    file("cut.jsonl.gz", Arrays.copyOf(gzip(FEW), 40));
    file("good.txt", FEW);

    CorpusReport.Figures figures = build();

    assertThat(figures.quarantined()).isEqualTo(Map.of("file.damaged", 2L));
    assertThat(figures.input().read()).isEqualTo(30);
    assertThat(figures.inputFiles().quarantinedBytes()).isEqualTo(both.length + 40);
  }

  @Test
  void nothingKeptIsAnErrorThatSaysWhyAndLeavesWhatWasThere() throws IOException {
    file("a.txt", FEW);
    build();
    Map<String, String> before = RunFolder.digests(out);
    Files.delete(in.resolve("a.txt"));

    file("legacy.txt", "안녕하세요 이것은 오래된 글입니다".getBytes(Charset.forName("EUC-KR")));
    assertRefused(ErrorCode.INPUT_EMPTY, "encoding.utf-8 1 (first legacy.txt, byte 0", this::build);
    file("english.txt", "This text is in another language altogether.\n".repeat(3));
    assertRefused(
        ErrorCode.INPUT_EMPTY, "language.script 3 (first english.txt:1: 0.000", this::build);
    file("page.html", "<nav>" + sentence(1) + "</nav>");
    assertRefused(ErrorCode.INPUT_EMPTY, "left out of pages: page.navigation", this::build);
    file("a.txt", sentence(1) + "\n" + sentence(2));
    assertRefused(
        ErrorCode.INPUT_EMPTY,
        "nothing is left to measure on",
        () ->
            CorpusBuilder.build(KOREAN, in, out, 0, CorpusBuilder.Purpose.TRAINING_AND_MEASURING));

    assertThat(RunFolder.digests(out)).isEqualTo(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(in, out);
    }
  }

  @Test
  void anEmptyFolderBuiltNowhereLeavesNothing() throws IOException {
    file("empty.txt", "");

    assertRefused(ErrorCode.INPUT_EMPTY, "is empty", this::build);

    assertThat(out).doesNotExist();
  }

  @Test
  void aFileOfAnotherKindUnderTheNameOfATextIsNamedForWhatItIs() throws IOException {
    for (String begun :
        List.of("%PDF-1.7\n1 0 obj", "PK\u0003\u0004zip", "\u007FELF\u0001", "{\\rtf1 x")) {
      file("report.txt", begun + "\n" + korean(0, 9));
      assertRefused(
          ErrorCode.INPUT_EMPTY, "encoding.binary 1 (first report.txt, byte 0: a", this::build);
    }
    file("report.txt", gzip(korean(0, 9).getBytes(StandardCharsets.UTF_8)));
    assertRefused(ErrorCode.INPUT_EMPTY, "a gzip file, expected text in UTF-8", this::build);
    file("report.txt", "PKW, %PDF- und 7z sind nur Worte.\n" + korean(0, 30));
    assertThat(CorpusBuilder.build(KOREAN, in, out, 0.1).figures().input().read()).isEqualTo(31);
  }

  @Test
  void onlyTextInAnotherEncodingGetsTheAdviceToConvertIt() throws IOException {
    byte[] noise = new byte[5_000];
    new SplittableRandom(1).nextBytes(noise);
    noise[0] = (byte) 0x91;
    file("a.txt", noise);
    assertThatThrownBy(this::build).message().contains("encoding.binary 1").doesNotContain("iconv");
    file("a.txt", korean(0, 9).getBytes(Charset.forName("EUC-KR")));
    assertRefused(ErrorCode.INPUT_EMPTY, "iconv -f EUC-KR -t UTF-8", this::build);
    file("a.txt", korean(0, 9).getBytes(StandardCharsets.UTF_16));
    assertRefused(ErrorCode.INPUT_EMPTY, "iconv -f UTF-16 -t UTF-8", this::build);
  }

  @Test
  void aMarkdownFileIsReadWhereItIsNamedItself() throws IOException {
    file("notes.md", korean(0, 30));

    CorpusReport report = CorpusBuilder.build(KOREAN, in.resolve("notes.md"), out, 0.1);

    assertThat(report.figures().input().read()).isEqualTo(30);
    assertRefused(ErrorCode.INPUT_EMPTY, "holds no text", this::build);
  }

  @Test
  void namesThatAreNoUtf8StayApart() throws IOException {
    Files.write(file(new byte[] {(byte) 0xC7, (byte) 0xD1, '.', 't', 'x', 't'}), FEW);
    Path second = file(new byte[] {(byte) 0xC7, (byte) 0xD2, '.', 't', 'x', 't'});
    Files.writeString(second, korean(30, 60));

    CorpusReport first = CorpusBuilder.build(KOREAN, in, out, 0.1);
    Files.writeString(second, korean(60, 99));
    CorpusReport edited = CorpusBuilder.build(KOREAN, in, out, 0.1);

    assertThat(first.figures().input().read()).isEqualTo(60);
    assertThat(edited.upToDate()).isFalse();
    assertThat(edited.figures().input().read()).isEqualTo(69);
    assertThat(RunFolder.manifest(out).inputs())
        .containsOnlyKeys("\\xC7\\xD1.txt", "\\xC7\\xD2.txt");
    assertThat(all(Documents.train(out))).noneMatch(document -> document.id().contains("~"));
  }

  @Test
  void oneFileIsReadAsAFolderOfIt() throws IOException {
    file("a/.draft.txt", FEW);
    file("b.txt", korean(30, 40));

    Path draft = in.resolve("a/.draft.txt");
    CorpusReport.Figures figures = CorpusBuilder.build(KOREAN, draft, out, 0.1).figures();

    assertThat(figures.input().files()).isEqualTo(1);
    assertThat(figures.input().read()).isEqualTo(30);
    assertThat(all(Documents.train(out)).getFirst().source()).isEqualTo(".draft.txt");
    assertRefused(
        ErrorCode.USAGE, "inside each other", () -> CorpusBuilder.build(KOREAN, draft, draft, 0.1));
  }

  @Test
  void whatIsAddedThatIsNotReadIsCountedButHiddenFilesAreNoReasonToBuildAgain() throws IOException {
    file("a.txt", FEW);
    build();
    file(".DS_Store", "x");

    assertThat(CorpusBuilder.build(KOREAN, in, out, 0.1).upToDate()).isTrue();
    file("a.pdf", "x");

    CorpusReport report = CorpusBuilder.build(KOREAN, in, out, 0.1);
    assertThat(report.upToDate()).isFalse();
    assertThat(report.figures().input().ignoredFiles()).isEqualTo(2);
  }

  @Test
  void loneReturnsEndLinesAndSetBlocksApart() throws IOException {
    String three = sentence(1) + "\r" + sentence(2) + "\r\r" + sentence(3) + "\r";
    file("mac.txt", three);
    file(
        "unix/mac.txt",
        three.replace('1', '4').replace('2', '5').replace('3', '6').replace('\r', '\n'));

    assertThat(build().input().read()).isEqualTo(4);
  }
}
