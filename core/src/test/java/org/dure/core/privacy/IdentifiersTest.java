package org.dure.core.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.dure.core.privacy.Identifiers.Certainty;
import org.dure.core.privacy.Identifiers.Found;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {
  /// The numbers are examples that their makers publish, or computed by the published rule.
  @ParameterizedTest
  @CsvSource({
    "E_MAIL, FORM, 'tanaka.taro+x@example.co.jp'",
    "KOREAN_RESIDENT, CHECKED, '971013-9019902'",
    "KOREAN_RESIDENT, FORM, '201130-3123456'",
    "MY_NUMBER, CHECKED, '1234 5678 9018'",
    "FRENCH_NIR, CHECKED, '2 95 10 99 126 111 93'",
    "FRENCH_NIR, CHECKED, '253072B07300470'",
    "VIETNAMESE_CCCD, FORM, '001 099 012 345'",
    "CARD, CHECKED, '4111-1111-1111-1111'",
    "IBAN, CHECKED, 'FR14 2004 1010 0505 0001 3M02 606'",
    "PHONE, FORM, '010-1234-5678'",
    "PHONE, FORM, '+84 912 345 678'",
    "PHONE, FORM, '(02) 123-4567'",
    "PHONE, FORM, '06 12 34 56 78'"
  })
  void eachIsFoundInASentenceWhateverStandsAround(
      IdentifierKind kind, Certainty certainty, String number) {
    for (String around : List.of("%s", "번호는 %s입니다", "番号は「%s」です。", " : %s, fin.")) {
      String text = around.formatted(number);
      assertThat(Identifiers.find(text))
          .as(text)
          .anySatisfy(
              found -> {
                assertThat(found.kind()).isEqualTo(kind);
                assertThat(found.certainty()).isEqualTo(certainty);
                assertThat(text.substring(found.from(), found.to())).isEqualTo(number);
              });
    }
  }

  @Test
  void fullWidthDigitsAreDigits() {
    assertThat(Identifiers.find("１２３４５６７８９０１８"))
        .extracting(Found::kind)
        .contains(IdentifierKind.MY_NUMBER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-28",
        "pi is 3.14159265358979",
        "123456789012",
        "971399-1234567",
        "4111111111111112",
        "a @ b",
        "x@y",
        "@name",
        "GB83 WEST 1234 5698 7654 32"
      })
  void whatIsNoneIsNotTakenForOne(String text) {
    assertThat(Identifiers.find(text)).isEmpty();
  }

  @Test
  void longHostileTextTakesNoLongerThanItsLength() {
    for (String hostile : List.of("1 ", "a@", "1", "+1(", "@.", "AA11")) {
      assertThat(Identifiers.find(hostile.repeat(20_000))).isNotNull();
    }
  }

  @Test
  void everyTextHasPiecesOfItselfLeft() {
    SplittableRandom random = Seeded.random("everyTextHasPiecesOfItselfLeft");
    for (int i = 0; i < 200; i++) {
      String text = Seeded.text(random, 200) + " 010-1234-5678 " + Seeded.text(random, 50);
      List<String> rest = SensitiveText.standard().without(text);
      assertThat(String.join("", rest)).hasSizeLessThan(text.length());
      int from = 0;
      for (String piece : rest) {
        int at = text.indexOf(piece, from);
        assertThat(at).isGreaterThanOrEqualTo(from);
        from = at + piece.length();
      }
    }
  }
}
