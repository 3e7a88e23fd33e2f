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

class PartCountsTest {
  private static final int VOCABULARY = 500;

  @TempDir Path folder;

  record Bytes(byte[] bytes) implements PartCounts.Part {
    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }
  }

  private byte[] tokenizer(WordCounts... parts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TokenizerTrainer.write(
        Stream.of(parts).map(part -> new PartCounts(new Bytes(part.bytes()))).toList(),
        VOCABULARY,
        folder,
        out,
        (merges, total) -> {});
    return out.toByteArray();
  }

  @Test
  void aPartThatIsReadFromWhereItLiesGivesTheTokenizerOfItsCountsInMemory() throws IOException {
    SplittableRandom random =
        Seeded.random("aPartThatIsReadFromWhereItLiesGivesTheTokenizerOfItsCountsInMemory");
    for (int i = 0; i < 8; i++) {
      WordCounts counts =
          WordCounts.count(List.of(NaiveBpe.any(random, random.nextInt(2_000)), "a b a b"));
      PartCounts part = new PartCounts(new Bytes(counts.bytes()));
      List<WordCounts.Entry> entries = new ArrayList<>();
      part.forEach(entries::add);
      assertThat(entries).usingRecursiveComparison().isEqualTo(List.of(counts.entries()));
      assertThat(part.size()).isEqualTo(counts.size());
      assertThat(tokenizer(counts)).isEqualTo(TokenizerTrainer.train(counts, VOCABULARY).json());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  /// One text in one part is what releases have always made of it.
  @Test
  void theTokenizerIsThatOfEarlierReleases() throws IOException {
    WordCounts ko = WordCounts.count(List.of("두레 두레 학교 학교에서 함께 함께 배운다", "배운다 배우고"));
    WordCounts vi =
        WordCounts.count(List.of("trường học cùng học cùng nhau", "học \"học\" nữa 123"));
    byte[] json = tokenizer(WordCounts.merge(List.of(ko, vi)));
    Object model = Objects.requireNonNull(Json.object(json).get("model"));
    assertThat(Sha256.of(Json.bytes(model))).isEqualTo(GOLDEN);
  }

  private static final String GOLDEN =
      "4ee3537c7967cfe62c779d057e740d60767c7742c3a81e72db69fd9d851a9645";

  @Test
  void aPartThatIsNoWordCountsIsRefused() {
    byte[] good = WordCounts.count(List.of("두레 aaa bbb")).bytes();
    assertThat(new PartCounts(new Bytes(good)).size()).isPositive();
    for (int i = 0; i < good.length; i++) {
      byte[] changed = good.clone();
      changed[i] ^= 4;
      assertThatThrownBy(() -> new PartCounts(new Bytes(changed)))
          .isInstanceOfSatisfying(
              DureException.class,
              e ->
                  assertThat(e.code()).isIn(ErrorCode.INPUT_MALFORMED, ErrorCode.ARTIFACT_CORRUPT));
    }
    byte[] text =
        "no counts at all, but more than fifty-six bytes of plain text"
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> new PartCounts(new Bytes(text))).hasMessageContaining("DUREWCNT");
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
}
