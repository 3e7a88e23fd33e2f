package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("e2e")
class CommandLineEndToEndTest {
  @TempDir Path folder;

  @Test
  void aMistypedVerbIsAUserErrorWithASuggestion() throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, "verfy");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.output()).contains("error 2000").contains("verify");
  }

  @Test
  void exhaustedMemoryEndsWithTheStatusOfAResourceWhereverItIsNoticed()
      throws IOException, InterruptedException {
    Path text = folder.resolve("long.txt");
    Files.writeString(text, "a line without an end ".repeat(1 << 20));
    try (DureProcess process =
        DureProcess.start(
            folder, Map.of("DURE_HEAP", "10m"), "hub", "--home=hub", "--study=long.txt")) {
      DureProcess.Outcome outcome = process.await();
      assertThat(outcome.status()).as(outcome.output()).isEqualTo(5);
      assertThat(outcome.output()).contains("error 5003 (MEMORY_SHORT)");
    }
  }

  @Test
  void aCorpusOfWhichNothingIsKeptIsAnErrorThatSaysWhy() throws IOException, InterruptedException {
    Files.createDirectory(folder.resolve("in"));
    Files.write(folder.resolve("in/old.txt"), "한국어 글".getBytes(Charset.forName("EUC-KR")));
    DureProcess.Outcome outcome =
        DureProcess.run(
            folder, "corpus", "build", "--language", "ko", "--in", "in", "--out", "out");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.output())
        .contains("error 2003", "nothing is left to train on", "encoding.utf-8 1 (first old.txt");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void standardErrorIsCleanWhenNothingIsWrong() throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, "--version");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.output().lines()).hasSize(2).first().asString().startsWith("dure ");
  }

  @Test
  void doctorNamesWhatItLookedAt() throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, "doctor");
    assertThat(outcome.output())
        .contains("Java", "cores", "memory", "disk", "libtorch", "port 8400", "sample text");
    assertThat(outcome.status()).isZero();
  }

  @Test
  void filesAreTheSameInEveryLocale() throws IOException, InterruptedException {
    SmallText.write(folder.resolve("text"), "ko", 40);
    Files.writeString(folder.resolve("text/a.pdf"), "1");
    for (String locale : List.of("ar", "ko")) {
      Map<String, String> there =
          Map.of("DURE_JAVA_OPTIONS", "-Duser.language=%s -Duser.country=EG".formatted(locale));
      String[] build = {"corpus", "build", "--language", "ko", "--in", "text", "--out", locale};
      try (DureProcess process = DureProcess.start(folder, there, build)) {
        DureProcess.Outcome outcome = process.await();
        assertThat(outcome.status()).as(outcome.output()).isZero();
      }
    }
    for (String file : List.of("config.toml", "report.json")) {
      assertThat(folder.resolve("ar").resolve(file))
          .hasSameTextualContentAs(folder.resolve("ko").resolve(file));
    }
  }

  /// As over ssh from a Korean machine: the environment names a locale that is not installed here.
  @Test
  void koreanArgumentsAndNamesOfFilesSurviveALocaleThatIsNotInstalled()
      throws IOException, InterruptedException {
    Path script = folder.resolve("korean.sh");
    // In a script, since this Java may have another locale than the one that is tried.
    Files.writeString(
        script,
        """
        mkdir -p 한국어자료
        printf '이 문서는 시험용 문장입니다 하나.\n' > 한국어자료/가나.txt
        printf '이 문서는 시험용 문장입니다 둘.\n' > 한국어자료/다라.txt
        exec env -i PATH="$PATH" HOME="$HOME" JAVA_HOME="$JAVA_HOME" DURE_NO_BUILD=1 \
          LANG=ko_XX.UTF-8 "$0" corpus build --language ko --in 한국어자료 --out 말뭉치 --held-out 0
        """);
    DureProcess.Outcome outcome = DureProcess.runScript(folder, script);
    assertThat(outcome.status()).as(outcome.output()).isZero();
    assertThat(outcome.output()).contains("ko: 2 documents read, 2 to train on");
    Path korean = folder.resolve("written.sh");
    Files.writeString(korean, "cat 말뭉치/manifest.json");
    assertThat(DureProcess.runScript(folder, korean).output())
        .contains("가나.txt", "다라.txt")
        .doesNotContain("\uFFFD");
  }
}
