package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class SplitterTest {
  /// Characters at which the expression decides.
  private static final String DECISIVE =
      "'sStTrReEvVmMlLdDſ  \t\r\n"
          + "\u000b\u0085\u00a0\u2028\u3000\u200b\u0301\u17c0\u20ddaB가漢あ１２³Ⅷ٣.,!?-_$+😀𝒜𝟙";

  static final List<Splitter> BOTH = List.of(Splitter.STANDARD, Splitter.LLAMA_3);

  private static List<String> split(String text) {
    return split(Splitter.STANDARD, text);
  }

  private static List<String> split(Splitter splitter, String text) {
    char[] chars = text.toCharArray();
    List<String> chunks = new ArrayList<>();
    for (int at = 0; at < chars.length; ) {
      int end = splitter.end(chars, at, chars.length);
      chunks.add(text.substring(at, end));
      at = end;
    }
    return chunks;
  }

  @Test
  void wordsKeepTheSpaceBeforeThemAndDigitsComeByThree() {
    assertThat(split("Xin chào, 12345 người!  \n\n It's 두레의 일"))
        .isEqualTo(
            List.of(
                "Xin", " chào", ",", " ", "123", "45", " người", "!", "  \n\n", " It", "'s", " 두레의",
                " 일"));
  }

  @Test
  void marksArePartsOfTheirWords() {
    assertThat(split("សិស្សអានសៀវភៅ។ นักเรียน हिन्दी"))
        .isEqualTo(List.of("សិស្សអានសៀវភៅ", "។", " นักเรียน", " हिन्दी"));
    assertThat(split(Splitter.LLAMA_3, "ភៅ។ หนี้")).isEqualTo(List.of("ភ", "ៅ។", " หน", "ี้"));
  }

  @Test
  void theOlderExpressionIsThatOfLlama3() {
    assertThat(Splitter.LLAMA_3.pattern())
        .isEqualTo(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
  }

  @ParameterizedTest
  @FieldSource("BOTH")
  void everyCodePointIsOfTheClassThatTheExpressionGivesIt(Splitter splitter) {
    Pattern pattern = NaiveBpe.pattern(splitter);
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        String text = "a" + Character.toString(c) + "1";
        if (!split(splitter, text).equals(NaiveBpe.split(pattern, text))) {
          assertThat(split(splitter, text))
              .as("U+%04X", c)
              .isEqualTo(NaiveBpe.split(pattern, text));
        }
      }
    }
  }

  @Test
  void theTablesAreThoseOfUnicode16() {
    // As Oniguruma in Hugging Face tokenizers 0.23.3 counts them; another JDK may know more.
    assertThat(codePoints("\\p{L}")).isEqualTo(141_028);
    assertThat(codePoints("\\p{M}")).isEqualTo(2_501);
    assertThat(codePoints("\\p{N}")).isEqualTo(1_911);
    assertThat(codePoints("\\p{IsWhite_Space}")).isEqualTo(25);
  }

  private static long codePoints(String expression) {
    var pattern = Pattern.compile(expression).asMatchPredicate();
    return IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
        .filter(c -> pattern.test(Character.toString(c)))
        .count();
  }

  @ParameterizedTest
  @FieldSource("BOTH")
  void randomTextIsSplitAsTheExpressionDoes(Splitter splitter) {
    Pattern pattern = NaiveBpe.pattern(splitter);
    SplittableRandom random = Seeded.random("randomTextIsSplitAsTheExpressionDoes");
    int[] decisive = DECISIVE.codePoints().toArray();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(24); n > 0; n--) {
        text.appendCodePoint(
            random.nextInt(8) == 0
                ? Seeded.text(random, 1).codePointAt(0)
                : decisive[random.nextInt(decisive.length)]);
      }
      assertThat(split(splitter, text.toString()))
          .isEqualTo(NaiveBpe.split(pattern, text.toString()));
    }
  }

  @Test
  void chunksJoinToTheText() {
    SplittableRandom random = Seeded.random("chunksJoinToTheText");
    String text = Seeded.text(random, 50_000);
    assertThat(String.join("", split(text))).isEqualTo(text);
  }
}
