package org.dure.app.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.dure.app.home.Consent;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.terminal.Output;
import org.dure.app.terminal.OutputOptions;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class ConsentDeskTest {
  private static final List<String> LANGUAGES = TermsText.LANGUAGES;

  private static final String STUDY =
      """
      name = "여럿이"
      sharing = "all"
      rounds = 3
      steps = 2
      regions.ko.language = "LANGUAGE"
      regions.ja.language = "ja"
      tokenizer.vocabulary = 384
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 2
      """;

  private static final String REHEARSAL =
      """
      name = "여럿이"
      workload = "rehearsal"
      rounds = 3
      steps = 2
      regions.ko.language = "ko"
      regions.ja.language = "ja"
      """;

  @TempDir Path folder;
  private RegionLayout home = new RegionLayout(Path.of(""));
  private final StringWriter said = new StringWriter();

  @BeforeEach
  void aRegionThatIsAdmitted() {
    home = new RegionLayout(folder.resolve("ko"));
    Identities.initialiseHub(folder.resolve("hub"), "study", List.of());
    Identities.admit(folder.resolve("hub"), Identities.request(home, "ko"), home.path());
  }

  private ConsentDesk desk(String language, String... changes) {
    Settings settings = Settings.parse("study", STUDY.replace("LANGUAGE", language));
    List.of(changes).forEach(settings::set);
    return desk(settings);
  }

  private ConsentDesk desk(Settings settings) {
    WorkloadConfig config = WorkloadConfig.of(settings);
    PrintWriter out = new PrintWriter(said, true);
    Output output = new Output(new OutputOptions(), out, out, false);
    return new ConsentDesk(home, config, config.study().member("ko"), output);
  }

  private static Optional<ConsentDesk.Asking> answering(@Nullable String answer) {
    return Optional.of(question -> answer);
  }

  private static void assertRefused(Runnable action, String... said) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONSENT_MISSING))
        .message()
        .contains(said.length == 0 ? new String[] {""} : said);
  }

  @ParameterizedTest
  @CsvSource({"ko,예", "ja,はい", "fr,Oui", "vi,có", "en,yes", "km,YES", "ko,yes"})
  void aYesInTheRegionsLanguageIsOne(String language, String yes) {
    ConsentDesk desk = desk(language);
    for (String no : List.of("", "no", "아니요", "ye", "y e s")) {
      assertRefused(() -> desk.require(null, answering(no)));
    }
    assertRefused(() -> desk.require(null, answering(null)));
    desk.require(null, answering(yes));
    desk.require(null, Optional.empty());
    assertThat(Consent.of(home).orElseThrow().how()).isEqualTo("terminal");
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void everyLanguageSaysTheSameThings(String language) {
    TermsText texts = new TermsText(language);
    assertThat(texts.keys()).isEqualTo(new TermsText("en").keys());
    List<String> lines = new ArrayList<>(desk(language).text().lines().toList());
    assertThat(lines).hasSameSizeAs(desk("en").text().lines().toList());
    assertThat(String.join("\n", lines))
        .contains("ja", "여럿이", desk(language).terms().subject().authority());
  }

  @Test
  void aLanguageWithoutATextGetsEnglishAndSaysHowToReadItInAnother() {
    ConsentDesk khmer = desk("km");
    assertThat(khmer.text()).contains("would take out");
    khmer.remark();
    assertThat(said.toString()).contains("no text in km", "--language CODE");
    desk("ko").remark();
    assertThat(said.toString().lines()).hasSize(1);
  }

  @Test
  void inKoreanShuttingOutIsNoExportAndTheAuthorityNoInstitution() {
    assertThat(desk("ko", "sharing=body").text())
        .contains("지역을 제외하면", "이 연구의 인증 기관(CA) 키는")
        .doesNotContain("지역을 내보내면", "연구 기관");
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void aRehearsalMeasuresNothingOnText(String language) {
    TermsText texts = new TermsText(language);
    String rehearsal =
        desk(Settings.parse("study", REHEARSAL.replace("\"ko\"", "\"" + language + "\""))).text();
    for (String kind : List.of("kind.scores", "kind.contribution")) {
      assertThat(rehearsal)
          .contains(texts.of(kind + ".rehearsal"))
          .doesNotContain(texts.of(kind) + ":", texts.of(kind) + " :", texts.of(kind) + "：");
    }
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void aHomeThatIsOfAnotherStudyIsToldSo(String language) throws IOException {
    String same = desk(language).text();
    Files.writeString(home.path().resolve("study.toml"), "name = \"first\"\n");
    String line = new TermsText(language).another("first");
    assertThat(same).doesNotContain(line);
    assertThat(desk(language).text().lines()).contains(line);
    Files.writeString(home.path().resolve("study.toml"), "name = \"여럿이\"\n");
    assertThat(desk(language).text()).isEqualTo(same);
    ConsentDesk desk = desk(language);
    desk.require(desk.terms().digestOfTerms());
    assertThat(desk(language, "name=다른 것").text().lines())
        .contains(new TermsText(language).another("여럿이"));
  }

  @Test
  void automationAcceptsExactlyWhatIsAsked() {
    ConsentDesk desk = desk("ko");
    String digest = desk.terms().digestOfTerms();
    assertRefused(() -> desk.require("0".repeat(64)), digest);
    assertRefused(() -> desk("ko", "rounds=4").require(digest));
    assertThat(Consent.of(home)).isEmpty();
    desk.require(digest);
    assertThat(Consent.of(home).orElseThrow().how()).isEqualTo("digest");
    assertThat(said.toString()).contains("consent.json");
  }

  @Test
  void aChangedStudyThatTakesMoreWaitsForANewYes() {
    ConsentDesk desk = desk("ko", "sharing=body");
    desk.require(desk.terms().digestOfTerms());
    desk("ko", "sharing=body", "seed=9").require(null, Optional.empty());
    assertRefused(
        () -> desk("ko").require(null, Optional.empty()),
        "takes out weights-words",
        "takes out counts",
        desk("ko").terms().digestOfTerms());
    assertRefused(() -> desk("ko", "sharing=body", "rounds=4").require(null, answering("no")));
    assertThat(Consent.of(home).orElseThrow().terms()).isEqualTo(desk.terms());
  }

  private static final String[] PRIVATE = {
    "sharing=body",
    "evaluation.twin=false",
    "privacy.noise-multiplier=1",
    "privacy.clip=0.5",
    "privacy.sample-rate=0.01"
  };

  private static String[] with(String[] changes, String... more) {
    return Stream.concat(Stream.of(changes), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aStudyThatProtectsLessThanWasAcceptedWaitsForANewYes() {
    ConsentDesk desk = desk("ko", PRIVATE);
    desk.require(desk.terms().digestOfTerms());
    desk("ko", with(PRIVATE, "privacy.noise-multiplier=2")).require(null, Optional.empty());
    assertRefused(
        () -> desk("ko", "sharing=body", "evaluation.twin=false").require(null, Optional.empty()),
        "documents are not protected");
    Map<String, String> less =
        Map.of(
            "privacy.noise-multiplier", "0.5",
            "privacy.clip", "1",
            "privacy.sample-rate", "0.1");
    less.forEach(
        (key, value) ->
            assertRefused(
                () -> desk("ko", with(PRIVATE, key + "=" + value)).require(null, Optional.empty()),
                key));
    assertRefused(
        () -> desk("ko", with(PRIVATE, "steps=3")).require(null, Optional.empty()),
        "steps on protected documents");
  }

  @Test
  void aSecretStudyThatBecomesInspectableWaitsForANewYes() {
    String[] secret = {
      "sharing=body", "regions.fr.language=fr", "regions.vi.language=vi",
      "aggregation=secret", "secret.norm-bound=1", "secret.threshold=4"
    };
    ConsentDesk desk = desk("ko", secret);
    desk.require(desk.terms().digestOfTerms());
    assertThat(said.toString()).contains("비밀 합산");
    desk("ko", secret).require(null, Optional.empty());
    assertRefused(
        () -> desk("ko", with(secret, "secret.threshold=3")).require(null, Optional.empty()),
        "regions in a secret sum: it is 3, accepted was 4");
    assertRefused(
        () -> desk("ko", secret[0], secret[1], secret[2]).require(null, Optional.empty()),
        "the hub sees each delta");
  }

  /// The same name, the same authority, other work.
  @Test
  void aRehearsalThatBecomesTrainingOnTextWaitsForANewYes() {
    ConsentDesk rehearsal =
        desk(Settings.parse("study", REHEARSAL + "rehearsal.bytes = 100000000\n"));
    rehearsal.require(rehearsal.terms().digestOfTerms());
    assertThat(said.toString()).contains("텍스트는 읽지 않습니다");
    assertRefused(
        () -> desk("ko", "sharing=body").require(null, Optional.empty()),
        "workload: it is pretraining, accepted was rehearsal",
        "the region's text");
    ConsentDesk real = desk("ko", "sharing=body");
    real.require(real.terms().digestOfTerms());
    assertRefused(() -> rehearsal.require(null, Optional.empty()), "workload: it is rehearsal");
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void whetherDocumentsAreProtectedIsSaid(String language) {
    String open = desk(language, "sharing=body").text();
    String kept = desk(language, PRIVATE).text();
    TermsText texts = new TermsText(language);
    assertThat(open).contains(texts.of("unprotected")).doesNotContain("epsilon");
    assertThat(kept).doesNotContain(texts.of("unprotected")).contains("epsilon");
    assertThat(kept).containsPattern("0[.,]01\\b").containsPattern("0[.,]000001\\b");
    String much =
        desk(language, with(PRIVATE, "privacy.noise-multiplier=0.3", "privacy.sample-rate=0.5"))
            .text();
    assertThat(much).contains(texts.of("exceeded"));
    assertThat(kept).doesNotContain(texts.of("exceeded"));
    for (String kind : List.of("contribution", "scores")) {
      assertThat(open).contains(texts.of("kind." + kind));
      assertThat(kept)
          .contains(texts.of("kind." + kind + ".protected"))
          .doesNotContain(texts.of("kind." + kind) + "\n", texts.of("kind." + kind) + ":");
    }
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void withWhomItIsMergedIsSaidAndWhatACircleOfTwoMeans(String language) {
    String text =
        desk(
                language,
                "sharing=body",
                "circles=[\"all:3\", \"kind\"]",
                "regions.ko.kind=law",
                "regions.ja.kind=law",
                "regions.fr.language=fr",
                "regions.fr.kind=news",
                "regions.vi.language=vi",
                "regions.vi.kind=news")
            .text();
    TermsText texts = new TermsText(language);
    assertThat(text)
        .contains(
            texts.of("circle", "round", "1", "regions", "fr, ja, vi"),
            texts.of("pair", "round", "4", "regions", "ja"));
    assertThat(desk(language, "sharing=body").text())
        .doesNotContain(
            texts.of("circle", "round", "1", "regions", "ja"),
            texts.of("pair", "round", "1", "regions", "ja"));
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void withWhoseItsCountsMakeATokenizerIsSaid(String language) {
    List<String> kin =
        List.of(
            "sharing=all",
            "circles=[\"kind\"]",
            "word-family=\"kind\"",
            "regions.ko.kind=law",
            "regions.ja.kind=law",
            "regions.fr.language=fr",
            "regions.fr.kind=news",
            "regions.vi.language=vi",
            "regions.vi.kind=news");
    assertThat(desk(language, kin.toArray(String[]::new)).text())
        .contains(new TermsText(language).of("words", "regions", "ja"));
    assertThat(desk(language, "sharing=all").text())
        .doesNotContain(new TermsText(language).of("words", "regions", "ja"));
  }

  @Test
  void whatTheSiteRequiresIsAskedBeforeAnythingIsAccepted() throws IOException {
    Files.writeString(home.policy(), "privacy.required = true\n");
    assertThatThrownBy(() -> desk("ko", "sharing=body"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED))
        .hasMessageContaining("privacy.required is true");
    assertThat(desk("ko", PRIVATE).text()).contains("epsilon");
  }

  @Test
  void aStudyBelowTheFloorIsRefusedWhateverWasAccepted() throws IOException {
    ConsentDesk desk = desk("ko");
    desk.require(desk.terms().digestOfTerms());
    assertThatThrownBy(() -> desk("ko", "tokenizer.count-threshold=1"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED))
        .hasMessageContaining("tokenizer.count-threshold is 1: at least 10");
    Files.writeString(home.policy(), "counts.at-least-documents = 50\n");
    assertThatThrownBy(() -> desk("ko")).hasMessageContaining("tokenizer.count-documents is 5");
  }
}
