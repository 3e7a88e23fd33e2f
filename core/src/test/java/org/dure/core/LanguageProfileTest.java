package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageProfileTest {
  /// Whatever files the folder holds.
  @SuppressWarnings("unused")
  static final List<String> CODES = LanguageProfile.BUILT_IN;

  @TempDir Path folder;

  private LanguageProfile profile(String toml) throws IOException {
    return LanguageProfile.of(file("mine.toml", toml));
  }

  private Path file(String name, String toml) throws IOException {
    return Files.writeString(folder.resolve(name), toml);
  }

  @ParameterizedTest
  @FieldSource("CODES")
  void everyBuiltInProfileReadsAndNamesItself(String code) {
    LanguageProfile profile = LanguageProfile.of(code);
    assertThat(profile.code()).isEqualTo(code);
    assertThat(profile.name()).isNotBlank();
    assertThat(profile.prompts()).isNotEmpty();
  }

  @ParameterizedTest
  @FieldSource("CODES")
  void itsTextReadsBackToTheSame(String code) {
    LanguageProfile profile = LanguageProfile.of(code);
    LanguageProfile again = LanguageProfile.parse("again", profile.toml());
    assertThat(again).isEqualTo(profile);
    assertThat(again.digest()).isEqualTo(profile.digest());
  }

  @Test
  void theFolderOfTheProgramIsTheList() {
    assertThat(LanguageProfile.BUILT_IN).contains("en", "fr", "ja", "ko", "vi").isSorted();
  }

  @Test
  void anUnknownLanguageIsNamedWithTheKnownOnesAndWhatToDo() {
    assertThatThrownBy(() -> LanguageProfile.of("km"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANGUAGE_UNKNOWN))
        .hasMessageContaining("\"km\" (Khmer): there are")
        .hasMessageContaining("--profile FILE");
    assertThatThrownBy(() -> LanguageProfile.of("Vietnamse")).hasMessageContaining("mean vi?");
    assertThatThrownBy(() -> LanguageProfile.of("../profiles/ko"))
        .isInstanceOf(DureException.class);
  }

  @Test
  void aCountryJoinsByAddingAFile() throws IOException {
    LanguageProfile khmer = profile("code = \"km\"\nscripts = [\"KHMER\"]\n");
    assertThat(khmer.name()).isEqualTo("ខ្មែរ");
    assertThat(khmer.englishName()).isEqualTo("Khmer");
    assertThat(khmer.writing())
        .isEqualTo(new LanguageProfile.Writing(List.of("KHMER"), 0.5, List.of(), 0));
    assertThat(khmer.vocabulary()).isEqualTo(new LanguageProfile.Vocabulary(List.of(), 0, 5));
    assertThat(khmer.prompts()).containsExactly(khmer.name());
    assertThat(profile("code = \"pt-BR\"\nscripts = [\"LATIN\"]\n").englishName())
        .isEqualTo("Portuguese (Brazil)");
  }

  @Test
  void whatIsGivenHasAThreshold() throws IOException {
    LanguageProfile profile =
        profile(
            """
            code = "es"
            scripts = ["LATIN"]
            required-scripts = ["LATIN"]
            markers = ["que", "*ñ*"]
            """);
    assertThat(profile.writing().leastRequiredScriptShare()).isPositive();
    assertThat(profile.vocabulary().leastMarkerShare()).isPositive();
  }

  @Test
  void aByteOrderMarkIsNoKey() throws IOException {
    assertThat(profile("\ufeffcode = \"km\"\nscripts = [\"KHMER\"]\n").code()).isEqualTo("km");
  }

  @Test
  void theDigestIsOfWhatItSays() throws IOException {
    String digest = profile("code = \"km\"\nscripts = [\"KHMER\"]\n").digest();
    assertThat(profile("# Khmer\nscripts = [ \"KHMER\" ]\ncode = \"km\"\nspaces = true").digest())
        .isEqualTo(digest);
    assertThat(profile("code = \"km\"\nscripts = [\"KHMER\"]\nspaces = false").digest())
        .isNotEqualTo(digest);
  }

  @Test
  void allProblemsOfAProfileAreNamed() throws IOException {
    Path file =
        file(
            "xx.toml",
            """
            code = "xx"
            name = "x"
            scripts = ["KLINGON", "KMER"]
            required-scripts = ["HIRAGAN"]
            script-share = 2
            least-scrpt-share = 0.5
            markers = ["por favor", "*", "l'", "*ñ*"]
            prompts = [""]
            spaces = "no"
            """);
    assertThatThrownBy(() -> LanguageProfile.of(file))
        .hasMessageContaining("english-name is missing")
        .hasMessageContaining("KLINGON")
        .hasMessageContaining("did you mean KHMER?")
        .hasMessageContaining("required-scripts: \"HIRAGAN\"")
        .hasMessageContaining("unknown key script-share")
        .hasMessageContaining("did you mean least-script-share?")
        .hasMessageContaining("\"por favor\" is in no word")
        .hasMessageContaining("\"*\" is in no word")
        .hasMessageContaining("\"l'\" is in no word")
        .hasMessageContaining("prompts: expected")
        .hasMessageContaining("spaces is \"no\": expected true or false")
        .hasMessageNotContaining("ñ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Khmer language", "k", "km_KH", "../km", ""})
  void aCodeThatIsNoneIsRefused(String code) throws IOException {
    Path file = file("x.toml", "code = \"%s\"\nscripts = [\"KHMER\"]\n".formatted(code));
    assertThatThrownBy(() -> LanguageProfile.of(file)).hasMessageContaining("code is ");
  }

  @Test
  void aCodeIsWrittenInOneWay() throws IOException {
    Path file = file("x.toml", "code = \"PT-br\"\nscripts = [\"LATIN\"]\n");
    assertThatThrownBy(() -> LanguageProfile.of(file)).hasMessageContaining("written \"pt-BR\"");
  }

  @Test
  void profilesAndTheJdkNameLanguages() {
    assertThat(LanguageProfile.ownName("ko")).isEqualTo("한국어");
    assertThat(LanguageProfile.ownName("km")).isEqualTo("ខ្មែរ");
    assertThat(LanguageProfile.englishName("vi")).isEqualTo("Vietnamese");
    assertThat(LanguageProfile.englishName("es")).isEqualTo("Spanish");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "qqq", "north", "../ko", "no language at all"})
  void whatIsNoLanguageIsItsOwnName(String code) {
    assertThat(LanguageProfile.ownName(code)).isEqualTo(code);
    assertThat(LanguageProfile.englishName(code)).isEqualTo(code);
  }

  @Test
  void theDocumentListsEveryKey() throws IOException {
    String document = Files.readString(Path.of("../docs/profile.md"));
    LanguageProfile.of("vi")
        .toml()
        .lines()
        .map(line -> line.replaceFirst(" =.*", ""))
        .forEach(key -> assertThat(document).contains("| `" + key + "` |"));
  }

  @Test
  void aProfileOfAnotherLanguageIsRefusedByName() throws IOException {
    Path file = file("km.toml", "code = \"km\"\nscripts = [\"KHMER\"]\n");
    assertThat(LanguageProfile.of("km", file).code()).isEqualTo("km");
    assertThat(LanguageProfile.of("ko", null)).isEqualTo(LanguageProfile.of("ko"));
    assertThatThrownBy(() -> LanguageProfile.of("es", file))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANGUAGE_MISMATCH))
        .hasMessageContaining("km.toml is of the language km (Khmer): expected es (Spanish)");
  }
}
