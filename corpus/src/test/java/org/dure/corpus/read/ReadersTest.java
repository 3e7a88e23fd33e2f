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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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

        @Override
        public void leftOut(String rule, long characters) {
          throw new AssertionError("no page is read here");
        }
      };

  private static InputFile file(String name) {
    return InputFile.of(Path.of(name), name, 0).orElseThrow();
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

  private void jsonLines(String content) throws IOException {
    InputLimits limits = new InputLimits(20, 100, 1000);
    JsonLines.read(file("a.jsonl"), new StringReader(content), "ko", limits, reading);
  }

  @Test
  void eachLineIsADocumentWhereNoBlankLinesAre() throws IOException {
    text("one\r\ntwo\rthree\n\n  \nfour", false, 100);

    assertThat(texts()).containsExactly("one", "two", "three", "four");
    assertThat(ids()).containsExactly("a.txt:1", "a.txt:2", "a.txt:3", "a.txt:6");
    assertThat(candidates).allMatch(c -> c.whole().isEmpty());
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
    assertThat(candidates.get(1).whole()).isEmpty();
  }

  @Test
  void noFieldButTheTextDecidesWhetherThereIsADocument() throws IOException {
    jsonLines(
        """
        {"id":41.0,"text":"a"}
        {"id":4.2e1,"text":"b"}
        {"id":123456789012345678901234567890,"text":"c"}
        {"id":1e99999999999,"text":"d"}
        {"id":-0.50,"text":"e"}
        {"id":null,"text":"f"}
        {"id":["x"],"text":"g"}
        {"id":true,"text":"h"}
        {"text":"i","license":["MIT","CC0"]}
        {"text":"j","licence":null,"license":{"name":"MIT"}}
        {"text":"k","score":NaN,"meta":{"a":[1,{"b":null}]}}
        {"text":"l","id":1,"id":2,"source":5}
        \uFEFF{"text":"m","x":1,"x":2}
        """
            .replace("\\uFEFF", "\uFEFF"));

    assertThat(quarantined).isEmpty();
    assertThat(String.join("", texts())).isEqualTo("abcdefghijklm");
    assertThat(ids())
        .containsExactly(
            "41",
            "42",
            "123456789012345678901234567890",
            "1e99999999999",
            "-0.5",
            "a.jsonl:6",
            "a.jsonl:7",
            "a.jsonl:8",
            "a.jsonl:9",
            "a.jsonl:10",
            "a.jsonl:11",
            "2",
            "a.jsonl:13");
    assertThat(
            candidates.stream().map(c -> c.document().licence()).filter(l -> !l.equals("unknown")))
        .containsExactly("MIT, CC0", "{\"name\":\"MIT\"}");
    assertThat(candidates.get(11).document().source()).isEqualTo("5");
  }

  @Test
  void aLineEndsAtLfCrOrBothInRecordsToo() throws IOException {
    jsonLines("{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"}\r{\"text\":\"c\"}\n\n");

    assertThat(ids()).containsExactly("a.jsonl:1", "a.jsonl:3", "a.jsonl:4");
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
    for (String end : List.of("\r", "\r\n")) {
      byte[] other =
          new String(wrapped, StandardCharsets.UTF_8)
              .replace("\n", end)
              .getBytes(StandardCharsets.UTF_8);
      byte[] without = "line%s".formatted(end).repeat(30).getBytes(StandardCharsets.UTF_8);
      assertThat(checked(other, 5).blocks()).isTrue();
      assertThat(checked(without, 5).blocks()).isFalse();
    }
    assertThat(checked(lines, 5).blocks()).isFalse();
    assertThat(checked(few, 5).blocks()).isFalse();
  }

  @Test
  void aShareOfTheWholesIsNotTrainedOnWhateverTheText() {
    Map<Split, Integer> parts = new EnumMap<>(Split.class);
    for (int i = 0; i < 10_000; i++) {
      Optional<String> page = Optional.of(i + ".html");
      Split split = Split.of(page, "텍스트", 0.15);
      assertThat(Split.of(page, "texte", 0.15)).isEqualTo(split);
      parts.merge(split, 1, Integer::sum);
    }
    assertThat(parts.get(Split.TRAIN)).isBetween(8_350, 8_650);
    assertThat(parts.get(Split.DEV)).isBetween(430, 570);
    assertThat(parts.get(Split.HELD_OUT)).isBetween(900, 1_100);
    assertThat(Split.of(Optional.empty(), "x", 0)).isEqualTo(Split.TRAIN);
  }

  @Test
  void whatARecordIsAPartOfEndsAtTheFirstNumberSign() {
    assertThat(Candidate.whole("scalc/01/0406.html#par_1#x")).isEqualTo("scalc/01/0406.html");
    assertThat(Candidate.whole("41")).isEqualTo("41");
    assertThat(Candidate.whole("#41")).isEqualTo("#41");
  }
}
