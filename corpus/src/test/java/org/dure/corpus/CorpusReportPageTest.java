package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import org.dure.core.LanguageProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusReportPageTest {
  @TempDir Path folder;

  @Test
  void everyLanguageHasEveryText() {
    for (String language : CorpusMessages.LANGUAGES) {
      CorpusMessages messages = CorpusMessages.of(language);
      assertThat(messages.keys()).as(language).isEqualTo(CorpusMessages.of("en").keys());
      assertThat(messages.keys()).allMatch(key -> !messages.text(key, "1").isBlank());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ko, 말뭉치 보고서: 한국어, 학습용",
    "ja, コーパスのレポート：日本語, 学習用",
    "fr, Rapport sur le corpus : français, Pour l’entraînement",
    "vi, Báo cáo kho văn bản: Tiếng Việt, Để huấn luyện",
    "en, Corpus report: English, For training",
  })
  void thePageSpeaksTheCorpussLanguageAndItsCountsAreTheTerminals(
      String language, String title, String training) throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    String sentence =
        switch (language) {
          case "ko" -> "이것은 한국어로 쓴 %d번째 문장입니다.\n";
          case "ja" -> "これは日本語で書いた%d番目の文です。\n";
          case "fr" -> "Ceci est la phrase numéro %d du livre, et elle est dans le texte.\n";
          case "vi" -> "Đây là câu thứ %d của văn bản được viết bằng tiếng Việt.\n";
          default -> "This is sentence %d of the text and it is in the book.\n";
        };
    StringBuilder text = new StringBuilder("x\n");
    for (int i = 0; i < 1_300; i++) {
      text.append(sentence.formatted(10_000 + i));
    }
    Files.writeString(in.resolve("a.txt"), text);
    Files.writeString(in.resolve("b.html"), "<nav>" + "가".repeat(1_234) + "</nav><p>x</p>");
    Files.write(in.resolve("c.pdf"), new byte[4_321]);
    Files.write(in.resolve("d.txt"), new byte[2_345]);

    CorpusReport report =
        CorpusBuilder.build(LanguageProfile.of(language), in, folder.resolve("out"), 0.1);

    String page = Files.readString(folder.resolve("out/report.html"));
    assertThat(page)
        .contains("<html lang=\"" + language + "\">", "<h1>" + title, training, "c.pdf")
        .doesNotContain("{0}");
    NumberFormat local = NumberFormat.getIntegerInstance(Locale.of(language));
    CorpusReport.Figures figures = report.figures();
    String terminal = String.join("\n", report.lines(language));
    for (long count :
        List.of(
            figures.input().read(),
            figures.train().documents(),
            figures.dev().documents(),
            figures.heldOut().documents(),
            figures.inputFiles().bytes(),
            figures.inputFiles().quarantinedBytes(),
            figures.inputFiles().unreadBytes(),
            figures.leftOut().get("page.navigation"))) {
      assertThat(terminal).contains(String.format(Locale.ROOT, "%,d", count));
      assertThat(page).contains(">" + local.format(count) + "<");
    }
    assertThat(figures.leftOut()).containsEntry("page.navigation", 1_234L);
  }

  @Test
  void aLanguageOfWhichReportsHaveNoWordsGetsEnglish() {
    assertThat(CorpusMessages.of("es").language()).isEqualTo("en");
    assertThat(CorpusMessages.of("ko").rule("no.such-rule")).isEqualTo("no.such-rule");
    assertThat(CorpusMessages.of("ko").rule("length.characters"))
        .isEqualTo("너무 짧음 (length.characters)");
  }

  @ParameterizedTest
  @CsvSource({
    "at least 20, 20 이상",
    "'at most 8,388,608 bytes for an HTML file', 'HTML 파일은 8,388,608바이트 이하'",
    "at most 9, 9 이하",
    "same text as documents/train.jsonl.zst line 3, documents/train.jsonl.zst line 3과 같은 텍스트",
    "byte 12, 바이트 12",
    "bytes b0 a1, 바이트 b0 a1",
    "12 bytes, 12바이트",
    "a NUL byte, NUL 바이트",
    "a whole gzip file, 온전한 gzip 파일",
    "0.123, 0.123",
    "Unexpected end of file, Unexpected end of file",
  })
  void whatRulesAndReadersSayIsInTheLanguageToo(String english, String korean) {
    assertThat(CorpusMessages.of("ko").said(english)).isEqualTo(korean);
    assertThat(CorpusMessages.of("en").said(english)).isEqualTo(english);
  }
}
