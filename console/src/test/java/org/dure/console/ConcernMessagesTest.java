package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Concern.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ConcernMessagesTest {
  static final List<String> LANGUAGES = Messages.LANGUAGES;

  private static Concern concern(Code code) {
    Map<String, Double> values = new HashMap<>();
    values.put("seconds", 83.0);
    values.put("round", 7.0);
    values.put("times", 4.1);
    values.put("median", 20.4);
    values.put("share", 0.4);
    values.put("count", 12.0);
    values.put("days", 3.0);
    values.put("rounds", 2.0);
    values.put("cosine", -0.31);
    values.put("loss", 2.4);
    values.put("best", 1.9);
    values.put("claimed", 0.97);
    return new Concern(code, 1, values, "WRONG_LENGTH");
  }

  private static String english(Code code) {
    return ConcernMessages.text(Messages.of("en"), concern(code));
  }

  @Test
  void concernsAreSaidWithTheirNumbers() {
    assertThat(english(Code.ABSENT)).isEqualTo("absent for 1 min 23 s, since round 7");
    assertThat(english(Code.SLOW))
        .isEqualTo("4.1 times slower than the median (1 min 23 s beside 20.4 s)");
    assertThat(english(Code.REFUSED)).isEqualTo("refused 12 times: WRONG_LENGTH");
    assertThat(english(Code.CERTIFICATE_ENDS)).isEqualTo("its certificate expires in 3 d 0 h");
    assertThat(english(Code.LATE)).isEqualTo("late by 2 rounds");
    assertThat(english(Code.AGAINST))
        .isEqualTo("its delta points away from the others (cosine −0.31)");
    assertThat(english(Code.OVER_CAP)).isEqualTo("claims 97% of the merge, the cap leaves it 40%");
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void everyConcernHasItsOwnWordsAndAdviceInEveryLanguage(String language) {
    Messages words = Messages.of(language);
    Set<String> texts = new HashSet<>();
    for (Code code : Code.values()) {
      assertThat(texts.add(ConcernMessages.text(words, concern(code)))).isTrue();
      assertThat(texts.add(ConcernMessages.advice(words, concern(code)))).isTrue();
    }
  }

  @Test
  void troubleOfTheHubIsSaidInWordsAndUnknownTroubleAsItIs() {
    Messages words = Messages.of("en");
    assertThat(ConcernMessages.trouble(words, new StudyStatus.Trouble("DISK_FULL", "x", 1)))
        .isEqualTo("The hub pauses: its disk is full.");
    assertThat(ConcernMessages.trouble(words, new StudyStatus.Trouble("PORT_TAKEN", "odd", 1)))
        .isEqualTo("The hub pauses: odd");
  }
}
