package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class LanguageProfileTest {
  @SuppressWarnings("unused")
  static final List<String> CODES = LanguageProfile.BUILT_IN;

  @ParameterizedTest
  @FieldSource("CODES")
  void everyBuiltInProfileReadsAndNamesItself(String code) {
    LanguageProfile profile = LanguageProfile.of(code);
    assertThat(profile.code()).isEqualTo(code);
    assertThat(profile.name()).isNotBlank();
    assertThat(profile.prompts()).isNotEmpty();
  }

  @Test
  void anUnknownLanguageIsNamedWithTheNearest() {
    assertThatThrownBy(() -> LanguageProfile.of("kr"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANGUAGE_UNKNOWN))
        .hasMessageContaining("there are en, fr, ja, ko, vi");
  }

  @Test
  void aCountryJoinsByAddingAFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("th.toml");
    Files.writeString(
        file,
        """
        code = "th"
        name = "ไทย"
        english-name = "Thai"
        scripts = ["THAI"]
        spaces = false
        """);
    assertThat(LanguageProfile.of(file).writing().scripts()).containsExactly("THAI");
  }

  @Test
  void allProblemsOfAProfileAreNamed(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("xx.toml");
    Files.writeString(
        file,
        """
        code = "xx"
        name = "x"
        scripts = ["KLINGON"]
        script-share = 2
        """);
    assertThatThrownBy(() -> LanguageProfile.of(file))
        .hasMessageContaining("english-name is missing")
        .hasMessageContaining("KLINGON")
        .hasMessageContaining("unknown key script-share");
  }
}
