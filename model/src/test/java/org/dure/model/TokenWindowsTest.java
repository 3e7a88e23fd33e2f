package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.tokenizer.TokenShard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenWindowsTest {
  private static final int MANY = 1 << 20;

  @TempDir Path folder;

  private Path numbered(String name, int from, int count) {
    return Samples.write(folder.resolve(name), IntStream.range(from, from + count).toArray());
  }

  @Test
  void aPermutationOfAnySizeHitsEveryPlaceOnce() {
    SplittableRandom random = Seeded.random("aPermutationOfAnySizeHitsEveryPlaceOnce");
    for (int size : new int[] {1, 2, 3, 4, 5, 16, 17, 1000, random.nextInt(1, 5000)}) {
      Permutation permutation = new Permutation(size, random.nextLong());
      BitSet hit = new BitSet();
      for (int i = 0; i < size; i++) {
        hit.set(Math.toIntExact(permutation.at(i)));
      }
      assertThat(hit.cardinality()).isEqualTo(size);
      assertThat(hit.length()).isEqualTo(size);
    }
  }

  @Test
  void aPermutationShuffles() {
    Permutation permutation = new Permutation(10_000, 1);
    long rising =
        IntStream.range(0, 9_999).filter(i -> permutation.at(i) < permutation.at(i + 1)).count();
    assertThat(rising).isBetween(4_700L, 5_300L);
  }

  @Test
  void everyEpochHasEveryWindowOnceInAnotherOrder() {
    List<Path> files = List.of(numbered("a", 0, 101), numbered("b", 1000, 57));
    try (TokenWindows windows = TokenWindows.open(files, 10, 3, MANY)) {
      assertThat(windows.windows()).isEqualTo(10 + 5);
      List<List<Integer>> orders = new ArrayList<>();
      int[] into = new int[5 * 11];
      for (int epoch = 0; epoch < 4; epoch++) {
        List<Integer> order = new ArrayList<>();
        Set<Integer> predicted = new HashSet<>();
        for (int step = 1; step <= 3; step++) {
          windows.read(epoch * 3 + step, 5, into);
          for (int i = 0; i < 5; i++) {
            order.add(into[i * 11]);
            for (int t = 1; t <= 10; t++) {
              assertThat(into[i * 11 + t]).isEqualTo(into[i * 11] + t);
              predicted.add(into[i * 11 + t]);
            }
          }
        }
        assertThat(predicted).hasSize(150);
        orders.add(order);
      }
      assertThat(new HashSet<>(orders)).hasSize(4);
    }
  }

  @Test
  void noTokenIsLeftOutForEver() {
    try (TokenWindows windows = TokenWindows.open(List.of(numbered("a", 0, 28)), 10, 3, MANY)) {
      Set<Integer> seen = new HashSet<>();
      int[] into = new int[2 * 11];
      for (int step = 1; step <= 60; step++) {
        windows.read(step, 2, into);
        IntStream.of(into).forEach(seen::add);
      }
      assertThat(seen).hasSize(28);
    }
  }

  @Test
  void aStepReadsTheSameWhateverWasReadBefore() {
    Path file = numbered("a", 0, 5_000);
    int[] first = new int[8 * 17];
    int[] again = new int[8 * 17];
    try (TokenWindows windows = TokenWindows.open(List.of(file), 16, 3, MANY)) {
      for (int step = 1; step < 100; step++) {
        windows.read(step, 8, first);
      }
    }
    try (TokenWindows windows = TokenWindows.open(List.of(file), 16, 3, MANY)) {
      windows.read(99, 8, again);
    }
    assertThat(again).isEqualTo(first);
    try (TokenWindows windows = TokenWindows.open(List.of(file), 16, 4, MANY)) {
      windows.read(99, 8, again);
    }
    assertThat(again).isNotEqualTo(first);
  }

  @Test
  void tooLittleTextIsAnErrorThatSaysSo() {
    assertThatThrownBy(() -> TokenWindows.open(List.of(numbered("a", 0, 10)), 10, 3, MANY))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_EMPTY))
        .hasMessageContaining("11 tokens");
    assertThatThrownBy(() -> TokenWindows.open(List.of(), 10, 3, MANY))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_EMPTY));
  }

  @Test
  void shardsOfTwoTokenizersAreRefused() {
    Path other = folder.resolve("other");
    try (TokenShard.Writer writer = TokenShard.writer(other, "cd".repeat(32))) {
      writer.add(new int[100], 100);
    }
    assertThatThrownBy(() -> TokenWindows.open(List.of(numbered("a", 0, 100), other), 10, 3, MANY))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("one tokenizer");
  }

  @Test
  void equalDigestsMeanTheSameTokensInTheSameOrder() {
    Path first = numbered("a", 0, 100);
    Path equal = numbered("b", 0, 100);
    Path other = numbered("c", 1, 100);
    String digest = digest(first, other);
    assertThat(digest(equal, other)).isEqualTo(digest);
    assertThat(digest(first, equal)).isNotEqualTo(digest);
    assertThat(digest(other, first)).isNotEqualTo(digest);
  }

  private static String digest(Path... files) {
    try (TokenWindows windows = TokenWindows.open(List.of(files), 10, 3, MANY)) {
      return windows.digest();
    }
  }

  @Test
  void aChangedShardIsRefusedByName() throws IOException {
    Path file = numbered("a", 0, 100);
    byte[] bytes = Files.readAllBytes(file);
    bytes[100] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> TokenWindows.open(List.of(file), 10, 3, MANY))
        .isInstanceOf(DureException.class)
        .hasMessageContaining(file.toString());
  }
}
