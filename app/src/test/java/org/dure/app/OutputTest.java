package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.app.home.HubHome;
import org.dure.app.terminal.Output;
import org.dure.app.terminal.OutputOptions;
import org.dure.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class OutputTest {
  private record Said(int status, String out, String err) {
    Map<String, Object> document() {
      assertThat(out.lines()).hasSize(1);
      return Map.copyOf(Json.read(out, Map.class));
    }
  }

  @TempDir Path folder;

  @BeforeEach
  void aHub() throws IOException {
    Files.writeString(
        folder.resolve("study.toml"), "name = \"small\"\nregions.ko.language = \"ko\"");
    assertThat(run("hub", "init", "--home", "hub", "--study", "study.toml").status()).isZero();
  }

  private Said run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.registerConverter(Path.class, file -> folder.resolve(file));
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Said(line.execute(arguments), out.toString(), err.toString());
  }

  @Test
  void aHubThatIsInitialisedAgainIsReachedAsBeforeWhereNothingElseIsSaid() {
    List<String> again = List.of("hub", "init", "--home", "hub", "--study", "study.toml", "--json");
    assertThat(init(again, "--host", "hub.example", "--port", "9001"))
        .isEqualTo("https://hub.example:9001");
    assertThat(init(again)).isEqualTo("https://hub.example:9001");
    assertThat(new HubHome(folder.resolve("hub")).reach())
        .hasValue(new HubHome.Reach(URI.create("https://hub.example:9001"), "0.0.0.0", 9001));
    assertThat(init(again, "--port", "9002")).isEqualTo("https://hub.example:9002");
    assertThat(init(again, "--url", "https://gate.example/")).isEqualTo("https://gate.example/");
    assertThat(init(again)).isEqualTo("https://gate.example/");
    assertThat(init(again, "--address", "127.0.0.1")).isEqualTo("https://gate.example/");
    assertThat(new HubHome(folder.resolve("hub")).reach())
        .hasValue(new HubHome.Reach(URI.create("https://gate.example/"), "127.0.0.1", 9002));
  }

  private Object init(List<String> again, String... more) {
    return run(Stream.concat(again.stream(), Stream.of(more)).toArray(String[]::new))
        .document()
        .get("url");
  }

  private Said invite(String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("hub", "invite", "--home", "hub", "--region", "ko"));
    arguments.addAll(Arrays.asList(options));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void theResultIsTextOrOneDocument() {
    Said text = invite();
    assertThat(text.out()).startsWith("DURE1-").hasLineCount(1);
    assertThat(text.err()).startsWith("for one region, ko (ko), until");

    Said json = invite("--json");
    assertThat(json.document())
        .containsEntry("region", "ko")
        .containsEntry("language", "ko")
        .containsKeys("code", "expires");
    assertThat(json.err()).startsWith("for one region");
  }

  @Test
  void quietLeavesTheResult() {
    assertThat(invite("--quiet").out()).startsWith("DURE1-");
    assertThat(invite("--quiet").err()).isEmpty();
    assertThat(invite("--quiet", "--json").document()).containsKey("code");
    assertThat(invite("--quiet", "--json").err()).isEmpty();
  }

  @Test
  void anErrorIsADocumentToo() {
    Said said = run("hub", "invite", "--home", "hub", "--region", "fi", "--json");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).startsWith("error 2000 (USAGE): the study has no region \"fi\"");
    assertThat(said.document().get("error"))
        .isInstanceOfSatisfying(
            Map.class, error -> assertThat(error).containsEntry("number", 2000).hasSize(4));
    assertThat(run("hub", "invite", "--hom", "hub", "--json").document()).containsKey("error");
    assertThat(run("hub", "invite", "--hom", "hub").out()).isEmpty();
  }

  @Test
  void everyVerbTakesBothOptions() {
    CommandTree.verbs(Dure.commandLine())
        .forEach(
            (verb, line) ->
                assertThat(line.getCommandSpec().optionsMap())
                    .as(verb)
                    .containsKeys("--json", "--quiet", "--help"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--json", "--quiet"})
  void whatToDoNextIsSaidOnATerminalOnly(String option) {
    StringWriter err = new StringWriter();
    Output onTerminal = output(option, err, true);
    onTerminal.next("dure hub --home %s", "hub");
    assertThat(err.toString()).isEqualTo(option.isEmpty() ? "next: dure hub --home hub\n" : "");
    output("", err, false).next("dure demo");
    assertThat(err.toString()).doesNotContain("dure demo");
  }

  private static Output output(String option, StringWriter err, boolean terminal) {
    OutputOptions options = new OutputOptions();
    CommandLine line = new CommandLine(CommandLine.Model.CommandSpec.create());
    line.getCommandSpec()
        .addMixin("output", CommandLine.Model.CommandSpec.forAnnotatedObject(options));
    var unused = option.isEmpty() ? line.parseArgs() : line.parseArgs(option);
    return new Output(options, new PrintWriter(new StringWriter()), new PrintWriter(err), terminal);
  }

  @Test
  void revokingWarnsWhereFewerAreLeftThanAMergeNeeds() throws IOException {
    String regions = "regions.%s.language = \"%s\"\n";
    Files.writeString(
        folder.resolve("three.toml"),
        "name = \"three\"\nquorum = 2\n"
            + regions.formatted("ko", "ko")
            + regions.formatted("ja", "ja")
            + regions.formatted("fr", "fr"));
    assertThat(run("hub", "init", "--home", "three", "--study", "three.toml").status()).isZero();
    assertThat(revoke("ja").err()).doesNotContain("left");
    assertThat(revoke("fr").err())
        .contains("! only one region is left, and a merge needs 2", "dure hub invite --home");
    assertThat(revoke("ko").err()).contains("! no region is left, and a merge needs 2");
  }

  private Said revoke(String region) {
    Said said =
        run("hub", "revoke", "--home", "three", "--region", region, "--reason", "poisoned text");
    assertThat(said.status()).as(said.err()).isZero();
    return said;
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1,127.0.0.1",
    "127.0.1.1,127.0.1.1",
    "localhost,127.0.0.1",
    "::1,::1",
    "[::1],::1",
    "hub.example,0.0.0.0",
    "127.example,0.0.0.0",
    "192.168.0.1,0.0.0.0",
  })
  void aHubThatIsReachedOnThisMachineOnlyListensToNobodyElse(String host, String address) {
    List<String> again = List.of("hub", "init", "--home", "hub", "--study", "study.toml", "--json");
    Object unused = init(again, "--host", host);
    assertThat(new HubHome(folder.resolve("hub")).reach().orElseThrow().address())
        .isEqualTo(address);
    unused = init(again, "--host", host, "--host", "hub.example");
    assertThat(new HubHome(folder.resolve("hub")).reach().orElseThrow().address())
        .isEqualTo("0.0.0.0");
  }

  @Test
  void aPortThatIsTakenIsSaidWithTheOptionThatChoosesAnother() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      String[] free = {"--port", "0", "--console-port", "0"};
      free[1] = port;
      assertThat(hub(free)).contains("PORT_TAKEN", port, "--port P of dure hub init");
      free[1] = "0";
      free[3] = port;
      assertThat(hub(free)).contains("PORT_TAKEN", port, "--console-port P");
    }
  }

  private String hub(String... ports) {
    List<String> words = new ArrayList<>(List.of("hub", "--home", "hub"));
    words.addAll(List.of(ports));
    Said said = run(words.toArray(String[]::new));
    assertThat(said.status()).isEqualTo(5);
    return said.err();
  }
}
