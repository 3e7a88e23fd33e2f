package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class NormalFormTest {
  private static String of(String text) {
    return new String(NormalForm.of(text));
  }

  @Test
  void decomposedTextIsComposed() {
    for (String text : new String[] {"Tiếng Việt", "두레", "がぎぐ", "É", "한국어 a"}) {
      assertThat(of(Normal.decomposed(text))).isEqualTo(text);
    }
  }

  @Test
  void anyTextComesOutAsTheJdkNormalisesIt() {
    SplittableRandom random = Seeded.random("anyTextComesOutAsTheJdkNormalisesIt");
    for (int i = 0; i < 5_000; i++) {
      String text = Seeded.text(random, random.nextInt(12));
      String form = random.nextBoolean() ? text : Normal.decomposed(text);
      assertThat(of(form)).isEqualTo(Normal.composed(form));
    }
  }

  @Test
  void everyCharacterKeepsToTheJdkBesideEveryKindOfNeighbour() {
    for (char c = 0; c < Character.MAX_VALUE; c++) {
      if (!Character.isSurrogate(c)) {
        for (String before : new String[] {"", "a", "가", "か", "ᄀ"}) {
          String text = before + c + "\u0301";
          String alone = before + c;
          if (!of(text).equals(Normal.composed(text))
              || !of(alone).equals(Normal.composed(alone))) {
            assertThat(of(text)).as("U+%04X", (int) c).isEqualTo(Normal.composed(text));
            assertThat(of(alone)).as("U+%04X", (int) c).isEqualTo(Normal.composed(alone));
          }
        }
      }
    }
  }

  @Test
  void loneSurrogatesBecomeTheReplacementCharacter() {
    assertThat(of("a\ud800b\udc00\ud83d\ude00\ud83d")).isEqualTo("a\ufffdb\ufffd😀\ufffd");
  }
}
