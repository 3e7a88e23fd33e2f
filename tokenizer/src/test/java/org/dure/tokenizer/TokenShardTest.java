package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenShardTest {
  private static final String DIGEST = Sha256.of(new byte[] {1});

  @TempDir Path folder;

  private Path write(int[]... documents) {
    Path file = folder.resolve("tokens-00000.bin");
    try (TokenShard.Writer writer = TokenShard.writer(file, DIGEST)) {
      for (int[] document : documents) {
        writer.add(document, 3L * document.length);
      }
    }
    return file;
  }

  @Test
  void tokensComeBackWithWhatTheyStandFor() {
    Path file = write(new int[] {1, 2, 65_535}, new int[0], new int[] {4});
    try (TokenShard shard = TokenShard.open(file)) {
      assertThat(shard.tokens()).isEqualTo(4);
      assertThat(shard.sourceBytes()).isEqualTo(12);
      assertThat(shard.tokenizerDigest()).isEqualTo(DIGEST);
      int[] into = new int[3];
      shard.read(1, into);
      assertThat(into).containsExactly(2, 65_535, 4);
    }
  }

  @Test
  void tokensAboveSixteenBitsTakeFourBytesEach() throws IOException {
    Path file = write(new int[] {1, 65_536, Integer.MAX_VALUE});
    assertThat(Files.size(file)).isEqualTo(64 + 3 * 4 + 32);
    try (TokenShard shard = TokenShard.open(file)) {
      int[] into = new int[3];
      shard.read(0, into);
      assertThat(into).containsExactly(1, 65_536, Integer.MAX_VALUE);
    }
  }

  @Test
  void manyTokensComeBackFromAnyPlace() {
    SplittableRandom random = Seeded.random("manyTokensComeBackFromAnyPlace");
    int[] all = random.ints(200_000, 0, 60_000).toArray();
    Path file = write(Arrays.copyOf(all, 70_001), Arrays.copyOfRange(all, 70_001, all.length));
    try (TokenShard shard = TokenShard.open(file)) {
      for (int i = 0; i < 100; i++) {
        int from = random.nextInt(all.length);
        int[] into = new int[random.nextInt(all.length - from)];
        shard.read(from, into);
        assertThat(into).isEqualTo(Arrays.copyOfRange(all, from, from + into.length));
      }
    }
  }

  @Test
  void aShardWithoutTokensIsAShard() {
    try (TokenShard shard = TokenShard.open(write())) {
      assertThat(shard.tokens()).isZero();
      shard.read(0, new int[0]);
    }
  }

  @Test
  void readingPastTheEndIsRefused() {
    try (TokenShard shard = TokenShard.open(write(new int[] {1, 2, 3}))) {
      assertThatThrownBy(() -> shard.read(2, new int[2]))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> shard.read(-1, new int[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void everyTruncationIsRefusedByName() throws IOException {
    Path file = write(new int[] {1, 2, 3, 4, 5});
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TokenShard.open(file))
          .isInstanceOf(DureException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void everyChangedByteIsRefusedByName() throws IOException {
    Path file = write(new int[] {1, 2, 3, 4, 5});
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 0x10;
      Files.write(file, changed);
      assertThatThrownBy(() -> TokenShard.open(file))
          .isInstanceOf(DureException.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void aChangedTokenIsCorruptNotMalformed() throws IOException {
    Path file = write(new int[] {1, 2, 3});
    byte[] bytes = Files.readAllBytes(file);
    bytes[64]++;
    Files.write(file, bytes);
    assertThatThrownBy(() -> TokenShard.open(file))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
  }

  @Test
  void aMissingFileIsSaidToBeMissing() {
    assertThatThrownBy(() -> TokenShard.open(folder.resolve("none.bin")))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING));
  }

  @Test
  void nothingAppearsBeforeTheWriterIsClosedNorAfterItIsDiscarded() throws IOException {
    Path file = folder.resolve("tokens-00000.bin");
    TokenShard.Writer writer = TokenShard.writer(file, DIGEST);
    writer.add(new int[] {1}, 1);
    assertThat(file).doesNotExist();
    writer.discard();
    writer.close();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void negativeTokensAreRefused() {
    try (TokenShard.Writer writer = TokenShard.writer(folder.resolve("tokens.bin"), DIGEST)) {
      assertThatThrownBy(() -> writer.add(new int[] {-1}, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
