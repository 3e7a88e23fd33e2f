package org.dure.corpus.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class ReadersTest {
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Quarantine> quarantined = new ArrayList<>();
  private final Reading reading =
      new Reading() {
        @Override
        public void candidate(Candidate candidate) {
          candidates.add(candidate);
        }

        @Override
        public void quarantine(Quarantine quarantine) {
          quarantined.add(quarantine);
        }
      };

  private static InputFile file(String name) {
    return new InputFile(Path.of(name), name, InputFile.Kind.of(name).orElseThrow(), 0);
  }

  private List<String> texts() {
    return candidates.stream().map(c -> c.document().text()).toList();
  }

  private List<String> ids() {
    return candidates.stream().map(c -> c.document().id()).toList();
  }

  private void text(String content, boolean blocks, int limit) throws IOException {
    PlainText.read(file("a.txt"), new StringReader(content), blocks, "ko", limit, reading);
  }

  private void html(String content) throws IOException {
    HtmlPage.read(file("a.html"), new StringReader(content), "ko", 1000, reading);
  }

  private void jsonLines(String content) throws IOException {
    InputLimits limits = new InputLimits(20, 100, 1000);
    JsonLines.read(file("a.jsonl"), new StringReader(content), "ko", limits, reading);
  }

  @Test
  void eachLineIsADocumentWhereNoBlankLinesAre() throws IOException {
    text("one\r\ntwo\rthree\n\n  \nfour", false, 100);

    assertThat(texts()).containsExactly("one", "two", "three", "four");
    assertThat(ids()).containsExactly("a.txt:1", "a.txt:2", "a.txt:3", "a.txt:6");
    assertThat(candidates).allMatch(c -> c.stableId().isEmpty());
  }

  @Test
  void blankLinesSetBlocksApart() throws IOException {
    text("one\ntwo\n\nthree\n\n\n", true, 100);

    assertThat(texts()).containsExactly("one\ntwo", "three");
    assertThat(ids()).containsExactly("a.txt:1", "a.txt:4");
  }

  @Test
  void aLongBlockIsCutAtALineEndAndLosesNothing() throws IOException {
    text("aaaa\nbbbb\ncccc\n", true, 9);

    assertThat(texts()).containsExactly("aaaa\nbbbb", "cccc");
    assertThat(quarantined).isEmpty();
  }

  @Test
  void aLineBeyondTheLimitIsQuarantinedWithItsLength() throws IOException {
    text("short\n" + "x".repeat(5000) + "\nafter", false, 100);

    assertThat(texts()).containsExactly("short", "after");
    assertThat(quarantined)
        .containsExactly(
            new Quarantine(
                "document.too-long", "a.txt", "line 2", "5000 characters", "at most 100"));
  }

  @Test
  void blocksOfAPageAreDocumentsAndNavigationIsNot() throws IOException {
    html(
        """
        <html><head><title>t</title></head><body>
        <nav><p>menu</p></nav><header><p>head</p></header>
        <h1 id="top">A   title</h1>
        <p id="p1">One <b>bold</b>
        word<br>next line</p><p>no id</p>
        <ul><li>first</li><li>second</li></ul>
        <table><tr><td>cell</td><td>other</td></tr></table>
        <p id="p1">same id again</p><p hidden>unseen</p>
        <script>code()</script><footer>foot</footer></body></html>
        """);

    assertThat(texts().stream().map(t -> t.strip().replaceAll(" *\n *", "\n")))
        .containsExactly(
            "A title",
            "One bold word\nnext line",
            "no id",
            "first",
            "second",
            "cell",
            "other",
            "same id again");
    assertThat(ids()).startsWith("a.html#top", "a.html#p1", "a.html:3").doesNotHaveDuplicates();
    assertThat(candidates.get(1).stableId()).contains("a.html#p1");
    assertThat(candidates.get(2).stableId()).isEmpty();
    assertThat(candidates.getLast().stableId()).isEmpty();
  }

  @Test
  void nestingUpToTheLimitDoesNotExhaustTheStack() throws IOException {
    html("<div>".repeat(900) + "deep" + "</div>".repeat(900) + "<p>after</p>");

    assertThat(texts()).containsExactly("deep", "after");
  }

  @Test
  void pagesThatWouldGrowWithoutBoundAreQuarantined() throws IOException {
    html("<div>".repeat(50_000));
    html("<b id=x><i><a href=y><p>".repeat(10_000));
    html("<table><tr><td>".repeat(5_000));
    html("<p>x</p>".repeat(250_000));

    assertThat(candidates).isEmpty();
    assertThat(quarantined)
        .hasSize(4)
        .allMatch(quarantine -> quarantine.rule().equals("page.too-complex"));
  }

  @Test
  void ordinaryPagesPassTheGuard() {
    String open = "<p>text<li>item<td>cell<br><img src=x>";

    assertThat(PageGuard.problem(open.repeat(10_000))).isEmpty();
    assertThat(PageGuard.problem("<p><b>bold</b> <i>x</i></p>".repeat(10_000))).isEmpty();
    assertThat(PageGuard.problem("<script>" + "'<div><b>'".repeat(9_000) + "</script>")).isEmpty();
    assertThat(PageGuard.problem("<!--" + "<div>".repeat(9_000) + "-->< 3 <")).isEmpty();
    assertThat(PageGuard.problem("<script>never closed <b>")).isEmpty();
    assertThat(PageGuard.problem("<")).isEmpty();
  }

  @Test
  void recordsKeepTheirIdSourceAndLicence() throws IOException {
    jsonLines(
        """
        {"id":"p#1","text":"hello","source":"book","licence":"MPL-2.0","url":"x"}
        {"text":"no id"}

        {"id":7,"text":"number","license":"CC0"}
        """);

    assertThat(ids()).containsExactly("p#1", "a.jsonl:2", "7");
    assertThat(candidates.getFirst().document().source()).isEqualTo("book");
    assertThat(candidates.stream().map(c -> c.document().licence()))
        .containsExactly("MPL-2.0", "unknown", "CC0");
    assertThat(candidates.get(1).stableId()).isEmpty();
  }

  @Test
  void brokenRecordsAreQuarantinedByLineAndTheRestIsRead() throws IOException {
    jsonLines(
        """
        {"text":"good"}
        {"text":
        [1,2]
        {"id":"x"}
        {"text":5}
        {"text":"a","text":"b"}
        {"text":"longer than twenty characters"}
        {"text":"%s"}
        {"text":"last"}
        """
            .formatted("y".repeat(200)));

    assertThat(texts()).containsExactly("good", "last");
    assertThat(quarantined.stream().map(Quarantine::place))
        .containsExactly("line 2", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8");
    assertThat(quarantined.stream().map(Quarantine::rule))
        .containsExactly(
            "record.malformed",
            "record.malformed",
            "record.malformed",
            "record.malformed",
            "record.malformed",
            "document.too-long",
            "document.too-long");
  }

  private static Utf8Check checked(byte[] bytes, int step) {
    Utf8Check check = new Utf8Check();
    for (int from = 0; from < bytes.length; from += step) {
      int count = Math.min(step, bytes.length - from);
      byte[] part = Arrays.copyOfRange(bytes, from, from + count);
      check.add(part, count);
    }
    check.end();
    return check;
  }

  @Test
  void theFirstBadByteIsFoundAtItsOffset() {
    SplittableRandom random = Seeded.random("theFirstBadByteIsFoundAtItsOffset");
    for (int i = 0; i < 200; i++) {
      String text = Seeded.text(random, random.nextInt(0, 200)).replace("\0", "");
      byte[] good = text.getBytes(StandardCharsets.UTF_8);
      byte[] bytes = Arrays.copyOf(good, good.length + 4);
      bytes[good.length] = (byte) 0xC0;
      assertThat(checked(good, 1 + random.nextInt(9)).problem()).isEmpty();
      assertThat(checked(bytes, 1 + random.nextInt(9)).problem().orElseThrow().offset())
          .isEqualTo(good.length);
    }
  }

  @Test
  void validityIsTheOneOfTheDecoder() {
    SplittableRandom random = Seeded.random("validityIsTheOneOfTheDecoder");
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = Seeded.text(random, 8).replace("\0", "").getBytes(StandardCharsets.UTF_8);
      int at = random.nextInt(bytes.length);
      bytes[at] = (byte) random.nextInt(1, 256);
      boolean valid = true;
      try {
        String decoded =
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        assertThat(decoded).isNotNull();
      } catch (CharacterCodingException e) {
        valid = false;
      }
      assertThat(checked(bytes, 3).problem().isEmpty()).isEqualTo(valid);
    }
  }

  @Test
  void largeTextIsCheckedAcrossBuffers() {
    byte[] bytes = ("가나다 ".repeat(60_000) + "\uFFFF").getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 1] = 'x';

    assertThat(checked(bytes, 65_536).problem().orElseThrow().offset())
        .isEqualTo(bytes.length - 3L);
  }

  @Test
  void aTextCutWithinACharacterIsFound() {
    byte[] bytes = "가나".getBytes(StandardCharsets.UTF_8);

    Utf8Check check = checked(Arrays.copyOf(bytes, 5), 2);

    assertThat(check.problem().orElseThrow().offset()).isEqualTo(3);
  }

  @Test
  void nulMeansThatItIsNotText() {
    byte[] utf16 = "hello".getBytes(StandardCharsets.UTF_16LE);

    Utf8Check.Problem problem = checked(utf16, 100).problem().orElseThrow();

    assertThat(problem.rule()).isEqualTo("encoding.binary");
    assertThat(problem.offset()).isEqualTo(1);
  }

  @Test
  void paragraphsAreBlocksFromATenthOfBlankLinesOn() {
    byte[] wrapped = "a\nb\nc\n\nd\ne\nf\n".repeat(9).getBytes(StandardCharsets.UTF_8);
    byte[] lines = ("line\n".repeat(30) + "\n\n\n\n\n").getBytes(StandardCharsets.UTF_8);
    byte[] few = ("line\n".repeat(30) + "\nline\n").getBytes(StandardCharsets.UTF_8);

    assertThat(checked(wrapped, 5).blocks()).isTrue();
    assertThat(checked(lines, 5).blocks()).isFalse();
    assertThat(checked(few, 5).blocks()).isFalse();
  }

  @Test
  void aShareOfTheKeysIsHeldOutWhateverTheText() {
    int held = 0;
    for (int i = 0; i < 10_000; i++) {
      Optional<String> id = Optional.of("page.html#" + i);
      boolean first = Candidate.heldOut(id, "텍스트", 0.1);
      assertThat(Candidate.heldOut(id, "texte", 0.1)).isEqualTo(first);
      held += first ? 1 : 0;
    }
    assertThat(held).isBetween(900, 1_100);
    assertThat(Candidate.heldOut(Optional.empty(), "x", 0)).isFalse();
  }
}
