package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void whatIsNotGivenHasItsDefault() {
    Settings settings = Settings.parse("study.toml", "");
    assertThat(settings.integer("rounds", 15, 1, 100)).isEqualTo(15);
    assertThat(settings.number("rate", 0.7, 0, 1)).isEqualTo(0.7);
    assertThat(settings.truth("twin", true)).isTrue();
    assertThat(settings.string("sharing", "body")).isEqualTo("body");
    assertThat(settings.strings("languages", List.of("ko"))).containsExactly("ko");
    settings.finish();
  }

  @Test
  void whatIsGivenIsReadByDottedPath() {
    Settings settings =
        Settings.parse(
            "study.toml",
            """
            name = "두레"
            [model]
            width = 256
            [regions.ko]
            language = "ko"
            [regions.ja]
            language = "ja"
            """);
    assertThat(settings.required("name")).isEqualTo("두레");
    assertThat(settings.integer("model.width", 128, 1, 1024)).isEqualTo(256);
    assertThat(settings.names("regions")).containsExactly("ko", "ja");
    assertThat(settings.required("regions.ko.language")).isEqualTo("ko");
    assertThat(settings.required("regions.ja.language")).isEqualTo("ja");
    settings.finish();
  }

  @Test
  void allProblemsAreReportedAtOnceWithTheNearestValidKey() {
    Settings settings =
        Settings.parse(
            "study.toml",
            """
            ronuds = 5
            steps = 0
            rate = "fast"
            sharing = "boddy"
            """);
    settings.integer("rounds", 15, 1, 100);
    settings.integer("steps", 10, 1, 100);
    settings.number("rate", 0.7, 0, 1);
    settings.choice("sharing", "body", List.of("body", "all"));
    settings.required("name");
    assertThatThrownBy(settings::finish)
        .isInstanceOfSatisfying(
            DureException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
        .hasMessageContaining("study.toml has 5 problems")
        .hasMessageContaining("steps is 0: expected a whole number from 1 to 100")
        .hasMessageContaining("rate is \"fast\": expected a number from 0.0 to 1.0")
        .hasMessageContaining("did you mean body?")
        .hasMessageContaining("name is missing")
        .hasMessageContaining("unknown key ronuds (did you mean rounds?)");
  }

  @Test
  void settingOnTheCommandLineWinsOverTheFile() {
    Settings settings = Settings.parse("study.toml", "rounds = 5\nname = \"a\"");
    settings.set("rounds=7").set("name=b c").set("model.tied=false");
    assertThat(settings.integer("rounds", 15, 1, 100)).isEqualTo(7);
    assertThat(settings.required("name")).isEqualTo("b c");
    assertThat(settings.truth("model.tied", true)).isFalse();
    settings.finish();
  }

  @Test
  void resolvedSettingsReadBackToThemselves() {
    Settings settings = Settings.parse("a", "name = \"a \\\"b\\\" 두\"\nlist = [\"x\", \"y\"]");
    settings.required("name");
    settings.strings("list", List.of());
    settings.number("rate", 0.25, 0, 1);
    settings.integer("model.width", 128, 1, 1024);
    Settings again = Settings.parse("b", settings.toToml());
    assertThat(again.required("name")).isEqualTo("a \"b\" 두");
    assertThat(again.strings("list", List.of())).containsExactly("x", "y");
    assertThat(again.number("rate", 0, 0, 1)).isEqualTo(0.25);
    assertThat(again.integer("model.width", 1, 1, 1024)).isEqualTo(128);
    again.finish();
  }

  @Test
  void textThatIsNoTomlIsRefusedWithItsLine() {
    assertThatThrownBy(() -> Settings.parse("study.toml", "name = \"a\"\n= 3"))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("study.toml is not valid TOML")
        .hasMessageContaining("line 2");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> Settings.of(Path.of("does/not/exist.toml")))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING))
        .hasMessageContaining("exist.toml");
  }
}
