package org.dure.app.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8LinesTest {
  private static List<String> lines(byte[] bytes) throws IOException {
    Utf8Lines in = new Utf8Lines(new ByteArrayInputStream(bytes), "standard input");
    List<String> lines = new ArrayList<>();
    for (String line = in.next(); line != null; line = in.next()) {
      lines.add(line);
      assertThat(in.number()).isEqualTo(lines.size());
    }
    return lines;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "a",
        "a\n",
        "a\r\nb",
        "\r\r\n\n\r",
        "가\n👩‍🌾\r나",
        "\uFFFD and \uFEFF\n"
      })
  void linesEndAsJavaEndsThem(String text) throws IOException {
    assertThat(lines(text.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new BufferedReader(new StringReader(text)).lines().toList());
  }

  /// Of a byte alone, a character cut short, a surrogate, one beyond Unicode, a long form of `/`.
  @ParameterizedTest
  @CsvSource({
    "61 0A FF, 2, 2, FF",
    "EA B0 80 0D 0A EA B0, 5, 2, EA",
    "61 ED A0 80, 1, 1, ED",
    "0A 0A F4 90 80 80, 2, 3, F4",
    "C0 AF, 0, 1, C0",
    "B0 A1 0A, 0, 1, B0",
  })
  void whatIsNotUtf8IsAnErrorWithItsPlace(String hex, int offset, int line, String found) {
    byte[] bytes = new byte[(hex.length() + 1) / 3];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(hex.substring(3 * i, 3 * i + 2), 16);
    }
    assertThatThrownBy(() -> lines(bytes))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining(
            "standard input, byte %d (line %d): 0x%s".formatted(offset, line, found));
  }

  @Test
  void linesBeforeTheFaultAreGivenOut() throws IOException {
    Utf8Lines in =
        new Utf8Lines(new ByteArrayInputStream(new byte[] {'a', '\n', (byte) 0x80}), "x");
    assertThat(in.next()).isEqualTo("a");
    assertThatThrownBy(in::next).isInstanceOf(DureException.class);
  }
}
