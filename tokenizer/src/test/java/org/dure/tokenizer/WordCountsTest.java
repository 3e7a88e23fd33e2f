package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;

class WordCountsTest {
  /// The file of one chunk, written here by hand from the specification.
  static WordCounts single(String chunk, long count) {
    return WordCounts.parse(file(1, entry(chunk.getBytes(StandardCharsets.UTF_8), count)));
  }

  private static byte[] entry(byte[] chunk, long count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(chunk.length);
    out.writeBytes(chunk);
    while (count >= 128) {
      out.write((int) (count % 128) + 128);
      count /= 128;
    }
    out.write((int) count);
    return out.toByteArray();
  }

  private static byte[] file(long size, byte[]... entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    header.put("DUREWCNT".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(0).putLong(size);
    out.writeBytes(header.array());
    for (byte[] entry : entries) {
      out.writeBytes(entry);
    }
    out.writeBytes(Sha256.digest().digest(out.toByteArray()));
    return out.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void theRarestChunksAreForgottenWhereThereAreTooMany() {
    long most = 10_000;
    ChunkCounter counter = new ChunkCounter(most, Pieces.WHOLE);
    Map<String, Long> counts = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      counter.add(i % 4 == 0 ? " 두레" : " word" + Integer.toString(i, 36).replaceAll("[0-9]", "z"));
      long bytes = 0;
      if (i % 1_000 == 999) {
        counts.clear();
        for (WordCounts.Entry entry : counter.entries(1, 1)) {
          bytes += entry.chunk().length;
          counts.put(new String(entry.chunk(), StandardCharsets.UTF_8), entry.count());
        }
        assertThat(bytes).isPositive().isLessThanOrEqualTo(most);
        assertThat(counts).containsEntry(" 두레", i / 4 + 1L);
      }
    }
  }

  @Test
  void countsAreThoseOfTheChunksInNormalForm() {
    WordCounts counts = WordCounts.count(List.of("두레 두레 학교", Normal.decomposed("두레 Việt"), "Việt"));
    assertThat(counts.of("두레")).isEqualTo(2);
    assertThat(counts.of(" 두레")).isEqualTo(1);
    assertThat(counts.of(" Việt")).isEqualTo(1);
    assertThat(counts.of("Việt")).isEqualTo(1);
    assertThat(counts.of("none")).isZero();
    assertThat(counts.total()).isEqualTo(6);
    assertThat(counts.size()).isEqualTo(5);
  }

  @Test
  void randomTextIsCountedAsAMapCounts() {
    SplittableRandom random = Seeded.random("randomTextIsCountedAsAMapCounts");
    List<String> texts = new ArrayList<>();
    Map<String, Long> expected = new HashMap<>();
    while (texts.size() < 300) {
      String text = Normal.composed(NaiveBpe.any(random, random.nextInt(60)));
      List<String> chunks = NaiveBpe.split(text);
      if (chunks.stream().allMatch(c -> c.getBytes(StandardCharsets.UTF_8).length <= 64)) {
        texts.add(text);
        chunks.forEach(chunk -> expected.merge(chunk, 1L, Long::sum));
      }
    }
    WordCounts counts = WordCounts.count(texts);
    assertThat(counts.size()).isEqualTo(expected.size());
    expected.forEach((chunk, count) -> assertThat(counts.of(chunk)).isEqualTo(count));
  }

  @Test
  void longChunksAreCountedInPiecesOfWholeCodePoints() {
    WordCounts counts = WordCounts.count(List.of("가".repeat(43), "𝒜".repeat(17)));
    assertThat(counts.of("가".repeat(21))).isEqualTo(2);
    assertThat(counts.of("가")).isEqualTo(1);
    assertThat(counts.of("𝒜".repeat(16))).isEqualTo(1);
    assertThat(counts.of("𝒜")).isEqualTo(1);
  }

  @Test
  void bytesComeBackEqual() {
    SplittableRandom random = Seeded.random("bytesComeBackEqual");
    WordCounts counts = WordCounts.count(List.of(Seeded.text(random, 5_000), "a a a"));
    byte[] bytes = counts.bytes();
    assertThat(WordCounts.parse(bytes).bytes()).isEqualTo(bytes);
    byte[] none = WordCounts.count(List.of()).bytes();
    assertThat(WordCounts.parse(none).size()).isZero();
  }

  @Test
  void theBytesAreThoseOfTheSpecification() {
    byte[] bytes = WordCounts.merge(List.of(single("b", 300), single("a", 1))).bytes();
    assertThat(bytes).isEqualTo(file(2, entry(ascii("a"), 1), entry(ascii("b"), 300)));
  }

  @Test
  void mergingIsCountingTogether() {
    SplittableRandom random = Seeded.random("mergingIsCountingTogether");
    List<String> all = new ArrayList<>();
    List<WordCounts> parts = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      List<String> texts = List.of(NaiveBpe.any(random, 500), NaiveBpe.any(random, 500));
      all.addAll(texts);
      parts.add(WordCounts.count(texts));
    }
    assertThat(WordCounts.merge(parts).bytes()).isEqualTo(WordCounts.count(all).bytes());
    assertThat(WordCounts.merge(parts.reversed()).bytes())
        .isEqualTo(WordCounts.merge(parts).bytes());
    assertThat(WordCounts.merge(List.of()).size()).isZero();
  }

  @Test
  void countsThatWouldOverflowAreRefused() {
    WordCounts large = single("a", 1L << 55);
    assertThat(WordCounts.merge(List.of(large)).of("a")).isEqualTo(1L << 55);
    assertThatThrownBy(() -> WordCounts.merge(List.of(large, large, large)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("2^56");
    assertThatThrownBy(() -> single("a", Long.MAX_VALUE)).isInstanceOf(DureException.class);
  }

  @Test
  void everyTruncationAndChangeIsRefused() {
    byte[] whole = WordCounts.count(List.of("두레 aaa bbb")).bytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> WordCounts.parse(cut)).isInstanceOf(DureException.class);
    }
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 4;
      assertThatThrownBy(() -> WordCounts.parse(changed)).isInstanceOf(DureException.class);
    }
  }

  @Test
  void hostileFilesWithARightDigestAreRefusedWithTheReason() {
    refused(file(2, entry(ascii("b"), 1), entry(ascii("a"), 1)), "does not sort after");
    refused(file(2, entry(ascii("a"), 1), entry(ascii("a"), 1)), "does not sort after");
    refused(file(1, entry(ascii("a"), 0)), "count of chunk 0 is 0");
    refused(file(1, new byte[] {1, 'a', (byte) 0x80, 0}), "not written shortest");
    refused(file(1, new byte[] {1, 'a', -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}), "no end");
    refused(file(1, new byte[] {1, 'a', -1}), "no end");
    refused(file(1, entry(new byte[0], 1), new byte[1]), "0 bytes at offset");
    refused(file(1, entry(new byte[65], 1)), "65 bytes at offset");
    refused(file(1, new byte[] {9, 'a', 1}), "9 bytes at offset");
    refused(file(1, entry(new byte[] {(byte) 0xc0, (byte) 0x80}, 1)), "not UTF-8");
    refused(file(1, entry(ascii("a"), 1), entry(ascii("b"), 1)), "follow the last chunk");
    refused(file(Long.MAX_VALUE, entry(ascii("a"), 1)), "cannot lie in");
    refused(file(-1), "cannot lie in");
  }

  private static void refused(byte[] file, String reason) {
    assertThatThrownBy(() -> WordCounts.parse(file))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining(reason);
  }
}
