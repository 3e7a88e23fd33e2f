package org.dure.corpus.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.dure.core.Document;
import org.dure.core.LanguageProfile;
import org.dure.core.Verdict;
import org.junit.jupiter.api.Test;

class MarkersTest {
  private static LanguageProfile profile(boolean spaces, double least, String... markers) {
    return new LanguageProfile(
        "xx",
        "x",
        "x",
        new LanguageProfile.Writing(List.of("LATIN", "HAN"), 0.5, List.of(), 0),
        new LanguageProfile.Vocabulary(List.of(markers), least, 4),
        1,
        spaces,
        List.of());
  }

  private static boolean keeps(LanguageProfile profile, String text) {
    Document document = new Document("id", "xx", text, "s", "l");
    return new LanguageCheck(profile).apply(document) instanceof Verdict.Keep;
  }

  @Test
  void aPlainMarkerIsAWholeWordInAnyCase() {
    LanguageProfile profile = profile(true, 0.25, "le");

    assertThat(keeps(profile, "Le chat dort ici")).isTrue();
    assertThat(keeps(profile, "leur chat dort ici")).isFalse();
    assertThat(keeps(profile, "l'un le 3e jour")).isFalse();
  }

  @Test
  void aStarredMarkerIsHeldByAWord() {
    LanguageProfile profile = profile(true, 0.5, "*ơ*", "*ng*");

    assertThat(keeps(profile, "mơ abc sang abc")).isTrue();
    assertThat(keeps(profile, "mo abc sang abc")).isFalse();
    assertThat(keeps(profile, "MƠ abc SANG abc")).isTrue();
  }

  @Test
  void withoutSpacesEveryMarkerIsHeld() {
    LanguageProfile profile = profile(false, 0.75, "的", "我们");

    assertThat(keeps(profile, "我的书，他的笔，我们走，好")).isTrue();
    assertThat(keeps(profile, "我的书，他来了，我们走，好")).isFalse();
  }

  @Test
  void shortTextsAreJudgedByScriptAlone() {
    assertThat(keeps(profile(true, 0.9, "le"), "three words only")).isTrue();
    assertThat(keeps(profile(true, 0.9, "le"), "один два три")).isFalse();
  }
}
