package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Settings;
import org.dure.core.runtime.FolderLock;
import org.dure.provenance.Certificates;
import org.dure.provenance.InvitationCode;
import org.dure.provenance.KeyFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// What a region's verbs say while it is admitted, and after the hub's operator has ended its part.
@Timeout(60)
class AdmittedRegionTest {
  private static final String STUDY =
      """
      name = "revoked"
      workload = "rehearsal"
      rounds = 3
      steps = 2
      regions.ko.language = "ko"
      rehearsal.bytes = 4000
      """;

  @TempDir Path folder;

  private LiveHub live;

  @BeforeEach
  void anAdmittedRegion() throws IOException {
    live = new LiveHub(folder.resolve("hub"), STUDY, said -> {});
    RegionLayout region = new RegionLayout(folder.resolve("ko"));
    Identities.admit(live.home, Identities.request(region, "ko"), region.path());
    Files.writeString(region.path().resolve("study.toml"), live.workloadConfig.study().toml());
    Files.writeString(
        region.path().resolve("region.toml"),
        "hub = \"%s\"\nregion = \"ko\"\nlanguage = \"ko\"\nauthority = \"%s\"\nproxy = \"\"\n"
            .formatted(
                live.address(),
                KeyFiles.fingerprint(
                    Certificates.read(region.path().resolve("authority.pem"))
                        .getFirst()
                        .getPublicKey())));
  }

  @AfterEach
  void stop() {
    live.close();
  }

  private record Said(int status, String text) {}

  private Said run(String line) {
    StringWriter printed = new StringWriter();
    String[] words = line.split(" ");
    CommandLine command = Dure.commandLine(words);
    command.registerConverter(Path.class, file -> folder.resolve(file));
    command.setOut(new PrintWriter(printed));
    command.setErr(new PrintWriter(printed));
    return new Said(command.execute(words), printed.toString());
  }

  @Test
  void isSaidWhatToDoByEveryVerb() throws Exception {
    assertThat(run("region status --home ko").text).contains("365 days left");
    List<String> terms = run("region terms --home ko").text.lines().toList();
    assertThat(live.register.revoke("ko", "poisoned text")).hasSize(1);
    String status = run("region status --home ko").text;
    while (status.contains("has not said hello yet")) {
      Thread.sleep(20);
      status = run("region status --home ko").text;
    }
    assertThat(status)
        .contains("which holds no more", "was revoked: poisoned text", "a new invitation")
        .doesNotContain("days left");
    Said ran = run("region run --home ko --accept " + terms.getLast());
    assertThat(ran.status).isEqualTo(3);
    assertThat(ran.text).contains("poisoned text", "cannot be undone", "an empty home");
    assertThat(run("region renew --home ko").text).contains("cannot be undone", "an empty home");
    InvitationCode code = live.register.invite(live.address(), "ko", "ko", Duration.ofDays(1));
    Said asked = run("region init --home ko --invitation " + code.text());
    assertThat(asked.status).isEqualTo(3);
    assertThat(asked.text).contains("poisoned text", "cannot be undone", "an empty home");
  }

  @Test
  void termsAreReadInTheLanguageThatIsAskedForAndAreTheSame() {
    List<String> own = run("region terms --home ko").text.lines().toList();
    assertThat(own.getFirst()).startsWith("연구 “revoked”");
    for (String language : List.of("ko", "ja", "fr", "vi", "en")) {
      List<String> other =
          run("region terms --home ko --language " + language).text.lines().toList();
      assertThat(other.getLast()).isEqualTo(own.getLast());
      assertThat(other.equals(own)).as(language).isEqualTo(language.equals("ko"));
    }
    Said unknown = run("region terms --home ko --language de");
    assertThat(unknown.status).isEqualTo(2);
    assertThat(unknown.text).contains("--language de", "ko, ja, fr, vi, en");
    assertThat(run("node terms --study ko/study.toml --home ko --region ko --language en").text)
        .contains("would take out", own.getLast());
  }

  @Test
  void aSecondRunIsToldThatTheRegionRunsAlready() {
    List<String> terms = run("region terms --home ko").text.lines().toList();
    try (FolderLock held = FolderLock.of(folder.resolve("ko/node"), "node")) {
      assertThat(held).isNotNull();
      Said second = run("region run --home ko --accept " + terms.getLast());
      assertThat(second.status).isEqualTo(2);
      assertThat(second.text)
          .contains("HOME_IN_USE", "region ko runs already", "(process ", "dure region status");
    }
  }

  @Test
  void aRegionThatIsAdmittedIsNotAskedForAgain() {
    assertThat(run("hub approve --home hub --region ko").text)
        .contains("ko is already admitted, until");
    assertThat(run("hub approve --home hub --region ko --key ffffffffffffffff").text)
        .contains("asks to be admitted");
  }

  @Test
  void aRehearsalsNextStepIsToRun() {
    RegionLayout home = new RegionLayout(folder.resolve("ko"));
    assertThat(RegionCommand.Init.next(home, live.workloadConfig, "ko"))
        .isEqualTo("dure region run --home " + home.path());
    WorkloadConfig text =
        WorkloadConfig.of(Settings.parse("study", "name = \"s\"\nregions.km.language = \"km\""));
    assertThat(RegionCommand.Init.next(home, text, "km"))
        .startsWith("dure region prepare --home " + home.path() + " --text PATH --profile FILE");
  }
}
