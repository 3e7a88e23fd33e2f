package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class NearCopiesTest {
  private static final String KOREAN = "두레는 마을 사람들이 서로의 논밭을 차례로 함께 가꾸던 오래된 풍습이다.";
  private static final String JAPANESE = "結は村人がたがいの田を順に耕した古いならわしである。";
  private static final String FRENCH =
      "L'entraide villageoise voulait que chacun laboure à son tour le champ de ses voisins.";
  private static final String VIETNAMESE =
      "Làng xóm đổi công cho nhau, hôm nay cấy ruộng nhà này, ngày mai cấy ruộng nhà khác.";

  private static boolean isCopy(String paragraph, String... text) {
    NearCopies copies = NearCopies.of(List.of(paragraph));
    for (String other : text) {
      copies.look(other);
    }
    return copies.isCopy(0);
  }

  @Test
  void aParagraphThatStandsInTheTextIsFoundInEveryLanguage() {
    for (String paragraph : List.of(KOREAN, JAPANESE, FRENCH, VIETNAMESE)) {
      assertThat(isCopy(paragraph, "Before. " + paragraph + " After, at some length.")).isTrue();
      assertThat(isCopy(paragraph, paragraph)).isTrue();
    }
    assertThat(isCopy(FRENCH, VIETNAMESE, KOREAN, JAPANESE)).isFalse();
  }

  @Test
  void whatVeryManyParagraphsHoldMakesNoCopyOfThem() {
    List<String> paragraphs = new ArrayList<>();
    String letters = "abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i <= NearCopies.MOST_OWNERS; i++) {
      StringBuilder own = new StringBuilder();
      for (int j = 0; j < 20; j++) {
        own.append(letters.charAt((i * 31 + i / 26 * 7 + j * (i % 11 + 3)) % 26));
      }
      paragraphs.add("The same long heading stands over every one of these. " + own + i);
    }
    NearCopies copies = NearCopies.of(paragraphs);
    copies.look(paragraphs.getFirst());
    copies.look("The same long heading stands over every one of these. And nothing else.");
    assertThat(copies.isCopy(0)).isTrue();
    assertThat(copies.isCopy(1)).isFalse();
    assertThat(copies.isCopy(500)).isFalse();
  }

  @Test
  void spacesPunctuationCaseWidthAndComposedLettersHideNothing() {
    assertThat(isCopy(KOREAN, KOREAN.replace(" ", ""))).isTrue();
    assertThat(isCopy(FRENCH, FRENCH.toUpperCase(java.util.Locale.FRENCH).replace(' ', '-')))
        .isTrue();
    assertThat(
            isCopy(
                VIETNAMESE,
                java.text.Normalizer.normalize(VIETNAMESE, java.text.Normalizer.Form.NFD)))
        .isTrue();
    assertThat(isCopy("ＡＢＣ１２３の一番長い試験の文字列です", "abc123の一番長い試験の文字列です。")).isTrue();
  }

  @Test
  void oneWordPutInAnotherPlaceMakesNoOtherParagraph() {
    assertThat(isCopy(FRENCH, FRENCH.replace("villageoise", "paysanne"))).isTrue();
    assertThat(isCopy(FRENCH, FRENCH.substring(0, FRENCH.length() / 4))).isFalse();
  }

  @Test
  void whatManyParagraphsHoldTogetherIsNoCopy() {
    List<String> pieces = new ArrayList<>();
    for (int from = 0; from + 20 <= FRENCH.length(); from += 10) {
      pieces.add("xxxx " + FRENCH.substring(from, from + 20) + " yyyy");
    }
    assertThat(isCopy(FRENCH, pieces.toArray(String[]::new))).isFalse();
  }

  @Test
  void aShortParagraphIsOneOnlyAsAWhole() {
    assertThat(isCopy("네, 그래요.", "네 그래요")).isTrue();
    assertThat(isCopy("네, 그래요.", "그녀는 네 그래요 하고 말했다")).isFalse();
    assertThat(isCopy("...", "...")).isFalse();
    assertThat(isCopy("", "")).isFalse();
  }

  /// The index against the definition, by sets of strings.
  @Test
  void sharesAreThoseOfTheDefinition() {
    SplittableRandom random = Seeded.random("sharesAreThoseOfTheDefinition");
    List<String> paragraphs = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      (i % 2 == 0 ? paragraphs : others).add(random(random, 5 + random.nextInt(60)));
    }
    NearCopies copies = NearCopies.of(paragraphs);
    others.forEach(copies::look);
    for (int i = 0; i < paragraphs.size(); i++) {
      Set<String> wanted = grams(paragraphs.get(i));
      double most = 0;
      for (String other : others) {
        Set<String> both = new HashSet<>(wanted);
        both.retainAll(grams(other));
        most = Math.max(most, (double) both.size() / wanted.size());
      }
      assertThat(copies.share(i)).isCloseTo(most, within(1e-12));
    }
  }

  /// Few letters, in stretches that repeat, so that much is shared.
  private static String random(SplittableRandom random, int stretches) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < stretches; i++) {
      text.append(random.nextInt(3) == 0 ? "abcabdabe" : "xyxzx");
    }
    return text.toString();
  }

  private static Set<String> grams(String text) {
    Set<String> grams = new HashSet<>();
    for (int i = 0; i + NearCopies.GRAM <= text.length(); i++) {
      grams.add(text.substring(i, i + NearCopies.GRAM));
    }
    return grams;
  }
}
