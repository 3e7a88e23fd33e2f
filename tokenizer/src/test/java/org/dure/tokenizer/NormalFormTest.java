package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NormalFormTest {
  @Test
  void decomposedTextIsComposed() {
    for (String text : new String[] {"Tiếng Việt", "두레", "がぎぐ", "É", "한국어 a"}) {
      assertThat(NormalForm.of(Normal.decomposed(text))).isEqualTo(text);
    }
  }

  @Test
  void anyTextComesOutAsTheJdkNormalisesIt() {
    SplittableRandom random = Seeded.random("anyTextComesOutAsTheJdkNormalisesIt");
    for (int i = 0; i < 5_000; i++) {
      String text = Seeded.text(random, random.nextInt(12));
      String form = random.nextBoolean() ? text : Normal.decomposed(text);
      assertThat(NormalForm.of(form)).isEqualTo(Normal.composed(form));
    }
  }

  @Test
  void everyCharacterKeepsToTheJdkBesideEveryKindOfNeighbour() {
    for (char c = 0; c < Character.MAX_VALUE; c++) {
      if (!Character.isSurrogate(c)) {
        for (String before : new String[] {"", "a", "가", "か", "ᄀ"}) {
          String text = before + c + "\u0301";
          String alone = before + c;
          if (!NormalForm.of(text).equals(Normal.composed(text))
              || !NormalForm.of(alone).equals(Normal.composed(alone))) {
            assertThat(NormalForm.of(text)).as("U+%04X", (int) c).isEqualTo(Normal.composed(text));
            assertThat(NormalForm.of(alone))
                .as("U+%04X", (int) c)
                .isEqualTo(Normal.composed(alone));
          }
        }
      }
    }
  }

  /// 400 kilobytes that the JDK alone would work on for most of a minute.
  @Test
  @Timeout(20)
  void timeIsLinearInWhateverMarksStandInARow() {
    for (String marks :
        new String[] {
          "\u0301\u0316",
          "\u0345\u0334",
          "\u0344\u0316",
          "\u0f73\u0f71",
          "\u09be\u0301\u0316",
          "\u0d3e\u0d4d",
          "\ud834\udd65\u0316",
          "\u1161\u11a8",
          "\u20dd\u0301\u0316"
        }) {
      String text = "a" + marks.repeat(100_000);
      assertThat(Normalizer.isNormalized(NormalForm.of(text), Normalizer.Form.NFC))
          .as(marks)
          .isTrue();
    }
  }

  @Test
  void longRunsOfMarksComeOutAsTheJdkNormalisesThem() {
    SplittableRandom random = Seeded.random("longRunsOfMarksComeOutAsTheJdkNormalisesThem");
    int[] marks =
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .filter(c -> Character.isDefined(c) && !NormalForm.begins(c))
            .toArray();
    for (int i = 0; i < 2_000; i++) {
      int few = 1 + random.nextInt(6);
      int[] chosen = random.ints(few, 0, marks.length).map(at -> marks[at]).toArray();
      StringBuilder text = new StringBuilder(Seeded.text(random, random.nextInt(3)));
      for (int run = 0; run < 3; run++) {
        random
            .ints(NormalForm.LONG_RUN - 3 + random.nextInt(60), 0, few)
            .forEach(at -> text.appendCodePoint(chosen[at]));
        text.append(Seeded.text(random, random.nextInt(3)));
      }
      assertThat(NormalForm.of(text.toString())).isEqualTo(Normal.composed(text.toString()));
    }
  }

  @Test
  void everyMarkOfALongRunFindsThePlaceThatTheJdkGivesIt() {
    int[] marks =
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .filter(c -> Character.isDefined(c) && !NormalForm.begins(c))
            .toArray();
    for (int mark : marks) {
      String one = Character.toString(mark);
      String text = "a" + "\u0316\u0301".repeat(20) + one + "\u0345\u0334\u05b0" + one;
      if (!NormalForm.of(text).equals(Normal.composed(text))) {
        assertThat(NormalForm.of(text)).as("U+%04X", mark).isEqualTo(Normal.composed(text));
      }
    }
  }

  @Test
  void noCodePointThatBeginsComposesWithWhatStandsBeforeIt() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.isDefined(c) && (c < 0xd800 || c > 0xdfff)) {
        int[] parts = Normal.decomposed(Character.toString(c)).codePoints().toArray();
        for (int i = 1; i < parts.length; i++) {
          if (NormalForm.begins(parts[i])) {
            assertThat(parts[i]).as("second part of U+%04X", c).isZero();
          }
        }
      }
    }
  }

  @Test
  void everyPlaceOfTheNormalFormHasItsOriginInTheText() {
    assertThat(NormalForm.origins("abc")).containsExactly(0, 1, 2, 3);
    assertThat(NormalForm.origins("Đe\u0302\u0309m")).containsExactly(0, 1, 4, 5);
    assertThat(NormalForm.origins("\u1112\u1161\u11ab글😀")).containsExactly(0, 3, 4, 5);
    assertThat(NormalForm.origins("\u0958\ud800")).containsExactly(0, 0, 1, 2);
    assertThat(NormalForm.origins("")).containsExactly(0);
    SplittableRandom random = Seeded.random("everyPlaceOfTheNormalFormHasItsOriginInTheText");
    for (int i = 0; i < 2_000; i++) {
      String text = Normal.decomposed(Seeded.text(random, random.nextInt(12)));
      String normal = NormalForm.of(text);
      int[] origins = NormalForm.origins(text);
      assertThat(origins).hasSize(normal.codePointCount(0, normal.length()) + 1).isSorted();
      assertThat(origins[origins.length - 1]).isEqualTo(text.codePointCount(0, text.length()));
    }
  }

  @Test
  void loneSurrogatesBecomeTheReplacementCharacter() {
    assertThat(NormalForm.of("a\ud800b\udc00\ud83d\ude00\ud83d"))
        .isEqualTo("a\ufffdb\ufffd😀\ufffd");
  }
}
