package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import picocli.CommandLine;

/// What every verb says of itself, and to a command line that it cannot read.
class UsageTest {
  private static final int WIDTH = 80;

  /// Verbs that do something themselves, by their names behind `dure`.
  static final List<String> LEAVES =
      verbs().entrySet().stream()
          .filter(verb -> verb.getValue().getSubcommands().isEmpty() || isOwnVerb(verb.getKey()))
          .map(Map.Entry::getKey)
          .toList();

  static final List<String> ALL = List.copyOf(verbs().keySet());

  private static boolean isOwnVerb(String name) {
    return List.of("hub", "node", "lab").contains(name);
  }

  private static Map<String, CommandLine> verbs() {
    return CommandTree.verbs(Dure.commandLine());
  }

  private record Said(int status, String out, String err) {}

  private static Said said(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Said(line.execute(arguments), out.toString(), err.toString());
  }

  private static Said help(String verb) {
    List<String> arguments = new ArrayList<>(verb.isEmpty() ? List.of() : List.of(verb.split(" ")));
    arguments.add("--help");
    return said(arguments.toArray(String[]::new));
  }

  /// picocli writes its warnings, such as of a percent sign that it cannot read, to standard error.
  @ParameterizedTest
  @FieldSource("ALL")
  void helpIsWholeAndFitsTheTerminal(String verb) {
    PrintStream before = System.err;
    ByteArrayOutputStream warnings = new ByteArrayOutputStream();
    System.setErr(new PrintStream(warnings, true, StandardCharsets.UTF_8));
    Said help;
    try {
      help = help(verb);
    } finally {
      System.setErr(before);
    }
    assertThat(warnings.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(help.err()).isEmpty();
    assertThat(help.status()).isZero();
    assertThat(help.out()).contains("Usage: dure" + (verb.isEmpty() ? "" : " " + verb));
    assertThat(help.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(WIDTH + 1));
    assertThat(help.out()).doesNotContain("%%").doesNotContain("${");
  }

  @ParameterizedTest
  @FieldSource("LEAVES")
  void aVerbShowsAnExample(String verb) {
    assertThat(help(verb).out()).contains("Example:");
  }

  @Test
  void aGroupNamesItsVerbsWithWholeSentences() {
    verbs()
        .forEach(
            (name, group) ->
                group
                    .getSubcommands()
                    .values()
                    .forEach(
                        verb -> {
                          var about = verb.getCommandSpec().usageMessage();
                          if (!about.hidden() && about.header().length == 0) {
                            String line = about.description()[0].replace("%%", "%");
                            assertThat(line).as(name).matches(".*[.:)]");
                            // A line may be broken at any space and at any hyphen.
                            assertThat(help(name).out().replaceAll("\\s", ""))
                                .as(name)
                                .contains(line.replaceAll("\\s", ""));
                          }
                        }));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --step 5|dure train has no option --step: did you mean --steps?",
        "train --step=5|dure train has no option --step: did you mean --steps?",
        "train -steps 5|dure train has no option -steps: did you mean --steps?",
        "train –steps 5|dure train has no option –steps: did you mean --steps?",
        "train --token tokens --steps 5|dure train has no option --token: did you mean --tokens?",
        "train --steps five --ot x|dure train has no option --ot: did you mean --out?",
        "corpus build --lang ko|dure corpus build has no option --lang",
        "hub invit --home hub|dure hub has no verb invit: did you mean invite?",
        "verfy|dure has no verb verfy: did you mean verify?",
        "corpus bild --in x|dure corpus has no verb bild: did you mean build?",
        "verify --kei x|dure verify has no option --kei: did you mean --key?",
        "train steps 5|dure train takes no \"steps\"",
      })
  void whatIsUnknownIsSaidFirstWithTheNearest(String line, String expected) {
    Said said = said(line.split(" "));
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).startsWith("error 2000 (USAGE): " + expected).contains("Try: dure ");
    assertThat(said.out()).isEmpty();
  }

  @Test
  void whatIsMissingIsSaidBehindIt() {
    assertThat(said("train", "--step", "5").err()).contains("--tokens=DIR").contains("--out=DIR");
    assertThat(said("train").err()).startsWith("error 2000 (USAGE): Missing required options");
  }

  @Test
  void everyUnknownOptionIsNamed() {
    assertThat(said("eval", "--modell", "x", "--langage", "ko", "--corpu", "y").err())
        .contains("--modell: did you mean --model?")
        .contains("--langage: did you mean --language?")
        .contains("--corpu: did you mean --corpus?");
  }
}
