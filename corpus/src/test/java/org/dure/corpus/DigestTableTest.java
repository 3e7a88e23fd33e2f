package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestTableTest {
  /// Full after 49 texts, and its filter soon lets everything pass.
  private static final DigestTable.Size TINY = new DigestTable.Size(64, 1024);

  @TempDir Path folder;

  private DigestTable table(DigestTable.Size size) {
    return new DigestTable(folder.resolve("digests"), size);
  }

  @Test
  void theTableAnswersAsAMapWhateverItsSize() throws IOException {
    SplittableRandom random = Seeded.random("theTableAnswersAsAMapWhateverItsSize");
    try (DigestTable tiny = table(TINY);
        DigestTable standard = table(DigestTable.Size.STANDARD)) {
      Map<String, Long> map = new HashMap<>();
      for (int i = 1; i <= 20_000; i++) {
        String text = "text " + random.nextInt(8_000);
        Long before = map.putIfAbsent(text, (long) i);
        long expected = before == null ? i : before;
        assertThat(tiny.putIfAbsent(text, i)).isEqualTo(expected);
        assertThat(standard.putIfAbsent(text, i)).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyTextOfMergedRunsIsFound() throws IOException {
    try (DigestTable table = table(TINY)) {
      for (int i = 1; i <= 30_000; i++) {
        assertThat(table.putIfAbsent("text " + i, i)).isEqualTo(i);
      }
      for (int i = 1; i <= 30_000; i++) {
        assertThat(table.putIfAbsent("text " + i, DigestTable.MOST_VALUE)).isEqualTo(i);
      }
    }
  }

  @Test
  void nothingOfItIsSeenInTheFolder() throws IOException {
    try (DigestTable table = table(TINY)) {
      for (int i = 1; i <= 1_000; i++) {
        assertThat(table.putIfAbsent("text " + i, i)).isEqualTo(i);
      }
      assertThat(folder).isEmptyDirectory();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theLargestNumberIsKeptAndALargerOneRefused() throws IOException {
    try (DigestTable table = table(TINY)) {
      long most = DigestTable.MOST_VALUE;
      assertThat(table.putIfAbsent("a", most)).isEqualTo(most);
      assertThat(table.putIfAbsent("a", 1)).isEqualTo(most);
      for (long wrong : new long[] {0, -1, most + 1}) {
        assertThatThrownBy(() -> table.putIfAbsent("b", wrong))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
