package org.dure.federation.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dure.core.DureException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CirclesTest {
  private static final String[] REGIONS = {"fr-1:law", "fr-2:law", "vi-1:wiki", "vi-2:wiki"};

  private static Study circled(String circles) {
    return TestStudies.circled("circles = " + circles, REGIONS);
  }

  private static String circle(Study study, String region, int place) {
    return study.schedule().circles().of(study.member(region), place);
  }

  @Test
  void aStudyThatSaysNothingIsOneCircle() {
    Study study = TestStudies.of("ko", "ja");
    assertThat(study.schedule().circles().isOne()).isTrue();
    assertThat(circle(study, "ko", 7)).isEqualTo("all");
    assertThat(study.toml()).doesNotContain("circles");
    assertThat(study.leastInCircle()).isEqualTo(1);
  }

  @Test
  void circlesAreFormedByTraitsAndNarrowWhenTheirRoundsAreOver() {
    Study study = circled("[\"all:2\", \"kind\"]");
    assertThat(circle(study, "fr-1", 1)).isEqualTo("all");
    assertThat(circle(study, "fr-1", 2)).isEqualTo("all");
    assertThat(circle(study, "fr-1", 3)).isEqualTo("kind:law");
    assertThat(circle(study, "vi-2", 1000)).isEqualTo("kind:wiki");
    assertThat(study.leastInCircle()).isEqualTo(2);
    assertThat(Study.recorded(study.toml()).schedule()).isEqualTo(study.schedule());
    assertThat(Study.recorded(study.toml()).regions()).isEqualTo(study.regions());
    assertThat(Study.recorded(study.toml()).digest()).isEqualTo(study.digest());
  }

  @Test
  void severalTraitsFormOneCircle() {
    Study study =
        TestStudies.circled(
            "circles = [\"kind\"]\nregions.a.country = \"kr\"\nregions.b.country = \"kr\"",
            "a:law",
            "b:law");
    Circles both = new Circles(List.of(new Circles.Stage(List.of("country", "kind"), 0)));
    assertThat(both.of(study.member("a"), 1)).isEqualTo("country+kind:kr+law");
    assertThat(both.of(new Study.Region("zz", "vi"), 1)).isEqualTo("alone:zz");
  }

  @Test
  void aRegionIsToldWithWhomItIsFromWhichRoundOn() {
    Study study = circled("[\"all:4\", \"kind\"]");
    assertThat(study.schedule().circles().around("vi-1", study.regions()))
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    1, new TreeSet<>(List.of("fr-1", "fr-2", "vi-1", "vi-2")),
                    5, new TreeSet<>(List.of("vi-1", "vi-2")))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"all\", \"kind\"]",
        "[\"all:0\", \"kind\"]",
        "[\"all:4\"]",
        "[\"all:four\", \"kind\"]",
        "[\"kinds\"]",
        "[\"kind+kind\"]",
        "[\"\"]",
        "[]"
      })
  void whatIsNoScheduleIsRefused(String circles) {
    assertThatThrownBy(() -> circled(circles))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("circles")
        .hasMessageContaining("expected");
  }

  @Test
  void circlesThatWidenAreOfOneOrLackATraitAreRefusedByName() {
    assertThatThrownBy(() -> circled("[\"kind:2\", \"all\"]"))
        .hasMessageContaining("all joins regions of several circles")
        .hasMessageContaining("narrower");
    assertThatThrownBy(() -> circled("[\"all:2\", \"language\"]"))
        .hasMessageContaining("language:fr-1 has only [fr-1]")
        .hasMessageContaining("at least 2");
    assertThatThrownBy(() -> circled("[\"country\"]"))
        .hasMessageContaining("regions.fr-1.country is missing");
    assertThatThrownBy(
            () ->
                TestStudies.circled(
                    "circles = [\"kind\"]\naggregation = \"secret\"\nsecret.norm-bound = 3",
                    REGIONS))
        .hasMessageContaining("secret");
    assertThatThrownBy(
            () ->
                TestStudies.circled(
                    "circles = [\"all:1\", \"kind\"]\nmerge.rule = \"krum\"\nmerge.hostile = 0",
                    REGIONS))
        .hasMessageContaining("kind:law has only")
        .hasMessageContaining("merge.rule protects");
  }

  private static String family(Study study, String region) {
    return study.schedule().circles().family().of(study.member(region));
  }

  @Test
  void regionsThatShareTheirWordsAreAFamilyByTheirLanguageUnlessTheStudySaysOtherwise() {
    String two = "regions.a.kind = \"law\"\nregions.b.kind = \"law\"\nsharing = \"all\"\n";
    Study kinds = TestStudies.with(two + "circles = [\"kind\"]\nword-family = \"kind\"", "a", "b");
    assertThat(family(kinds, "a")).isEqualTo("kind:law");
    assertThat(Study.recorded(kinds.toml()).schedule()).isEqualTo(kinds.schedule());
    Study all = TestStudies.with(two + "circles = [\"kind\"]\nword-family = \"all\"", "a", "b");
    assertThat(family(all, "a")).isEqualTo("all");
    Study recorded =
        Study.recorded(kinds.toml().replace("word-family = \"kind\"\n", "").strip() + "\n");
    assertThat(family(recorded, "a")).as("recorded before there were families").isEqualTo("all");
    Study before = TestStudies.with("sharing = \"all\"", "a", "b");
    assertThat(family(before, "a")).isEqualTo("all");
    assertThat(before.toml()).doesNotContain("word-family");
    assertThatThrownBy(() -> TestStudies.with(two + "circles = [\"kind\"]", "a", "b"))
        .as("a family a language, and these are of two")
        .hasMessageContaining("\"kind\" may join several word families")
        .hasMessageContaining("expected circles formed by language");
  }

  @Test
  void aFamilyThatIsNoneOrThatNothingIsMadeForIsRefused() {
    assertThatThrownBy(() -> TestStudies.with("sharing = \"all\"\nword-family = \"cousins\"", "a"))
        .hasMessageContaining("word-family is \"cousins\": expected all, or");
    assertThatThrownBy(() -> TestStudies.with("word-family = \"language\"", "a"))
        .hasMessageContaining("only with sharing = \"all\"");
    assertThatThrownBy(
            () -> TestStudies.with("sharing = \"all\"\nword-family = \"language\"", "a", "b"))
        .as("without circles all are merged with all")
        .hasMessageContaining("\"all\" may join several word families");
    assertThatThrownBy(
            () -> TestStudies.with("sharing = \"all\"\nword-family = \"kind\"", "a", "b"))
        .hasMessageContaining("regions.a.kind is missing");
  }
}
