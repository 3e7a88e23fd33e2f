package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.dure.corpus.read.InputLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A corpus's bytes are promised for its version: what an earlier build made of this input, this
/// one makes too. If a digest here changes, [CorpusFiles#VERSION] does.
class SameBytesTest {
  private static final String DIGEST =
      "5b56dd2e7fa72f228f33faa38c2ae444f5700d83f1be6adcfc1ca8c03d966c07";

  @TempDir Path folder;

  private static String sentence(int number) {
    return "이것은 한국어로 쓴 " + number + "번째 문장입니다.";
  }

  private void file(String name, byte[] content) throws IOException {
    Path file = folder.resolve("in").resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  /// Every kind of file, texts and ids twice and three times, whatever a rule refuses.
  private void input() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    StringBuilder lines = new StringBuilder();
    StringBuilder page = new StringBuilder();
    StringBuilder records = new StringBuilder();
    for (int i = 0; i < 30_000; i++) {
      String text = sentence(random.nextInt(20_000));
      switch (random.nextInt(6)) {
        case 0 -> lines.append("This line is in English ").append(i).append(".\n");
        case 1 -> page.append("<p id=p%d>%s</p>".formatted(random.nextInt(3_000), text));
        case 2, 3 -> {
          String id = "page.html#p" + random.nextInt(3_000);
          String licence = "licence " + random.nextInt(3);
          SequencedMap<String, String> record = new LinkedHashMap<>();
          record.put("id", id);
          record.put("licence", licence);
          record.put("text", text);
          records.append(Json.text(record));
          records.append('\n');
        }
        case 4 -> records.append("{\"text\":\"").append(text).append("\"}\n");
        default -> lines.append(text).append('\n');
      }
    }
    records.append("{\"text\":\"half \\ud83d pair\"}\n{no record\n");
    file("a/lines.txt", lines.toString().getBytes(StandardCharsets.UTF_8));
    file("page.html", page.toString().getBytes(StandardCharsets.UTF_8));
    file("records.jsonl", records.toString().getBytes(StandardCharsets.UTF_8));
    file("z.jsonl.zst", Zstd.compress(records.toString().getBytes(StandardCharsets.UTF_8)));
    file("broken.txt", new byte[] {(byte) 0xFF, 'a'});
  }

  /// Of the files' names and contents, decompressed: how well zstd compresses is its own affair.
  private static String digest(Path out) throws IOException {
    MessageDigest digest = Sha256.digest();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(out)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      String name = out.relativize(file).toString();
      if (name.equals("manifest.json")) {
        continue;
      }
      digest.update(name.getBytes(StandardCharsets.UTF_8));
      try (InputStream raw = Files.newInputStream(file);
          InputStream in = name.endsWith(".zst") ? new ZstdInputStream(raw) : raw) {
        digest.update(in.readAllBytes());
      }
    }
    return Sha256.hex(digest.digest());
  }

  @Test
  void theCorpusIsTheOneThatEarlierBuildsMade() throws IOException {
    input();
    Path in = folder.resolve("in");
    Path out = folder.resolve("out");
    Path little = folder.resolve("little");
    DigestTable.Size tiny = new DigestTable.Size(1 << 10, 1 << 12);
    LanguageProfile korean = LanguageProfile.of("ko");

    CorpusBuilder.build(korean, in, out, 0.1);
    CorpusBuilder.build(
        korean,
        in,
        little,
        0.1,
        CorpusBuilder.Purpose.TRAINING,
        new CorpusBuilder.Means(3, InputLimits.STANDARD, tiny));

    assertThat(digest(out)).isEqualTo(DIGEST);
    assertThat(digest(little)).isEqualTo(DIGEST);
  }
}
