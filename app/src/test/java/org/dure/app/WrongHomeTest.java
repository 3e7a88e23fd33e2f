package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.RunFolder;
import org.dure.provenance.KeyFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// Verbs of the hub in a region's home, of a region in the hub's, and of either in a folder of
/// something else: each is refused before it writes.
class WrongHomeTest {
  private static final Pattern CODE = Pattern.compile("DURE1(-[0-9A-Z]{2,8})+");

  @TempDir Path folder;

  private record Said(int status, String out, String err) {}

  private Said run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = arguments.toArray(String[]::new);
    CommandLine line = Dure.commandLine(words);
    line.registerConverter(Path.class, file -> folder.resolve(file));
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Said(line.execute(words), out.toString(), err.toString());
  }

  private Said run(String line) {
    return run(List.of(line.split(" ")));
  }

  @BeforeEach
  void bothHomes() throws IOException {
    Files.writeString(
        folder.resolve("study.toml"), "name = \"small\"\nregions.ko.language = \"ko\"");
    assertThat(run("hub init --home hub --study study.toml").status).isZero();
    Path region = Files.createDirectory(folder.resolve("ko"));
    Files.writeString(
        region.resolve("region.toml"),
        """
        hub = "https://127.0.0.1:1"
        region = "ko"
        language = "ko"
        authority = "%s"
        proxy = ""
        """
            .formatted("0".repeat(64)));
    Files.copy(folder.resolve("hub/study.toml"), region.resolve("study.toml"));
    var unused = KeyFiles.obtain(region.resolve("key.pem"));
    Files.writeString(region.resolve("certificate.pem"), "the region's own");
  }

  private String invitation() {
    Matcher code = CODE.matcher(run("hub invite --home hub --region ko").out);
    assertThat(code.find()).isTrue();
    return code.group();
  }

  private SequencedMap<String, String> files(String home) {
    SequencedMap<String, String> files = new TreeMap<>(RunFolder.digests(folder.resolve(home)));
    try (Stream<Path> found = Files.walk(folder.resolve(home))) {
      found.filter(Files::isDirectory).forEach(one -> files.put(one.toString(), "a folder"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return files;
  }

  @ParameterizedTest
  @CsvSource({
    "hub --home ko --console-port 0,dure region run",
    "hub --home ko --study study.toml --console-port 0,dure region run",
    "hub init --home ko --study study.toml --host 127.0.0.1,dure region run",
    "hub invite --home ko --region ko,dure region run",
    "hub requests --home ko,dure region status",
    "hub approve --home ko --region ko,dure region run",
    "hub revoke --home ko --region ko --reason lost,dure region run",
    "hub revoke --home ko --region ko --reason lost --undo,dure region run",
    "hub renew --home ko,dure region renew",
    "hub admit --home ko --request ko.pem --out for-ko,dure region run",
    "status --home ko,dure region status",
  })
  void aRegionsHomeIsNoHubs(String line, String meant) {
    SequencedMap<String, String> before = files("ko");
    Said said = run(line);
    assertThat(said.status).as(said.err).isEqualTo(2);
    assertThat(said.err)
        .contains("HOME_CONFLICT", "ko is a region's home (it holds region.toml)")
        .contains("did you mean " + meant + " --home ")
        .contains("/ko?");
    assertThat(files("ko")).isEqualTo(before);
    assertThat(folder.resolve("for-ko")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "region init --home hub --invitation CODE,dure hub",
    "region prepare --home hub --text text,dure hub",
    "region run --home hub,dure hub",
    "region terms --home hub,dure hub",
    "region exports --home hub,dure hub",
    "region exports --home hub --preview,dure hub",
    "region renew --home hub,dure hub renew",
    "region status --home hub,dure status",
    "node --home hub --study study.toml --region ko --hub https://127.0.0.1:1,dure hub",
    "node terms --home hub --study study.toml --region ko,dure hub",
    "node request --home hub --region ko --out ko.pem,dure hub",
    "audit leak --home hub,dure hub",
  })
  void aHubsHomeIsNoRegions(String line, String meant) {
    String whole = line.replace("CODE", invitation());
    SequencedMap<String, String> before = files("hub");
    Said said = run(whole);
    assertThat(said.status).as(said.err).isEqualTo(2);
    assertThat(said.err)
        .contains("HOME_CONFLICT", "hub is a hub's home (it holds hub.toml)")
        .contains("did you mean " + meant + " --home ");
    assertThat(files("hub")).isEqualTo(before);
    assertThat(folder.resolve("ko.pem")).doesNotExist();
  }

  /// Whoever joins by hand has a key and nothing else at first.
  @Test
  void aHomeThatWasBegunByHandIsTheRegionsToo() {
    assertThat(run("node request --home vi --region vi --out vi.pem").status).isZero();
    Said said = run("hub --home vi --study study.toml --console-port 0");
    assertThat(said.err).contains("vi is a region's home (it holds key.pem)");
    assertThat(run("hub admit --home other --request vi.pem --out hub").err)
        .contains("hub is a hub's home");
    assertThat(folder.resolve("other")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "region init --home papers --invitation CODE",
        "hub init --home papers --study study.toml"
      })
  void aFolderOfSomethingElseIsMadeNoHome(String line) throws IOException {
    String whole = line.replace("CODE", invitation());
    Files.writeString(
        Files.createDirectory(folder.resolve("papers")).resolve("thesis.txt"), "kept");
    SequencedMap<String, String> before = files("papers");
    Said said = run(whole);
    assertThat(said.status).as(said.err).isEqualTo(2);
    assertThat(said.err).contains("HOME_CONFLICT", "holds thesis.txt", "an empty folder");
    assertThat(files("papers")).isEqualTo(before);
    Files.delete(folder.resolve("papers/thesis.txt"));
    assertThat(run(whole).err).doesNotContain("HOME_CONFLICT");
  }
}
