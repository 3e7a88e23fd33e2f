package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What package and shell are given: manual pages and completion.
class ManualPageTest {
  private static final List<String> MACROS =
      List.of(".TH", ".SH", ".PP", ".TP", ".B", ".BR", ".nf", ".fi");

  @TempDir Path folder;

  private static String said(String... arguments) {
    StringWriter out = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.setOut(new PrintWriter(out));
    assertThat(line.execute(arguments)).isZero();
    return out.toString();
  }

  @Test
  void everyVerbHasAPage() throws IOException {
    String out = said("man", "--out", folder.toString());
    Map<String, CommandLine> verbs = CommandTree.verbs(Dure.commandLine());
    assertThat(out).startsWith(verbs.size() + " pages in");
    for (String verb : verbs.keySet()) {
      String name = "dure" + (verb.isEmpty() ? "" : "-" + verb.replace(' ', '-'));
      String page = Files.readString(folder.resolve(name + ".1"));
      assertThat(page)
          .startsWith(".TH \"%s\" 1".formatted(name.toUpperCase(Locale.ROOT)))
          .contains(".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", "\\-\\-json")
          .doesNotContain("${")
          .doesNotContain("%%");
      assertThat(page.lines().filter(line -> line.startsWith(".")))
          .allMatch(line -> MACROS.contains(line.split(" ")[0]));
      assertThat(page.lines()).noneMatch(line -> line.startsWith("'"));
    }
    assertThat(folder.resolve("dure-corpus-build.1"))
        .content()
        .contains(".SH EXAMPLE", "dure corpus build \\-\\-language ko", "en, fr, ja, ko, vi");
    assertThat(folder.resolve("dure-eval.1")).content().contains("95 % intervals");
  }

  /// bash completes as it does for a person who presses the tabulator.
  @ParameterizedTest
  @CsvSource({
    "dure ver, verify",
    "dure corpus bui, build",
    "dure train --ste, --steps",
    "dure corpus build --language k, ko",
    "dure hub invite --ho, --home",
    "dure train --qui, --quiet",
  })
  void bashCompletes(String typed, String expected) throws Exception {
    Path script = Files.writeString(folder.resolve("dure.bash"), said("completion", "bash"));
    Path ask =
        Files.writeString(
            folder.resolve("ask.bash"),
            """
            source %s
            COMP_LINE=%s COMP_POINT=${#COMP_LINE}
            COMP_WORDS=($COMP_LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            $(complete -p dure | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            printf '%%s\\n' "${COMPREPLY[@]}"
            """
                .formatted(script, "'" + typed + "'"));
    Process bash = new ProcessBuilder("bash", ask.toString()).redirectErrorStream(true).start();
    String words = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(words).isZero();
    assertThat(words.lines()).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void theCompletionIsForBothShells(String shell) {
    assertThat(said("completion", shell))
        .contains("bashcompinit", "complete -F")
        .doesNotContain("warm-up");
  }
}
