package org.dure.core.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MessageTextsTest {
  private static MessageTexts in(String language) {
    return MessageTexts.read(MessageTextsTest.class, "texts", language);
  }

  private static String regions(String language, long count) {
    return in(language).counted("regions", count, "n", Long.toString(count));
  }

  @Test
  void placeholdersAreReplacedAndNothingElseHasAMeaning() {
    assertThat(in("en").text("greeting", "who", "{n} 'you'")).isEqualTo("It's {n} 'you'");
    assertThat(in("en").text("numbered", "0", "a", "1", "b")).isEqualTo("b then a");
  }

  @Test
  void aCountTakesTheSingularWhereTheLanguageHasOne() {
    assertThat(regions("en", 0)).isEqualTo("0 regions have");
    assertThat(regions("en", 1)).isEqualTo("1 region has");
    assertThat(regions("en", 2)).isEqualTo("2 regions have");
    assertThat(regions("fr", 0)).isEqualTo("0 région a");
    assertThat(regions("fr", 1)).isEqualTo("1 région a");
    assertThat(regions("fr", 2)).isEqualTo("2 régions ont");
    assertThat(regions("ko", 1)).isEqualTo("지역 1곳");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> in("en").text("nothing"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing");
    assertThatThrownBy(() -> in("en").text("greeting"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{who}");
    assertThatThrownBy(() -> in("tlh"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("texts_tlh.properties");
  }
}
