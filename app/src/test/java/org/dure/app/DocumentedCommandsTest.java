package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// Every command that the documents, the help texts and the scripts show: it can be read, and where
/// that is quick it is done, on a small corpus and model that stand where the examples say.
class DocumentedCommandsTest {
  private static final Path ROOT = DureProcess.COMMAND.getParent();

  /// Verbs whose examples are done here, in an order in which each finds what it needs.
  private static final List<String> DONE_HERE =
      List.of(
          "corpus build",
          "tokenizer train",
          "corpus pack",
          "tokenizer count",
          "tokenizer encode",
          "eval",
          "verify",
          "generate",
          "hub init",
          "hub invite",
          "hub requests",
          "hub renew",
          "node request",
          "hub admit",
          "completion",
          "man");

  /// The others, with what does them.
  private static final Map<String, String> DONE_ELSEWHERE =
      Map.ofEntries(
          Map.entry("demo", "DemoEndToEndTest"),
          Map.entry("sample", "SampleTextTest: needs a network"),
          Map.entry("tokenizer decode", "VerbsEndToEndTest: the ids are of another tokenizer"),
          Map.entry("train", "VerbsEndToEndTest: this one takes a minute"),
          Map.entry("hub", "JoiningGuideEndToEndTest"),
          Map.entry("hub approve", "JoiningGuideEndToEndTest"),
          Map.entry("hub revoke", "NewcomerEndToEndTest"),
          Map.entry("region init", "JoiningGuideEndToEndTest"),
          Map.entry("region prepare", "JoiningGuideEndToEndTest"),
          Map.entry("region run", "JoiningGuideEndToEndTest"),
          Map.entry("region terms", "ConsentEndToEndTest"),
          Map.entry("region exports", "ConsentEndToEndTest"),
          Map.entry("node terms", "ConsentEndToEndTest"),
          Map.entry("audit leak", "LeakAuditTest"),
          Map.entry("audit membership", "PrivacyVerbsTest"),
          Map.entry("region renew", "NewcomerEndToEndTest"),
          Map.entry("region status", "JoiningGuideEndToEndTest"),
          Map.entry("node", "RealBelt"),
          Map.entry("release", "DemoEndToEndTest: needs a study's ledger"),
          Map.entry("replay", "DemoEndToEndTest: needs a study's ledger"),
          Map.entry("serve", "below, with curl"),
          Map.entry("status", "SeenEndToEndTest"),
          Map.entry("profile show", "the tests of profiles"),
          Map.entry("profile check", "the tests of profiles"),
          Map.entry("lab", "LabEndToEndTest"),
          Map.entry("lab report", "LabEndToEndTest"),
          Map.entry("doctor", "CommandLineEndToEndTest"));

  @TempDir static Path folder;

  @BeforeAll
  static void aRegionAndItsRelease() throws IOException {
    SmallText.write(folder.resolve("text/ko"), "ko", 300);
    Files.writeString(
        folder.resolve("study.toml"), "name = \"small\"\nregions.ko.language = \"ko\"\n");
    String region = "regions/ko/";
    ok("corpus build --language ko --in text/ko --out " + region + "corpus");
    ok("tokenizer train --corpus regions/ko/corpus --vocabulary 512 --out regions/ko/tokenizer");
    String tokenizer = "--tokenizer regions/ko/tokenizer/tokenizer.json";
    ok("corpus pack --corpus regions/ko/corpus " + tokenizer + " --out regions/ko/tokens");
    for (String model : List.of("model", "twin")) {
      ok(
          ("train --tokens regions/ko/tokens %s --steps 2 --threads 1 --set model.layers=1"
                  + " --set model.width=64 --seed %d --out %s")
              .formatted(tokenizer, model.length(), "trained/" + model));
      Files.move(
          folder.resolve("trained").resolve(model).resolve("model"),
          folder.resolve(region).resolve(model));
    }
    ok("eval --language ko --model regions/ko/model --corpus regions/ko/corpus --out ko.json");
    ok(
        "release --name ko-1 --language ko --model regions/ko/model --evaluation ko.json --corpus"
            + " regions/ko/corpus --key key.pem --out demo/release/ko-1");
    Files.createDirectories(folder.resolve("demo/keys"));
    Files.copy(
        folder.resolve("demo/release/ko-1/public-key.pem"), folder.resolve("demo/keys/ko-1.pem"));
  }

  private static void ok(String line) {
    ok(new ShownCommand("the fixture", true, "dure " + line));
  }

