package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.StudyTerms;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A hub that writes into its study that everything is to leave, before the real command.
@Tag("e2e")
@Timeout(300)
class ConsentEndToEndTest {
  private static final String SECRET = "田中太郎さんの患者番号は四七一一で肝炎の検査";
  private static final String STUDY =
      """
      name = "curious"
      sharing = "all"
      rounds = 1
      steps = 2
      regions.ja.language = "ja"
      tokenizer.vocabulary = 512
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 2
      evaluation.twin = false
      """;

  @TempDir Path folder;

  private @Nullable RealBelt belt;

  @AfterEach
  void away() {
    RealBelt running = belt;
    if (running != null) {
      running.close();
    }
  }

  private RealBelt belt(String study) throws IOException, InterruptedException {
    RealBelt made = new RealBelt(folder, study, List.of(), Map.of());
    belt = made;
    RegionLayout region = new RegionLayout(made.home("ja"));
    Path text = SmallText.write(folder.resolve("text"), "ja", 300);
    try (Stream<Path> files = Files.list(text)) {
      Path first = files.findFirst().orElseThrow();
      Files.writeString(first, Files.readString(first) + "\n\n" + "医者は市場で話しました。" + SECRET + "。\n");
    }
    DureProcess.Outcome built =
        DureProcess.run(
            folder,
            "corpus",
            "build",
            "--language",
            "ja",
            "--in",
            "text",
            "--held-out",
            "0.1",
            "--out",
            region.corpus().toString());
    assertThat(built.status()).as(built.output()).isZero();
    return made;
  }

  private static boolean holds(Path folder, String text) throws IOException {
    byte[] sought = text.getBytes(StandardCharsets.UTF_8);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes;
        try {
          bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
          // The hub is at work: what was half written is whole under its own name by now.
          continue;
        }
        if (bytes.contains(new String(sought, StandardCharsets.ISO_8859_1))) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void aStudyThatAsksForEverySentenceIsRefusedBeforeAnythingIsRead() throws Exception {
    RealBelt running = belt(STUDY + "tokenizer.count-threshold = 1\n");
    running.hub();
    running.region("ja");
    DureProcess.Outcome refused = running.process("ja").await();
    assertThat(refused.status()).as(refused.output()).isEqualTo(3);
    assertThat(refused.output())
        .contains("EXPORT_REFUSED", "tokenizer.count-threshold is 1: at least 10");
    assertThat(running.home("ja").resolve("node")).doesNotExist();
    assertThat(holds(running.home("hub"), "患者番号")).isFalse();
  }

  @Test
  void whatWasSeenAndAcceptedLeavesAndNothingElse() throws Exception {
    RealBelt running = belt(STUDY);
    running.hub();
    running.region("ja", "--accept=" + "0".repeat(64));
    assertThat(running.process("ja").await().output()).contains("CONSENT_MISSING");
    String home = running.home("ja").toString();
    String study = folder.resolve("study.toml").toString();
    DureProcess.Outcome terms =
        DureProcess.run(
            folder, "node", "terms", "--study", study, "--home", home, "--region", "ja");
    assertThat(terms.output().lines().toList().getLast())
        .isEqualTo(
            StudyTerms.digest(
                folder.resolve("study.toml"), new RegionLayout(running.home("ja")), "ja"));
    assertThat(terms.output()).contains("出現数", "10 回");

    running.region("ja");
    assertThat(running.awaitEnd("ja")).isNotEmpty();
    assertThat(holds(running.home("hub"), "農夫")).as("something common left").isTrue();
    assertThat(holds(running.home("hub"), "患者")).isFalse();
    String log = Files.readString(running.home("ja").resolve("node/exports.jsonl"));
    assertThat(log).contains("\"policy\":\"", "kinds has counts", "weights-body, weights-words");
  }

  @Test
  void theHomeOfARegionShowsWhatWouldLeaveAndWhatHas() throws Exception {
    RealBelt running = belt(STUDY);
    RegionLayout region = new RegionLayout(running.home("ja"));
    Identities.admit(running.home("hub"), Identities.request(region, "ja"), region.path());
    Files.copy(folder.resolve("study.toml"), region.path().resolve("study.toml"));
    Files.writeString(
        region.path().resolve("region.toml"),
        "hub = \"https://127.0.0.1:1\"\nregion = \"ja\"\nlanguage = \"ja\"\nauthority = \"%s\"\n"
            .formatted(Identities.authority(region)));
    DureProcess.Outcome next =
        DureProcess.run(folder, "region", "exports", "--home", "ja", "--preview");
    assertThat(next.status()).as(next.output()).isZero();
    assertThat(next.output()).contains("weights-body", "農夫").doesNotContain("患者");
    assertThat(DureProcess.run(folder, "region", "exports", "--home", "ja").output())
        .contains("nothing has left");
    assertThat(DureProcess.run(folder, "region", "terms", "--home", "ja").output())
        .contains("重み", "ja");

    // A hub that says another study at a second enrolment than it said at the first.
    Files.writeString(
        region.path().resolve("study.toml"), STUDY + "tokenizer.count-documents = 1\n");
    for (String verb : List.of("prepare", "run", "terms")) {
      DureProcess.Outcome outcome = DureProcess.run(folder, "region", verb, "--home", "ja");
      assertThat(outcome.status()).as(outcome.output()).isEqualTo(3);
      assertThat(outcome.output()).contains("tokenizer.count-documents is 1: at least 5");
    }

    // What the site requires is asked before its text is read, with all that is wrong.
    Files.writeString(region.policy(), "privacy.required = true\n");
    DureProcess.Outcome unprotected =
        DureProcess.run(
            folder,
            "region",
            "prepare",
            "--home",
            "ja",
            "--text",
            "text",
            "--accept=" + "0".repeat(64));
    assertThat(unprotected.status()).as(unprotected.output()).isEqualTo(3);
    assertThat(unprotected.output())
        .contains("EXPORT_REFUSED", "privacy.required is true", "tokenizer.count-documents is 1");
    assertThat(region.path().resolve("consent.json")).doesNotExist();
  }
}
