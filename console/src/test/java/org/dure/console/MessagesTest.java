package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dure.core.Named;
import org.dure.core.Sharing;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.TrafficKind;
import org.dure.federation.status.Direction;
import org.junit.jupiter.api.Test;

final class MessagesTest {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-zA-Z]+)}");

  private static Map<String, String> read(String language) throws IOException {
    Properties properties = new Properties();
    String name = "/messages/console_" + language + ".properties";
    try (InputStream in = MessagesTest.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    }
    Map<String, String> texts = new TreeMap<>();
    properties.forEach((key, value) -> texts.put((String) key, (String) value));
    return texts;
  }

  private static TreeSet<String> placeholders(String text) {
    return PLACEHOLDER
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyLanguageHasEveryKeyWithTheSamePlaceholders() throws IOException {
    Map<String, String> english = read("en");
    for (String language : Messages.LANGUAGES) {
      Map<String, String> texts = read(language);
      Set<String> missing = new TreeSet<>(english.keySet());
      missing.removeAll(texts.keySet());
      if (!language.equals("fr")) {
        missing.removeIf(key -> key.endsWith(".one"));
      }
      assertThat(missing).as(language).isEmpty();
      assertThat(english.keySet()).as(language).containsAll(texts.keySet());
      texts.forEach(
          (key, text) ->
              assertThat(placeholders(text))
                  .as(language + " " + key)
                  .isEqualTo(placeholders(english.get(key))));
    }
  }

  @Test
  void aCountTakesTheSingularWhereTheLanguageHasOne() {
    assertThat(items("en", 0)).isEqualTo("0 items");
    assertThat(items("en", 1)).isEqualTo("1 item");
    assertThat(items("en", 2)).isEqualTo("2 items");
    assertThat(items("fr", 0)).isEqualTo("0 élément");
    assertThat(items("fr", 1)).isEqualTo("1 élément");
    assertThat(items("fr", 2)).isEqualTo("2 éléments");
    assertThat(items("ko", 1)).isEqualTo("1건");
    assertThat(items("vi", 1)).isEqualTo("1 mục");
  }

  private static String items(String language, long count) {
    return Messages.of(language).counted("borders.items", count, "items", String.valueOf(count));
  }

  @Test
  void noTextIsEmptyExceptWhereTheLanguageJoinsSentencesWithoutSpace() throws IOException {
    for (String language : Messages.LANGUAGES) {
      read(language)
          .forEach(
              (key, text) -> {
                if (!(language.equals("ja") && key.equals("sentence.separator"))) {
                  assertThat(text).as(language + " " + key).isNotEmpty();
                }
                assertThat(text.replaceAll(PLACEHOLDER.pattern(), ""))
                    .as(language + " " + key)
                    .doesNotContain("{", "}", "<");
              });
    }
  }

  @Test
  void everyActivitySharingAndKindOfTrafficHasWords() throws IOException {
    Map<String, String> texts = read("en");
    for (ActivityKind kind : ActivityKind.values()) {
      if (kind != ActivityKind.NONE) {
        assertThat(texts).containsKey("doing." + kind.word());
      }
    }
    Named.words(Sharing.class).forEach(word -> assertThat(texts).containsKey("sharing." + word));
    for (String word : Named.words(TrafficKind.class)) {
      assertThat(texts).containsKeys("kind." + word, "kind.what." + word);
    }
    Named.words(Direction.class)
        .forEach(word -> assertThat(texts).containsKey("direction.short." + word));
  }

  @Test
  void sentencesAreTranslated() throws IOException {
    Map<String, String> english = read("en");
    for (String language : Messages.LANGUAGES) {
      if (!language.equals("en")) {
        read(language)
            .forEach(
                (key, text) -> {
                  if (english.get(key).length() > 24) {
                    assertThat(text).as(language + " " + key).isNotEqualTo(english.get(key));
                  }
                });
      }
    }
  }

  @Test
  void numbersAndSizesAreWrittenAsEachLanguageDoes() {
    assertThat(Messages.of("en").number(1_234_567)).isEqualTo("1,234,567");
    assertThat(Messages.of("fr").number(1_234_567)).isEqualTo("1\u202F234\u202F567");
    assertThat(Messages.of("vi").number(1_234_567)).isEqualTo("1.234.567");
    assertThat(Messages.of("fr").decimal(1.5, 3)).isEqualTo("1,500");
    assertThat(Messages.of("ko").decimal(1.5, 3)).isEqualTo("1.500");
    assertThat(Messages.of("fr").bytes(1_573_120)).isEqualTo("1,6\u00A0Mo");
    assertThat(Messages.of("vi").bytes(1_573_120)).isEqualTo("1,6 MB");
    assertThat(Messages.of("en").signed(-0.03, 3)).isEqualTo("−0.030");
    assertThat(Messages.of("en").signed(0.03, 3)).isEqualTo("+0.030");
    assertThat(Messages.of("en").decimal(Double.NaN, 3)).isEqualTo("–");
  }

  @Test
  void sizesGrowThroughTheUnitsWithoutFourDigits() {
    Messages words = Messages.of("en");
    assertThat(words.bytes(0)).isEqualTo("0 B");
    assertThat(words.bytes(999)).isEqualTo("999 B");
    assertThat(words.bytes(1000)).isEqualTo("1.0 kB");
    assertThat(words.bytes(99_940)).isEqualTo("99.9 kB");
    assertThat(words.bytes(999_600)).isEqualTo("1.0 MB");
    assertThat(words.bytes(Long.MAX_VALUE)).isEqualTo("9.2 EB");
  }

  @Test
  void durationsAreToldInTheirTwoLargestUnits() {
    assertThat(Messages.of("en").duration(59_400)).isEqualTo("59 s");
    assertThat(Messages.of("ko").duration(185_000)).isEqualTo("3분 5초");
    assertThat(Messages.of("ja").duration(7_860_000)).isEqualTo("2時間11分");
    assertThat(Messages.of("vi").duration(200_000_000)).isEqualTo("2 ngày 7 giờ");
    assertThat(Messages.of("en").duration(-5)).isEqualTo("0 s");
  }

  @Test
  void theReadersLanguageIsTheOneAskedForElseRememberedElsePreferred() {
    assertThat(Messages.choose("fr", "ja", "ko")).isEqualTo("fr");
    assertThat(Messages.choose("", "ja", "ko")).isEqualTo("ja");
    assertThat(Messages.choose("", "", "de, vi-VN;q=0.8, ko;q=0.9")).isEqualTo("ko");
    assertThat(Messages.choose("xx", "'><", "ko-KR,ko;q=0.9,en-US;q=0.8")).isEqualTo("ko");
  }

  @Test
  void anUnreadablePreferenceGivesEnglish() {
    for (String header : new String[] {"", "*", ";;;q=", "de", "q=1,,", "a".repeat(5000)}) {
      assertThat(Messages.choose("", "", header)).as(header).isEqualTo("en");
    }
  }

  @Test
  void aForgottenValueIsADefectThatIsNamed() {
    assertThatThrownBy(() -> Messages.of("en").text("round.of", "round", "1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{rounds}");
  }
}