  /// In this process: files are those of the folder.
  private static void ok(ShownCommand shown) {
    String[] arguments = shown.arguments().toArray(String[]::new);
    StringWriter said = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.registerConverter(Path.class, file -> folder.resolve(file));
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(said));
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(shown.input().getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(line.execute(arguments)).as(shown + "\n" + said).isZero();
    } finally {
      System.setIn(before);
    }
  }

  private static String verb(ShownCommand shown) {
    String[] arguments = shown.arguments().toArray(String[]::new);
    ParseResult parsed = Dure.commandLine(arguments).parseArgs(arguments);
    while (parsed.hasSubcommand()) {
      parsed = parsed.subcommand();
    }
    return parsed.commandSpec().qualifiedName().replaceFirst("dure ?", "");
  }

  @Test
  void everyCommandShownCanBeRead() throws IOException {
    List<String> problems = new ArrayList<>();
    List<ShownCommand> all = ShownCommand.all().stream().filter(shown -> !shown.isCurl()).toList();
    for (ShownCommand shown : all) {
      String[] arguments = shown.arguments().toArray(String[]::new);
      boolean placeholder = arguments[0].matches("[A-Z]+");
      if (!shown.whole()) {
        arguments =
            Arrays.stream(arguments)
                .map(word -> word.matches("[A-Z]+") ? "1" : word)
                .toArray(String[]::new);
      }
      try {
        if (!placeholder || shown.whole()) {
          var unused = Dure.commandLine(arguments).parseArgs(arguments);
        }
      } catch (MissingParameterException e) {
        if (shown.whole()) {
          problems.add(shown + ": " + e.getMessage());
        }
      } catch (ParameterException e) {
        problems.add(shown + ": " + e.getMessage());
      }
    }
    assertThat(problems).isEmpty();
    Set<String> where = new LinkedHashSet<>(all.stream().map(ShownCommand::where).toList());
    assertThat(where)
        .contains("README.md", "docs/joining.md", "docs/lab.md", "runs/small.sh", "bench/wan")
        .contains("etc/systemd/dure-hub.service", "dure train --help");
    assertThat(all).hasSizeGreaterThan(100);
  }

  @Test
  void whatAnExampleShowsIsDone() throws IOException {
    List<ShownCommand> examples =
        ShownCommand.all().stream()
            .filter(shown -> shown.where().endsWith(" --help"))
            .filter(shown -> !shown.isCurl())
            .filter(shown -> !shown.arguments().equals(List.of("--help")))
            .toList();
    assertThat(examples.stream().map(DocumentedCommandsTest::verb).distinct())
        .allMatch(verb -> DONE_HERE.contains(verb) || DONE_ELSEWHERE.containsKey(verb));
    Map<ShownCommand, Integer> order = new LinkedHashMap<>();
    examples.stream()
        .filter(shown -> DONE_HERE.contains(verb(shown)))
        .forEach(shown -> order.put(shown, DONE_HERE.indexOf(verb(shown))));
    assertThat(order.values())
        .containsAll(Stream.iterate(0, i -> i + 1).limit(DONE_HERE.size()).toList());
    order.keySet().stream()
        .sorted(Comparator.comparing(order::get))
        .forEach(DocumentedCommandsTest::ok);
  }

  /// The port of the document may be another's here.
  @Test
  @Tag("e2e")
  void everyRequestThatIsShownIsAnswered() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "skipped: no curl here");
    List<ShownCommand> requests = ShownCommand.all().stream().filter(ShownCommand::isCurl).toList();
    assertThat(requests.stream().map(ShownCommand::where))
        .contains("README.md", "dure serve --help");
    try (DureProcess server =
        DureProcess.start(folder, Map.of(), "serve", "demo/release/ko-1", "--port", "0")) {
      String address = awaitAddress(server);
      for (ShownCommand request : requests) {
        String line = request.line().replaceFirst("http://127\\.0\\.0\\.1:8400", address);
        Path script = Files.writeString(folder.resolve("request.sh"), line);
        DureProcess.Outcome answer = DureProcess.runScript(folder, script);
        assertThat(answer.output()).as(request.toString()).contains("\"choices\"");
      }
    }
  }

  private static String awaitAddress(DureProcess server) throws Exception {
    Pattern address = Pattern.compile("on (http://127\\.0\\.0\\.1:[0-9]+)");
    while (true) {
      Matcher found = address.matcher(server.output());
      if (found.find()) {
        return found.group(1);
      }
      assertThat(server.isAlive()).as(server.output()).isTrue();
      Thread.sleep(50);
    }
  }

  /// Of the launcher, the scripts, the classes and their tests.
  @Test
  void everyVariableOfTheEnvironmentIsInTheTable() throws IOException {
    Pattern name = Pattern.compile("\\bDURE_[A-Z][A-Z_]*");
    Set<String> used = new TreeSet<>();
    for (Path file : sources()) {
      Matcher found = name.matcher(Files.readString(file));
      while (found.find()) {
        used.add(found.group());
      }
    }
    Set<String> described = new TreeSet<>();
    Files.readString(ROOT.resolve("docs/operating.md"))
        .lines()
        .filter(line -> line.startsWith("| `DURE_"))
        .forEach(line -> described.add(line.substring(3, line.indexOf('`', 3))));
    assertThat(described).isEqualTo(used);
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>(List.of(ROOT.resolve("dure"), ROOT.resolve("check")));
    for (String folder : List.of("bench", "etc", "runs")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
        sources.addAll(files.filter(Files::isRegularFile).toList());
      }
    }
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.map(one -> one.resolve("src/main/java")).toList()) {
        if (Files.isDirectory(module)) {
          try (Stream<Path> files = Files.walk(module)) {
            sources.addAll(files.filter(file -> file.toString().endsWith(".java")).toList());
          }
        }
      }
    }
    return sources;
  }

  /// The fields of a verb's result, as docs/command-line.md lists them.
  @Test
  void everyResultIsInTheTable() throws IOException {
    List<String> rows = Files.readAllLines(ROOT.resolve("docs/command-line.md"));
    CommandTree.verbs(Dure.commandLine())
        .forEach(
            (verb, line) ->
                Arrays.stream(line.getCommand().getClass().getDeclaredClasses())
                    .filter(type -> type.isRecord() && type.getSimpleName().equals("Result"))
                    .forEach(
                        type -> {
                          String fields =
                              String.join(
                                  ", ",
                                  Arrays.stream(type.getRecordComponents())
                                      .map(field -> "`" + field.getName() + "`")
                                      .toList());
                          assertThat(rows).contains("| `%s` | %s |".formatted(verb, fields));
                        }));
  }
}
