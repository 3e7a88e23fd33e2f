package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;

class TokenizerTrainerTest {
  private static List<NaiveBpe.Pair> fast(List<WordCounts> parts, int merges) {
    List<NaiveBpe.Pair> pairs = new ArrayList<>();
    for (int[] pair : MergeLearner.learn(parts, merges, Scratch.onHeap(), (done, total) -> {})) {
      pairs.add(new NaiveBpe.Pair(pair[0], pair[1]));
    }
    return pairs;
  }

  @Test
  void mergesAreThoseOfTheNaiveTrainer() {
    SplittableRandom random = Seeded.random("mergesAreThoseOfTheNaiveTrainer");
    for (int i = 0; i < 400; i++) {
      List<String> texts = new ArrayList<>();
      for (int n = random.nextInt(1, 6); n > 0; n--) {
        texts.add(NaiveBpe.any(random, random.nextInt(1, 200)));
      }
      WordCounts counts = WordCounts.count(texts);
      int merges = random.nextInt(1, 60);
      assertThat(fast(List.of(counts), merges)).isEqualTo(NaiveBpe.train(List.of(counts), merges));
    }
  }

  @Test
  void severalPartsChooseTheirMergesInTurnAsTheNaiveTrainersDo() {
    SplittableRandom random =
        Seeded.random("severalPartsChooseTheirMergesInTurnAsTheNaiveTrainersDo");
    for (int i = 0; i < 200; i++) {
      List<WordCounts> parts = new ArrayList<>();
      for (int n = random.nextInt(1, 5); n > 0; n--) {
        parts.add(WordCounts.count(List.of(NaiveBpe.any(random, random.nextInt(300)))));
      }
      int merges = random.nextInt(1, 60);
      assertThat(fast(parts, merges)).isEqualTo(NaiveBpe.train(parts, merges));
    }
  }

