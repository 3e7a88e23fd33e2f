package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.Normalizer;
import org.dure.app.terminal.LanguageNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class LanguageNamesTest {
  @ParameterizedTest
  @CsvSource({
    "vi, vi",
    "Vietnamese, vi",
    "vietnamese, vi",
    "VIETNAMESE, vi",
    "tiếng Việt, vi",
    "vi-VN, vi",
    "vi_VN.UTF-8, vi",
    "vie, vi",
    "VI, vi",
    "한국어, ko",
    "Korean, ko",
    "ko-Kore, ko-Kore",
    "ko-KR, ko",
    "日本語, ja",
    "Français, fr",
    "fr-CA, fr",
    "Spanish, es",
    "español, es",
    "Khmer, km",
    "khm, km",
    "Lao, lo",
    "kr, kr",
    "pt-BR, pt-BR",
    "Klingonish, Klingonish",
  })
  void aNameIsTheCodeThatItStandsFor(String name, String code) {
    assertThat(LanguageNames.code(name)).isEqualTo(code);
    assertThat(LanguageNames.code(Normalizer.normalize(name, Normalizer.Form.NFD)))
        .isEqualTo(name.equals(code) ? Normalizer.normalize(name, Normalizer.Form.NFD) : code);
  }

  @Test
  void whatWasUnderstoodIsSaid() {
    assertThat(noted("corpus", "build", "--language", "Korean", "--in", "nowhere", "--out", "x"))
        .startsWith("Korean is ko");
    assertThat(noted("demo", "--text", "vi-VN=nowhere", "--languages", "Korean,ja"))
        .contains("vi-VN is vi", "Korean is ko")
        .doesNotContain("ja is");
    assertThat(
            noted(
                "corpus",
                "build",
                "--language",
                "Korean",
                "--in",
                "nowhere",
                "--out",
                "x",
                "--quiet"))
        .startsWith("error");
  }

  private static String noted(String... arguments) {
    StringWriter err = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.setErr(new PrintWriter(err));
    assertThat(line.execute(arguments)).isEqualTo(2);
    return err.toString();
  }
}
