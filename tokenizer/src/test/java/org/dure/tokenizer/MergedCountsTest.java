package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergedCountsTest {
  private static final int VOCABULARY = 500;

  @TempDir Path folder;

  record Bytes(byte[] bytes) implements MergedCounts.Part {
    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }
  }

  private static List<WordCounts> random(SplittableRandom random) {
    List<WordCounts> parts = new ArrayList<>();
    for (int i = random.nextInt(1, 6); i > 0; i--) {
      parts.add(WordCounts.count(List.of(NaiveBpe.any(random, random.nextInt(2_000)), "a b a b")));
    }
    return parts;
  }

  private byte[] tokenizer(MergedCounts counts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TokenizerTrainer.write(counts, VOCABULARY, folder, out, (merges, total) -> {});
    return out.toByteArray();
  }

  @Test
  void partsThatAreReadSideBySideGiveTheTokenizerOfTheirCountsInMemory() throws IOException {
    SplittableRandom random =
        Seeded.random("partsThatAreReadSideBySideGiveTheTokenizerOfTheirCountsInMemory");
    for (int i = 0; i < 8; i++) {
      List<WordCounts> parts = random(random);
      MergedCounts merged =
          new MergedCounts(parts.stream().map(part -> new Bytes(part.bytes())).toList());
      WordCounts whole = WordCounts.merge(parts);
      List<WordCounts.Entry> entries = new ArrayList<>();
      merged.forEach(entries::add);
      assertThat(entries).usingRecursiveComparison().isEqualTo(List.of(whole.entries()));
      assertThat(merged.size()).isEqualTo(whole.size());
      assertThat(tokenizer(merged)).isEqualTo(TokenizerTrainer.train(whole, VOCABULARY).json());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  /// What the release before the counts were read side by side made of them.
  @Test
  void theTokenizerIsThatOfEarlierReleases() throws IOException {
    WordCounts ko = WordCounts.count(List.of("두레 두레 학교 학교에서 함께 함께 배운다", "배운다 배우고"));
    WordCounts vi =
        WordCounts.count(List.of("trường học cùng học cùng nhau", "học \"học\" nữa 123"));
    byte[] json =
        tokenizer(new MergedCounts(List.of(new Bytes(ko.bytes()), new Bytes(vi.bytes()))));
    Object model = Objects.requireNonNull(Json.object(json).get("model"));
    assertThat(Sha256.of(Json.bytes(model))).isEqualTo(GOLDEN);
  }

  private static final String GOLDEN =
      "4ee3537c7967cfe62c779d057e740d60767c7742c3a81e72db69fd9d851a9645";

  @Test
  void aPartThatIsNoWordCountsIsRefused() {
    byte[] good = WordCounts.count(List.of("두레 aaa bbb")).bytes();
    MergedCounts.check(new Bytes(good));
    for (int i = 0; i < good.length; i++) {
      byte[] changed = good.clone();
      changed[i] ^= 4;
      assertThatThrownBy(() -> MergedCounts.check(new Bytes(changed)))
          .isInstanceOfSatisfying(
              DureException.class,
              e ->
                  assertThat(e.code()).isIn(ErrorCode.INPUT_MALFORMED, ErrorCode.ARTIFACT_CORRUPT));
    }
    byte[] text =
        "no counts at all, but more than fifty-six bytes of plain text"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> MergedCounts.check(new Bytes(text))).hasMessageContaining("DUREWCNT");
  }

  /// Parts of 13 MB in a process whose heap is 8 MB.
  @Test
  void aProcessThatIsSmallerThanItsPartsLearnsFromThem() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx8m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SmallLearner.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said.strip()).matches("[1-9][0-9]* tokens from 1[0-9] MB, 800000 chunks");
  }

  @Test
  void aPartWhoseCountsWouldLeaveNoRoomForThoseOfOthersIsRefused() {
    byte[] most = WordCountsTest.single("a", (1L << 48) - 1).bytes();
    MergedCounts.check(new Bytes(most));
    MergedCounts together = new MergedCounts(Collections.nCopies(255, new Bytes(most)));
    assertThat(together.size()).isEqualTo(1);

    byte[] more = WordCountsTest.single("a", 1L << 48).bytes();
    assertThatThrownBy(() -> MergedCounts.check(new Bytes(more))).hasMessageContaining("2^48");
  }
}
