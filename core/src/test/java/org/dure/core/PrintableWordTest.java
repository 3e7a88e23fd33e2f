package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableWordTest {
  @Test
  void whatAShellTakesAsItIsStaysAsItIs() {
    assertThat(Printable.shellWord(Path.of("/srv/dure/ko-1.0"))).isEqualTo("/srv/dure/ko-1.0");
    assertThat(Printable.shellWord("한국어/자료")).isEqualTo("한국어/자료");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "my study", "it's", "$HOME", "a;b", "~x", "`x`", "a\"b", "*", "#x", "a\\b"})
  void aShellReadsEveryOtherAsOneWordWithTheSameText(String text) throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", "printf '[%s]' " + Printable.shellWord(text)).start();
    assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("[" + text + "]");
  }
}
