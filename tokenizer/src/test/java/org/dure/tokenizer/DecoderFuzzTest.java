package org.dure.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.Decoding;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The readers of the tokenizer before hostile bytes.
class DecoderFuzzTest {
  private static final List<String> TEXTS =
      List.of("the cat and the hat", "두레 두레 두레", "le chat et le rat", "con mèo và cái mũ");
  private static final Tokenizer TOKENIZER =
      TokenizerTrainer.train(WordCounts.count(TEXTS), 280, (done, total) -> {});

  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  static Stream<Arguments> tokenizers() {
    return Stream.of(seed(TOKENIZER.json()));
  }

  @MethodSource("tokenizers")
  @FuzzTest
  void aTokenizerIsReadAndRoundTripsOrIsRefused(byte[] bytes) {
    Decoding.of(bytes, Tokenizer::parse, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            tokenizer -> {
              assertThat(tokenizer.json()).isEqualTo(bytes);
              for (String text : TEXTS) {
                assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
              }
            });
  }

  static Stream<Arguments> texts() {
    return Stream.of(
        seed("a  12345 x\r\n\t'll".getBytes(UTF_8)), seed("두레 각 e\u0301 🍾".getBytes(UTF_8)));
  }

  @MethodSource("texts")
  @FuzzTest
  void everyTextComesBackAsItsNormalForm(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    int[] tokens = TOKENIZER.encode(text);
    assertThat(TOKENIZER.decode(tokens)).isEqualTo(Normalizer.normalize(text, Normalizer.Form.NFC));
  }

  static Stream<Arguments> counts() {
    return Stream.of(
        seed(body(WordCounts.count(TEXTS).bytes())),
        seed(body(WordCounts.count(List.of()).bytes())));
  }

  private static byte[] body(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length - 32);
  }

  /// The digest at the end is made to fit: only so does anything behind it see the bytes.
  @MethodSource("counts")
  @FuzzTest
  void countsWithAGoodDigestHaveExactlyTheseBytesOrAreRefused(byte[] body) {
    byte[] bytes = Arrays.copyOf(body, body.length + 32);
    System.arraycopy(Sha256.digest().digest(body), 0, bytes, body.length, 32);
    Decoding.of(bytes, WordCounts::parse, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            counts -> {
              assertThat(counts.bytes()).isEqualTo(bytes);
              WordCounts.merge(List.of(counts, counts));
            });
  }

  @MethodSource("counts")
  @FuzzTest
  void countsAreReadOrRefused(byte[] bytes) {
    Decoding.of(bytes, WordCounts::parse, ErrorCode.INPUT_MALFORMED, ErrorCode.ARTIFACT_CORRUPT);
  }

  static Stream<Arguments> shards() throws IOException {
    Path scratch = Files.createTempDirectory("shard");
    try {
      Path file = scratch.resolve("tokens");
      try (TokenShard.Writer writer = TokenShard.writer(file, TOKENIZER.digest())) {
        writer.add(new int[] {1, 2, 3, 70_000}, 4);
      }
      Path narrow = scratch.resolve("narrow");
      try (TokenShard.Writer writer = TokenShard.writer(narrow, TOKENIZER.digest())) {
        writer.add(new int[] {1, 2, 3}, 4);
      }
      return Stream.of(
          seed(body(Files.readAllBytes(file))), seed(body(Files.readAllBytes(narrow))));
    } finally {
      AtomicFiles.delete(scratch);
    }
  }

  @MethodSource("shards")
  @FuzzTest
  void aShardWithAGoodDigestIsReadToItsEndOrRefused(byte[] body) throws IOException {
    byte[] bytes = Arrays.copyOf(body, body.length + 32);
    System.arraycopy(Sha256.digest().digest(body), 0, bytes, body.length, 32);
    Path file = Files.write(folder.resolve("shard"), bytes);
    Decoding.of(
        bytes,
        raw -> {
          try (TokenShard shard = TokenShard.open(file)) {
            assertThat(shard.tokens()).isBetween(0L, (long) raw.length);
            int[] tokens = new int[(int) shard.tokens()];
            shard.read(0, tokens);
            assertThat(shard.sourceBytes()).isNotNegative();
            assertThat(Arrays.stream(tokens).min().orElse(0)).isNotNegative();
            return tokens;
          }
        },
        ErrorCode.INPUT_MALFORMED);
  }

  @MethodSource("shards")
  @FuzzTest
  void aShardIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("shard"), bytes);
    Decoding.of(
        bytes,
        raw -> {
          try (TokenShard shard = TokenShard.open(file)) {
            return shard.tokens();
          }
        },
        ErrorCode.INPUT_MALFORMED,
        ErrorCode.ARTIFACT_CORRUPT);
  }
}
