package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.LanguageProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two languages that Dure has no profile of: one of the script of many, one without spaces.
class ProfileTrialTest {
  private static final String SPANISH =
      """
      code = "es"
      scripts = ["LATIN"]
      markers = ["de", "la", "el", "que", "los", "y", "en", "una", "por", "para", "con", "*ñ*"]
      least-marker-share = 0.2
      """;
  private static final String KHMER =
      """
      code = "km"
      scripts = ["KHMER"]
      spaces = false
      """;

  @TempDir Path folder;

  private Path text(String... paragraphs) throws IOException {
    Path in = Files.createDirectories(folder.resolve("text"));
    Files.writeString(in.resolve("a.txt"), String.join("\n\n", paragraphs));
    return in;
  }

  @Test
  void spanishIsToldFromItsNeighboursByItsWords() throws IOException {
    Path in =
        text(
            "El vecino compra el pan en la plaza de la aldea todos los días.",
            "Para guardar el documento, elija la orden del menú que está a la derecha.",
            "The neighbour buys his bread on the village square every single day.",
            "Le voisin achète son pain sur la place du village tous les matins.");

    ProfileTrial trial = ProfileTrial.of(LanguageProfile.parse("es", SPANISH), in);

    assertThat(trial.kept()).isEqualTo(2);
    assertThat(trial.dropped()).containsOnlyKeys("language.markers");
    assertThat(trial.dropped().get("language.markers").documents()).isEqualTo(2);
    assertThat(trial.line())
        .isEqualTo("4 documents judged: 2 kept, 2 dropped (language.markers 2)");
    assertThat(trial.shares()).containsOnlyKeys("least-marker-share", "least-script-share");
  }

  @Test
  void khmerIsToldByItsScript() throws IOException {
    Path in =
        text(
            "សិស្សអានសៀវភៅនៅសាលារៀន។ កសិករចែកស្រូវនៅក្នុងភូមិ។",
            "ក្មេងមើលរូបភាពនៅផ្ទះ ហើយម្តាយផ្ញើសំបុត្រ LibreOffice។",
            "This page has not been translated into Khmer yet, ខ្មែរ.",
            "12345 67890");

    ProfileTrial trial = ProfileTrial.of(LanguageProfile.parse("km", KHMER), in);

    assertThat(trial.kept()).isEqualTo(2);
    assertThat(trial.dropped().get("language.script").samples())
        .extracting(ProfileTrial.Sample::text)
        .containsExactly("This page has not been translated into Khmer yet, ខ្មែរ.");
    assertThat(trial.built().figures().dropped())
        .extracting(CorpusReport.Dropped::rule)
        .containsExactly("language.letters");
    ProfileTrial.Shares shares = trial.shares().get("least-script-share");
    assertThat(shares.threshold()).isEqualTo(0.5);
    assertThat(shares.documents()).isEqualTo(3);
    assertThat(shares.middle()).isBetween(0.6, 0.9);
  }

  @Test
  void aCorpusTellsByWhichProfileItWasBuilt() throws IOException {
    LanguageProfile khmer = LanguageProfile.parse("km", KHMER);
    Path in = text("សិស្សអានសៀវភៅនៅសាលារៀន។", "កសិករចែកស្រូវនៅក្នុងភូមិ។");
    Path corpus = folder.resolve("corpus");

    CorpusReport report = CorpusBuilder.build(khmer, in, corpus, 0);

    assertThat(report.figures().train().documents()).isEqualTo(2);
    assertThat(CorpusBuilder.profile(corpus)).isEqualTo(khmer);
  }
}
