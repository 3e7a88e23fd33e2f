package org.dure.app.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HelpFooterTest {
  private static String text(String line) {
    return HelpFooter.text(new String[] {line}, 40);
  }

  @Test
  void aCommandGoesOnBehindABackslashAndBreaksBetweenItsWords() {
    assertThat(text("  dure eval --model regions/ko/model --out ko.evaluation.json"))
        .isEqualTo("  dure eval --model regions/ko/model \\\n      --out ko.evaluation.json\n");
    assertThat(
            text("  curl http://127.0.0.1:8400/v1/completions -d '{\"model\": \"ko\", \"n\": 1}'"))
        .contains("http://127.0.0.1:8400/v1/completions \\\n", "'{\"model\": \"ko\", \"n\": 1}'\n");
  }

  @Test
  void whatACommandSaysBreaksAtSpacesAlone() {
    assertThat(text("  ko: measured 100 %% of the held-out-documents here"))
        .isEqualTo("  ko: measured 100 % of the\n  held-out-documents here\n");
  }
}
