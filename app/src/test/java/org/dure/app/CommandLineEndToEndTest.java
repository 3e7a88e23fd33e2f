package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("e2e")
class CommandLineEndToEndTest {
  @TempDir Path folder;

  @Test
  void helpListsEveryVerbOfThePath() throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, "--help");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.output())
        .contains(
            "demo",
            "sample",
            "corpus",
            "tokenizer",
            "train",
            "hub",
            "node",
            "eval",
            "release",
            "verify",
            "serve",
            "generate",
            "lab",
            "doctor");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "sample",
        "corpus build",
        "corpus pack",
        "tokenizer train",
        "tokenizer count",
        "tokenizer encode",
        "tokenizer decode",
        "train",
        "hub",
        "hub admit",
        "node",
        "node request",
        "eval",
        "release",
        "verify",
        "replay",
        "serve",
        "generate",
        "lab",
        "doctor"
      })
  void everyVerbShowsAnExample(String verb) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(verb.split(" ")));
    arguments.add("--help");
    DureProcess.Outcome outcome = DureProcess.run(folder, arguments.toArray(String[]::new));
    assertThat(outcome.status()).isZero();
    assertThat(outcome.output()).contains("Usage: dure " + verb).contains("Example:");
  }

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
}
