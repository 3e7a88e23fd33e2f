package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.StudyTerms;
import org.dure.core.LanguageProfile;
import org.dure.corpus.CorpusBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Languages that Dure brings no profile of, through the verbs.
class ProfileCommandTest {
  private static final String SPANISH =
      """
      code = "es"
      scripts = ["LATIN"]
      markers = ["el", "la", "un", "una", "en", "por", "*ñ*"]
      """;

  @TempDir Path folder;

  private String profile = "";
  private String text = "";

  private record Outcome(int status, String out, String err) {}

  private static Outcome dure(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Outcome(line.execute(arguments), out.toString(), err.toString());
  }

  private static String ok(String... arguments) {
    Outcome outcome = dure(arguments);
    assertThat(outcome.status).as(outcome.err).isZero();
    return outcome.out;
  }

  private static String refused(String... arguments) {
    Outcome outcome = dure(arguments);
    assertThat(outcome.status).as(outcome.out).isEqualTo(2);
    return outcome.err;
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  @BeforeEach
  void writeSpanish() throws IOException {
    profile = Files.writeString(folder.resolve("es.toml"), SPANISH).toString();
    text = SmallText.write(folder.resolve("text"), "es", 100).toString();
  }

  @Test
  void theLanguagesAreListedAndEachIsShownAsAFileToBeginWith() throws IOException {
    assertThat(ok("profile", "show").lines()).contains("vi  Vietnamese (Tiếng Việt)");
    Files.writeString(folder.resolve("copy.toml"), ok("profile", "show", "vi"));
    assertThat(LanguageProfile.of(folder.resolve("copy.toml"))).isEqualTo(LanguageProfile.of("vi"));
    assertThat(ok("profile", "show", profile)).contains("english-name = \"Spanish\"");
    assertThat(refused("profile", "show", "km")).contains("LANGUAGE_UNKNOWN", "Khmer");
  }

  @Test
  void aCheckSaysWhatAProfileWouldKeep() throws IOException {
    assertThat(ok("profile", "check", profile)).contains("Spanish (español), no mistake");
    assertThat(ok("profile", "check", profile, "--in", text))
        .contains("100 documents judged: 100 kept, 0 dropped", "least-marker-share = 0.1; half");
    Path french = SmallText.write(folder.resolve("french"), "fr", 20);
    assertThat(ok("profile", "check", profile, "--in", french.toString()))
        .contains("20 documents judged", "language.markers, at least 0.1: 0.0");
    Files.writeString(folder.resolve("es.toml"), SPANISH + "leest-characters = 3\n");
    assertThat(refused("profile", "check", profile)).contains("did you mean least-characters?");
  }

  /// The profile that docs/profile.md shows: a neighbour's text must not pass for Spanish.
  @Test
  void theSpanishProfileOfTheDocumentsKeepsSpanishAndDropsItsNeighbours() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "profile.md"));
    int from = page.indexOf('\n', page.indexOf("```toml es.toml")) + 1;
    Files.writeString(folder.resolve("es.toml"), page.substring(from, page.indexOf("```", from)));
    assertThat(neighbour("es")).contains("12 documents judged: 12 kept, 0 dropped");
    for (String language : new String[] {"fr", "pt", "it", "ca"}) {
      assertThat(neighbour(language)).contains("12 documents judged: 0 kept, 12 dropped");
    }
  }

  private String neighbour(String language) throws IOException {
    Path written = Files.createDirectories(folder.resolve("neighbours"));
    Path text = written.resolve(language + ".txt");
    Path kept = Path.of("src", "test", "resources", "neighbours", language + ".txt");
    Path unused = Files.copy(kept, text);
    return ok("profile", "check", profile, "--in", text.toString());
  }

  @Test
  void aProfileIsAllThatACorpusNeeds() {
    assertThat(ok("corpus", "build", "--profile", profile, "--in", text, "--out", file("a")))
        .startsWith("es: 100 documents read");
    assertThat(
            ok(
                "corpus",
                "build",
                "--language",
                "es",
                "--profile",
                profile,
                "--in",
                text,
                "--out",
                file("b")))
        .startsWith("es: 100 documents read");
    assertThat(
            refused(
                "corpus",
                "build",
                "--language",
                "km",
                "--profile",
                profile,
                "--in",
                text,
                "--out",
                file("c")))
        .contains(
            "LANGUAGE_MISMATCH", "es.toml is of the language es (Spanish): expected km (Khmer)");
    assertThat(refused("corpus", "build", "--language", "es", "--in", text, "--out", file("c")))
        .contains("LANGUAGE_UNKNOWN", "--profile FILE");
    assertThat(refused("corpus", "build", "--in", text, "--out", file("c")))
        .contains("--language CODE or --profile FILE");
    assertThat(folder.resolve("c")).doesNotExist();
  }

  @Test
  void aRegionKeepsItsProfile() throws IOException {
    Path home = home("es");
    String first = ok(prepare(home, "--profile", profile));
    assertThat(first).contains("es (Spanish), by the profile in").contains("per word");
    assertThat(LanguageProfile.of(home.resolve("profile.toml")))
        .isEqualTo(LanguageProfile.of(folder.resolve("es.toml")))
        .isEqualTo(CorpusBuilder.profile(home.resolve("corpus")));
    Files.delete(folder.resolve("es.toml"));
    assertThat(ok(prepare(home))).contains("already built");
    Path khmer = Files.writeString(folder.resolve("km.toml"), "code=\"km\"\nscripts=[\"KHMER\"]\n");
    assertThat(refused(prepare(home, "--profile", khmer.toString())))
        .contains("LANGUAGE_MISMATCH", "km (Khmer)");
    assertThat(LanguageProfile.of(home.resolve("profile.toml")).code()).isEqualTo("es");
  }

  @Test
  void aRegionOfALanguageWithoutAProfileIsToldSo() throws IOException {
    Path home = home("es");
    assertThat(refused(prepare(home))).contains("LANGUAGE_UNKNOWN", "Spanish", "--profile FILE");
    assertThat(home.resolve("corpus")).doesNotExist();
    Files.writeString(home.resolve("profile.toml"), "code=\"km\"\nscripts=[\"KHMER\"]\n");
    assertThat(refused(prepare(home))).contains("profile.toml is of the language km (Khmer)");
  }

  @Test
  void aCorpusInAnotherLanguageIsNeitherTrainedNorMeasuredNorReleased() throws IOException {
    Path home = home("km");
    ok("corpus", "build", "--profile", profile, "--in", text, "--out", home.resolve("corpus") + "");
    for (String needed : new String[] {"tokenizer", "tokens"}) {
      Files.createDirectories(home.resolve(needed));
    }
    Files.writeString(home.resolve("tokenizer/tokenizer.json"), "{}");
    String digest = StudyTerms.digest(home.resolve("study.toml"), new RegionLayout(home), "r");
    assertThat(refused("region", "run", "--home", home.toString(), "--accept", digest))
        .contains(
            "LANGUAGE_MISMATCH", "corpus is of the language es (Spanish): expected km (Khmer)");
    String corpus = home.resolve("corpus").toString();
    assertThat(
            refused(
                "eval",
                "--language",
                "km",
                "--model",
                file("model"),
                "--corpus",
                corpus,
                "--out",
                file("km.json")))
        .contains("LANGUAGE_MISMATCH", "es (Spanish)");
  }

  @Test
  void aDemoNamesWhatIsWrongWithItsProfiles() throws IOException {
    assertThat(refused("demo", "--text", "es=" + text)).contains("LANGUAGE_UNKNOWN", "Spanish");
    assertThat(refused("demo", "--profile", profile, "--profile", profile)).contains("another one");
    assertThat(refused("demo", "--languages", "ko", "--profile", profile))
        .contains("es: the languages are ko");
  }

  private String[] prepare(Path home, String... more) {
    List<String> all =
        new ArrayList<>(List.of("region", "prepare", "--home", home.toString(), "--text", text));
    all.add("--accept");
    all.add(StudyTerms.digest(home.resolve("study.toml"), new RegionLayout(home), "r"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /// As `dure region init` leaves it.
  private Path home(String language) throws IOException {
    Path home = Files.createDirectories(folder.resolve("home"));
    RegionLayout region = new RegionLayout(home);
    Identities.initialiseHub(folder.resolve("hub"), "small", List.of());
    Identities.admit(folder.resolve("hub"), Identities.request(region, "r"), home);
    Files.writeString(
        home.resolve("region.toml"),
        """
        hub = "https://hub.example:8402"
        region = "r"
        language = "%s"
        authority = "%s"
        proxy = ""
        """
            .formatted(language, "0".repeat(64)));
    Files.writeString(
        home.resolve("study.toml"),
        """
        name = "small"
        rounds = 2
        steps = 1
        regions.r.language = "%s"
        tokenizer.vocabulary = 512
        """
            .formatted(language));
    return home;
  }
}