  /// Chunks that no text has, each often: they would all become tokens before any of a real text.
  @Test
  void aPartChoosesNoMoreThanItsShareHoweverLargeItsCountsAre() {
    WordCounts honest = WordCounts.count(List.of("두레 두레 학교 학교에서 함께 함께 배운다 배운다 배우고 ".repeat(20)));
    SplittableRandom random = new SplittableRandom(1);
    List<WordCounts> chunks = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      StringBuilder chunk = new StringBuilder();
      random.ints(8, 'b', 'z').forEach(letter -> chunk.append((char) letter));
      chunks.add(WordCountsTest.single(chunk.toString(), 1L << 40));
    }
    int merges = 40;
    List<NaiveBpe.Pair> learned = fast(List.of(honest, WordCounts.merge(chunks)), merges);
    Merges tokens =
        Merges.of(
            learned.stream()
                .map(pair -> new int[] {pair.left(), pair.right()})
                .toArray(int[][]::new));
    long hostile =
        IntStream.range(ByteAlphabet.SIZE, tokens.tokens())
            .filter(id -> tokens.bytes(id)[0] >= 'b' && tokens.bytes(id)[0] < 'z')
            .count();
    assertThat(hostile).isEqualTo(merges / 2);
  }

  @Test
  void tokensAreDistinctAndEachIsWhatItsOwnBytesGive() {
    SplittableRandom random = Seeded.random("tokensAreDistinctAndEachIsWhatItsOwnBytesGive");
    for (int i = 0; i < 100; i++) {
      WordCounts counts = WordCounts.count(List.of(NaiveBpe.repetitive(random, 2_000)));
      Merges merges =
          Merges.of(
              MergeLearner.learn(List.of(counts), 300, Scratch.onHeap(), (done, total) -> {}));
      Set<String> tokens = new HashSet<>();
      for (int id = 0; id < merges.tokens(); id++) {
        assertThat(tokens.add(ByteAlphabet.write(merges.bytes(id)))).isTrue();
        assertThat(merges.bytes(id).length).isLessThanOrEqualTo(64);
      }
      assertThat(new ChunkEncoder(merges).unreachable()).isEqualTo(-1);
    }
  }

  @Test
  void countsBeyondThirtyTwoBitsDecide() {
    // In 32 bits the first count would wrap to 1 and lose against the second.
    WordCounts large = counts("ab", (1L << 32) + 1, "cd", 1_000, "xaby", 1L << 40);
    Tokenizer tokenizer = TokenizerTrainer.train(large, 256 + 3 + 2);
    assertThat(new String(tokenizer.bytes(256), StandardCharsets.UTF_8)).isEqualTo("ab");
    assertThat(new String(tokenizer.bytes(257), StandardCharsets.UTF_8)).isEqualTo("xab");
  }

  private static WordCounts counts(Object... chunksAndCounts) {
    List<WordCounts> parts = new ArrayList<>();
    for (int i = 0; i < chunksAndCounts.length; i += 2) {
      parts.add(
          WordCountsTest.single(
              (String) chunksAndCounts[i], ((Number) chunksAndCounts[i + 1]).longValue()));
    }
    return WordCounts.merge(parts);
  }

  @Test
  void ofEqualCountsTheSmallerTokensComeFirst() {
    Tokenizer tokenizer = TokenizerTrainer.train(counts("dc", 5, "ba", 5, "bc", 5), 256 + 3 + 3);
    assertThat(new String(tokenizer.bytes(256), StandardCharsets.UTF_8)).isEqualTo("ba");
    assertThat(new String(tokenizer.bytes(257), StandardCharsets.UTF_8)).isEqualTo("bc");
    assertThat(new String(tokenizer.bytes(258), StandardCharsets.UTF_8)).isEqualTo("dc");
  }

  @Test
  void theSameCountsGiveTheSameBytesWhateverTheOrderOfTheRegions() {
    SplittableRandom random = Seeded.random("theSameCountsGiveTheSameBytes");
    WordCounts one = WordCounts.count(List.of(NaiveBpe.any(random, 3_000)));
    WordCounts two = WordCounts.count(List.of(NaiveBpe.any(random, 3_000)));
    Tokenizer first = TokenizerTrainer.train(WordCounts.merge(List.of(one, two)), 400);
    Tokenizer second = TokenizerTrainer.train(WordCounts.merge(List.of(two, one)), 400);
    assertThat(second.digest()).isEqualTo(first.digest()).isEqualTo(Sha256.of(first.json()));
  }

  @Test
  void aMegabyteOfOneLetterIsTrainedOn() {
    WordCounts counts = WordCounts.count(List.of("a".repeat(1 << 20)));
    assertThat(counts.size()).isEqualTo(1);
    Tokenizer tokenizer = TokenizerTrainer.train(counts, 1_000);
    assertThat(tokenizer.encode("a".repeat(64))).hasSize(1);
    assertThat(tokenizer.encode("a".repeat(1 << 20))).hasSize(1 << 14);
  }

  @Test
  void learningEndsWhereNoPairOccursTwice() {
    Tokenizer tokenizer = TokenizerTrainer.train(WordCounts.count(List.of("ab ab cd")), 50_000);
    assertThat(tokenizer.tokens()).isEqualTo(256 + 3 + 1);
    assertThat(tokenizer.vocabularySize()).isEqualTo(384);
  }

  @Test
  void theListenerSeesEveryMerge() {
    List<Integer> seen = new ArrayList<>();
    TokenizerTrainer.train(
        WordCounts.count(List.of("abcabcabc")), 261, (merges, total) -> seen.add(merges));
    assertThat(seen).containsExactly(0, 1, 2);
  }

  @Test
  void noWordsAndImpossibleSizesAreRefused() {
    assertThatThrownBy(() -> TokenizerTrainer.train(WordCounts.count(List.of()), 4_096))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_EMPTY));
    WordCounts counts = WordCounts.count(List.of("abc"));
    for (int size : new int[] {-1, 0, 258, (1 << 20) + 1}) {
      assertThatThrownBy(() -> TokenizerTrainer.train(counts, size))
          .isInstanceOfSatisfying(
              DureException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
          .hasMessageContaining("259 to 1048576");
    }
  }
}
