package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.Character.UnicodeScript;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.Settings;
import org.dure.core.privacy.CountingFloor;
import org.dure.core.privacy.SensitiveText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What may leave of a region's documents.
class ExportableCountsTest {
  private static final CountingFloor OPEN = new CountingFloor(1, 1, 64);
  private static final String SECRET = "田中太郎さんの患者番号は四七一一で肝炎の検査";

  private static WordCounts count(List<String> documents, CountingFloor floor) {
    return WordCounts.exportable(documents, floor, SensitiveText.standard(), Set.of());
  }

  private static Map<String, Long> chunks(WordCounts counts) {
    Map<String, Long> chunks = new TreeMap<>();
    counts.forEachChunk(chunks::put);
    return chunks;
  }

  private static List<String> times(int times, String document) {
    return Collections.nCopies(times, document);
  }

  @Test
  void whatOneDocumentRepeatsNeverLeaves() {
    String repeated = "김철수 ".repeat(1_000);
    assertThat(count(times(4, repeated), CountingFloor.standard()).size()).isZero();
    assertThat(chunks(count(times(5, repeated), CountingFloor.standard()))).containsKey(" 김철수");
  }

  @Test
  void tenTimesInFiveDocumentsIsTheLeast() {
    assertThat(count(times(9, "공개"), CountingFloor.standard()).size()).isZero();
    assertThat(chunks(count(times(10, "공개"), CountingFloor.standard())))
        .isEqualTo(Map.of("공개", 10L));
  }

  @Test
  void aSentenceWithoutSpacesNeverLeavesWholeHoweverCommon() {
    WordCounts counts = count(times(100, SECRET), CountingFloor.standard());
    assertThat(chunks(counts)).isNotEmpty();
    assertThat(chunks(counts).keySet())
        .allSatisfy(
            chunk -> assertThat(chunk.codePointCount(0, chunk.length())).isLessThanOrEqualTo(6));
    assertThat(chunks(counts)).containsKeys("田中太郎", "さんの", "患者番号");
  }

  @Test
  void aSentenceOfAnotherLanguageIsCutAlike() {
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      documents.add("le dossier dit " + SECRET + "、ผู้ป่วยชื่อสมชายเป็นโรคตับ et rien de plus");
    }
    assertThat(chunks(count(documents, CountingFloor.standard())).keySet())
        .contains(" dossier")
        .filteredOn(chunk -> chunk.codePoints().anyMatch(c -> c > 0xe00))
        .isNotEmpty()
        .allSatisfy(
            chunk -> assertThat(chunk.codePointCount(0, chunk.length())).isLessThanOrEqualTo(6));
  }

  @Test
  void marksStayWithTheirLetters() {
    Map<String, Long> chunks = chunks(count(List.of("សិស្សអានសៀវភៅ"), new CountingFloor(1, 1, 6)));
    assertThat(chunks.keySet())
        .allSatisfy(
            chunk ->
                assertThat(Character.getType(chunk.codePointAt(0)))
                    .isEqualTo(Character.OTHER_LETTER));
  }

  @Test
  void aLanguageMaySayThatItsScriptIsNotSpaced() {
    WordCounts counts =
        WordCounts.exportable(
            List.of("abcdefghijkl"),
            new CountingFloor(1, 1, 4),
            SensitiveText.standard(),
            Set.of(UnicodeScript.LATIN));
    assertThat(chunks(counts)).containsOnlyKeys("abcd", "efgh", "ijkl");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hong.gildong@example.com",
        "850101-1234567",
        "010-2345-6789",
        "+81 90-1234-5678",
        "1 85 01 75 116 001 92",
        "4111 1111 1111 1111"
      })
  void identifiersAreNeverCounted(String identifier) {
    WordCounts with = count(List.of("번호 " + identifier + " 끝"), OPEN);
    assertThat(chunks(with).keySet())
        .allSatisfy(chunk -> assertThat(chunk).doesNotContainPattern("[0-9a-z@]"));
    assertThat(chunks(with)).containsKey("번호");
  }

  @Test
  void theSitesOwnExpressionsAreNeverCounted() {
    SensitiveText own =
        SensitiveText.of(
            Settings.parse("policy", "sensitive.patterns = [\"환자 ?\\\\p{L}+\"]"),
            "sensitive.patterns");
    WordCounts counts = WordCounts.exportable(List.of("오늘 환자 홍길동 왔다"), OPEN, own, Set.of());
    assertThat(chunks(counts)).containsOnlyKeys("오늘", " ", " 왔다");
  }

  @Test
  void anExpressionThatTakesForEverIsRefusedByName() {
    SensitiveText slow =
        SensitiveText.of(
            Settings.parse("policy", "sensitive.patterns = [\"(a+)+b\"]"), "sensitive.patterns");
    assertThatThrownBy(() -> slow.without("a".repeat(5_000)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("(a+)+b");
  }

  @Test
  void withTheFloorOffASentenceLeavesWhole() {
    byte[] bytes = count(List.of(SECRET), OPEN).bytes();
    assertThat(new String(bytes, StandardCharsets.UTF_8)).contains("患者番号");
  }
}
