package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
  private static final String WINDOW_TITLE = "\u001b]0;gone\u0007";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u001b[2J",
        "\u009b31m",
        "\u0007",
        "\b",
        "\r",
        "\n",
        "\t",
        "\u0085",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u00ad",
        "\u3164",
        "\ud834\udd73",
        "\udb40\udc01",
        "\ud800"
      })
  void nothingInALineIsObeyedOrUnseen(String evil) {
    String line = Printable.line("a" + evil + "b");
    assertThat(line).startsWith("a\\u{").endsWith("b").doesNotContain(evil);
    assertThat(Printable.isLine(line)).isTrue();
    assertThat(Printable.isLine("a" + evil)).isFalse();
  }

  @Test
  void whatIsSeenStaysAsItIs() {
    String text = "두레 — 農村 «việt» \ud83d\ude00 e\u0301 \\ \" %n";
    assertThat(Printable.line(text)).isEqualTo(text);
    assertThat(Printable.lines("a\n\tb " + text)).isEqualTo("a\n\tb " + text);
    assertThat(Printable.json(Json.text(text))).isEqualTo(Json.text(text));
  }

  @Test
  void aLineHasAnEnd() {
    assertThat(Printable.line("x".repeat(5_000))).hasSize(1_001).endsWith("x…");
    assertThat(Printable.line("\ud83d\ude00".repeat(9), 3))
        .isEqualTo("\ud83d\ude00".repeat(3) + "…");
  }

  @Test
  void inLinesOfOursOnlyLineEndsAndTabsStayOfWhatSteers() {
    String found = Printable.lines("one\n  two" + WINDOW_TITLE + "\u202e\u009b\r\u2028");
    assertThat(found).isEqualTo("one\n  two\\u{1b}]0;gone\\u{7}\\u{202e}\\u{9b}\\u{d}\\u{2028}");
    assertThat(Printable.lines("क\u200dष")).isEqualTo("क\u200dष");
  }

  @Test
  void jsonKeepsItsValueAndNothingInItIsObeyed() {
    Map<String, Object> value = Map.of("a", "\u009b2J\u202e\u2066x\u001b", "b\udb40\udc01", 1);
    String json = Printable.json(Json.text(value));
    assertThat(json).doesNotContain("\u009b", "\u202e", "\u2066", "\u001b", "\udb40");
    assertThat(Json.object(json.getBytes(StandardCharsets.UTF_8))).isEqualTo(value);
  }

  @Test
  void anErrorSteersNoTerminalWhateverItQuotes() {
    DureException e = new DureException(ErrorCode.USAGE, "no \u001b[31mfile\u202e\n  of two");
    assertThat(e.report()).contains("no \\u{1b}[31mfile\\u{202e}\n  of two");
  }
}
