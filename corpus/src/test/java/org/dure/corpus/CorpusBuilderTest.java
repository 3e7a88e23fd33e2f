package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.RunFolder;
import org.dure.core.Seeded;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.InputLimits;
import org.dure.corpus.read.Quarantine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusBuilderTest {
  private static final LanguageProfile KOREAN = LanguageProfile.of("ko");

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

  private static CorpusBuilder.Means means(int threads) {
    return new CorpusBuilder.Means(threads, InputLimits.STANDARD, DigestTable.Size.STANDARD);
  }

  private static List<Document> all(Documents documents) {
    List<Document> all = new ArrayList<>();
    documents.forEach(all::add);
    return all;
  }

  private List<Map<String, Object>> records(String name) throws IOException {
    try (ZstdInputStream zstd = new ZstdInputStream(Files.newInputStream(out.resolve(name)))) {
      return new String(zstd.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> Json.object(line.getBytes(StandardCharsets.UTF_8)))
          .map(record -> (Map<String, Object>) new LinkedHashMap<String, Object>(record))
          .toList();
    }
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

  @Test
  void everyDocumentIsCountedOnce() throws IOException {
    file("a/one.txt", korean(0, 200) + "OK\nThis line is in another language altogether.\n");
    file("b.html", "<p id=x>" + sentence(500) + "</p><p>" + sentence(3) + "</p>");
    file(
        "c.jsonl", "{\"id\":\"k\",\"text\":\"" + sentence(600) + "\",\"licence\":\"CC0\"}\n{bad\n");
    file(
        "d.jsonl.zst",
        Zstd.compress(("{\"text\":\"" + sentence(700) + "\"}").getBytes(StandardCharsets.UTF_8)));
    file("picture.png", new byte[] {1, 2, 3});

    CorpusReport.Figures figures = build();

    assertThat(figures.input().files()).isEqualTo(4);
    assertThat(figures.input().ignoredFiles()).isEqualTo(1);
    assertThat(figures.input().read()).isEqualTo(207);
    assertThat(figures.input().quarantinedDocuments()).isEqualTo(1);
    assertThat(figures.dropped().stream().map(CorpusReport.Dropped::rule))
        .containsExactly("duplicate.exact", "language.script", "length.characters");
    assertThat(figures.keptDocuments()).isEqualTo(203);
    assertThat(figures.licences()).containsEntry("CC0", 1L).containsEntry("unknown", 202L);
    List<Document> train = all(Documents.train(out));
    List<Document> heldOut = all(Documents.heldOut(out));
    assertThat(train).hasSize((int) figures.train().documents());
    assertThat(heldOut).hasSize((int) figures.heldOut().documents()).isNotEmpty();
    long bytes =
        train.stream().mapToLong(d -> d.text().getBytes(StandardCharsets.UTF_8).length).sum();
    assertThat(figures.train().bytes()).isEqualTo(bytes);
  }

  @Test
  void documentsKeepTheirOrder() throws IOException {
    file("b.txt", korean(100, 120));
    file("a.txt", korean(0, 30));

    build();

    List<String> ids = all(Documents.train(out)).stream().map(Document::id).toList();
    List<String> sorted = new ArrayList<>(ids);
    sorted.sort(
        Comparator.comparing((String id) -> id.substring(0, 5))
            .thenComparing(id -> Integer.parseInt(id.substring(6))));
    assertThat(ids).isEqualTo(sorted).first().asString().startsWith("a.txt:");
  }

  @Test
  void theBytesDoNotDependOnTheNumberOfThreads() throws IOException {
    SplittableRandom random = Seeded.random("theBytesDoNotDependOnTheNumberOfThreads");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 4_000; i++) {
      text.append(
          random.nextInt(4) == 0
              ? Seeded.text(random, 30).replaceAll("[\\x00\\n\\r]", "") + "\n"
              : sentence(random.nextInt(2_500)) + "\n");
    }
    file("text.txt", text.toString());
    Path one = folder.resolve("one");
    Path eight = folder.resolve("eight");

    CorpusBuilder.build(KOREAN, in, one, 0.1, CorpusBuilder.Purpose.TRAINING, means(1));
    CorpusBuilder.build(KOREAN, in, eight, 0.1, CorpusBuilder.Purpose.TRAINING, means(8));

    assertThat(RunFolder.digests(eight)).isEqualTo(RunFolder.digests(one));
  }

  @Test
  void theSameInputIsNotBuiltTwice() throws IOException {
    file("a.txt", korean(0, 50));

    CorpusReport first = CorpusBuilder.build(KOREAN, in, out, 0.1);
    CorpusReport second = CorpusBuilder.build(KOREAN, in, out, 0.1);
    file("b.txt", korean(50, 60));
    CorpusReport third = CorpusBuilder.build(KOREAN, in, out, 0.1);
    CorpusReport fourth = CorpusBuilder.build(KOREAN, in, out, 0.2);

    assertThat(first.upToDate()).isFalse();
    assertThat(second.upToDate()).isTrue();
    assertThat(second.figures()).isEqualTo(first.figures());
    assertThat(third.upToDate()).isFalse();
    assertThat(third.figures().input().read()).isEqualTo(60);
    assertThat(fourth.upToDate()).isFalse();
  }

  @Test
  void misEncodedFilesAreLeftOutWithTheOffsetAndTheRunGoesOn() throws IOException {
    file("good.txt", "\uFEFF" + korean(0, 20));
    byte[] bad = korean(20, 40).getBytes(StandardCharsets.UTF_8);
    bad[bad.length - 3] = (byte) 0xFF;
    file("bad.txt", bad);
    file("sixteen.txt", korean(40, 50).getBytes(StandardCharsets.UTF_16));
    file("cp949.html", new byte[] {'<', 'p', '>', (byte) 0xB0, (byte) 0xA1});

    CorpusReport.Figures figures = build();

    assertThat(figures.input().read()).isEqualTo(20);
    assertThat(figures.input().quarantinedFiles()).isEqualTo(3);
    assertThat(figures.problems())
        .contains(
            new Quarantine(
                "encoding.utf-8",
                "bad.txt",
                "byte " + (bad.length - 5),
                "bytes eb 8b ff 2e",
                "UTF-8"))
        .contains(new Quarantine("encoding.utf-8", "cp949.html", "byte 3", "bytes b0 a1", "UTF-8"));
    assertThat(records("quarantined.jsonl.zst")).hasSize(3);
    assertThat(Files.readString(out.resolve("report.html"))).contains("eb 8b ff 2e");
    assertThat(all(Documents.train(out))).noneMatch(d -> d.text().contains("\uFEFF"));
  }

  @Test
  void unreadableAndDamagedFilesAreLeftOut() throws IOException {
    file("good.txt", korean(0, 20));
    Files.createSymbolicLink(in.resolve("gone.txt"), in.resolve("nowhere"));
    byte[] whole =
        Zstd.compress(
            ("{\"text\":\"" + sentence(1) + "\"}\n").repeat(500).getBytes(StandardCharsets.UTF_8));
    file("cut.jsonl.zst", Arrays.copyOf(whole, whole.length - 5));
    file("noise.jsonl.zst", new byte[100]);

    CorpusReport.Figures figures = build();

    assertThat(figures.quarantined()).containsEntry("file.unreadable", 1L);
    assertThat(figures.quarantined()).containsEntry("file.damaged", 2L);
    assertThat(figures.input().read()).isEqualTo(20);
  }

  @Test
  void aFolderWithNothingToReadIsAnError() throws IOException {
    assertRefused(ErrorCode.INPUT_EMPTY, "holds no text", this::build);
    file("notes.pdf", "x");
    assertRefused(ErrorCode.INPUT_EMPTY, "found .pdf 1 (notes.pdf)", this::build);
    assertRefused(
        ErrorCode.INPUT_MISSING,
        "there is no file or folder",
        () -> CorpusBuilder.build(KOREAN, folder.resolve("nowhere"), out, 0.1));
    assertRefused(
        ErrorCode.INPUT_EMPTY,
        "expected .txt, .html",
        () -> CorpusBuilder.build(KOREAN, in.resolve("notes.pdf"), out, 0.1));
    assertThat(out).doesNotExist();
  }

  @Test
  void aFileAloneIsReadAsInAFolder() throws IOException {
    file("a.txt", korean(0, 10));
    CorpusReport.Figures folderOfOne = build();
    file("b.txt", korean(10, 30));
    Path other = folder.resolve("other");

    CorpusReport.Figures alone =
        CorpusBuilder.build(KOREAN, in.resolve("a.txt"), other, 0.1).figures();

    assertThat(alone).isEqualTo(folderOfOne);
    assertThat(RunFolder.manifest(other).inputs()).isEqualTo(RunFolder.manifest(out).inputs());
  }

  @Test
  void hiddenFilesAndUnfinishedFoldersAreNotRead() throws IOException {
    file("a.txt", korean(0, 10));
    file(".ko.1jcwh2c5.part/text.txt", korean(10, 20));
    file(".draft.txt", korean(20, 30));

    assertThat(build().input().read()).isEqualTo(10);
  }

  @Test
  void hugeLinesAreQuarantinedNotRead() throws IOException {
    file("huge.txt", sentence(1) + "\n" + "가".repeat(4_000_000) + "\n" + sentence(2) + "\n");
    file("huge.jsonl", "{\"text\":\"" + "나".repeat(8_000_000) + "\"}\n");
    file("huge.html", "<p>" + "x".repeat(9_000_000));

    CorpusReport.Figures figures = build();

    assertThat(figures.quarantined())
        .containsEntry("document.too-long", 2L)
        .containsEntry("file.too-large", 1L);
    assertThat(figures.keptDocuments()).isEqualTo(2);
  }

  @Test
  void theFirstOfEqualTextsStays() throws IOException {
    String text = sentence(1);
    file("a.jsonl", "{\"id\":\"first\",\"text\":\"" + text + "\"}\n");
    file("b.jsonl", "{\"id\":\"second\",\"text\":\"  " + text.replace(" ", "\u00A0") + "\"}\n");

    build();

    List<Document> kept = new ArrayList<>(all(Documents.train(out)));
    kept.addAll(all(Documents.heldOut(out)));
    assertThat(kept).extracting(Document::id).containsExactly("first");
    Map<String, Object> dropped = records("dropped/duplicate.exact.jsonl.zst").getFirst();
    assertThat(dropped).containsEntry("id", "second").containsEntry("rule", "duplicate.exact");
    assertThat(dropped.get("value").toString()).contains("line 1");
  }

  @Test
  void twoTextsOfOneIdBothStayUnderIdsOfTheirOwn() throws IOException {
    file(
        "a.jsonl",
        "{\"id\":\"x\",\"text\":\""
            + sentence(1)
            + "\"}\n{\"id\":\"x\",\"text\":\""
            + sentence(2)
            + "\"}\n");

    build();

    List<Document> kept = new ArrayList<>(all(Documents.train(out)));
    kept.addAll(all(Documents.heldOut(out)));
    assertThat(kept).hasSize(2).extracting(Document::id).doesNotHaveDuplicates().contains("x");
  }

  @Test
  void licencesBeyondTheFirstThousandAreCountedTogether() throws IOException {
    StringBuilder records = new StringBuilder();
    for (int i = 0; i < 1_100; i++) {
      records.append(Json.text(Map.of("text", sentence(i), "licence", "by " + i))).append('\n');
    }
    file("a.jsonl", records.toString());

    CorpusReport.Figures figures = build();

    assertThat(figures.licences()).hasSize(1_001).containsEntry("(others)", 100L);
  }

  @Test
  void theSamePageIsHeldOutAsAWholeInEveryLanguage() throws IOException {
    StringBuilder korean = new StringBuilder();
    StringBuilder french = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      String id = i / 5 + ".html#par_" + i;
      korean.append(Json.text(Map.of("id", id, "text", sentence(i)))).append('\n');
      french
          .append(
              Json.text(Map.of("id", id, "text", "Ceci est la phrase numéro " + i + " du livre.")))
          .append('\n');
    }
    file("text.jsonl", korean.toString());
    build();
    Set<String> koreanIds =
        new HashSet<>(all(Documents.heldOut(out)).stream().map(Document::id).toList());
    file("text.jsonl", french.toString());
    Path other = folder.resolve("other");

    CorpusBuilder.build(LanguageProfile.of("fr"), in, other, 0.1);

    assertThat(all(Documents.heldOut(other)).stream().map(Document::id))
        .containsExactlyInAnyOrderElementsOf(koreanIds)
        .isNotEmpty();
    assertThat(koreanIds.stream().map(Candidate::whole).distinct()).hasSize(koreanIds.size() / 5);
  }

  @Test
  void ofManyFilesSomeAreHeldOutAsAWhole() throws IOException {
    for (int i = 0; i < 100; i++) {
      if (i % 2 == 0) {
        file(i + ".txt", korean(4 * i, 4 * i + 4));
      } else {
        file(i + ".html", "<p>" + sentence(4 * i) + "</p><p id=x>" + sentence(4 * i + 1) + "</p>");
      }
    }
    build();
    Set<String> heldOut =
        all(Documents.heldOut(out)).stream().map(Document::source).collect(Collectors.toSet());
    Set<String> train =
        all(Documents.train(out)).stream().map(Document::source).collect(Collectors.toSet());
    assertThat(heldOut).hasSizeBetween(2, 25).doesNotContainAnyElementsOf(train);
  }

  @Test
  void nothingForeignIsOverwritten() throws IOException {
    file("a.txt", korean(0, 5));
    Files.createDirectory(out);
    Files.writeString(out.resolve("diary.txt"), "mine");

    assertRefused(ErrorCode.HOME_CONFLICT, "not replaced", this::build);
    assertRefused(
        ErrorCode.USAGE,
        "inside each other",
        () -> CorpusBuilder.build(KOREAN, in, in.resolve("corpus"), 0.1));
    assertRefused(
        ErrorCode.USAGE, "inside each other", () -> CorpusBuilder.build(KOREAN, in, folder, 0.1));
    assertRefused(
        ErrorCode.USAGE, "held-out share", () -> CorpusBuilder.build(KOREAN, in, out, 0.7));
    assertThat(out.resolve("diary.txt")).hasContent("mine");
  }

  @Test
  void theReportShowsHostileTextAsText() throws IOException {
    file("<b>.txt", "<script>alert(1)</script> in English, not Korean.\n" + korean(0, 3));

    build();

    assertThat(Files.readString(out.resolve("report.html")))
        .doesNotContain("<script>")
        .contains("&lt;script&gt;alert(1)")
        .contains("<h1>말뭉치 보고서: 한국어</h1>");
  }

  @Test
  void droppedTextThatHasNoUtf8IsWrittenAllTheSame() throws IOException {
    file("a.jsonl", "{\"text\":\"half \\ud83d pair\"}\n{\"text\":\"" + sentence(1) + "\"}\n");

    CorpusReport.Figures figures = build();

    assertThat(figures.dropped().getFirst().rule()).isEqualTo("text.broken-encoding");
    assertThat(records("dropped/text.broken-encoding.jsonl.zst").getFirst().get("text"))
        .isEqualTo("half \uFFFD pair");
  }
}
