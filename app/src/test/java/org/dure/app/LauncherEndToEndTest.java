package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The launcher `dure` in a checkout of its own, whose Maven and Java are shell scripts that take a
/// while and write down that they ran.
@Tag("e2e")
@Timeout(120)
class LauncherEndToEndTest {
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "basename",
          "cat",
          "date",
          "dirname",
          "env",
          "find",
          "grep",
          "head",
          "ln",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "sleep",
          "tee",
          "touch",
          "uname");

  @TempDir Path folder;

  private Path checkout;
  private Path tools;

  @BeforeEach
  void aCheckout() throws Exception {
    checkout = Files.createDirectories(folder.resolve("checkout"));
    tools = Files.createDirectories(folder.resolve("tools"));
    Files.createDirectories(checkout.resolve("etc"));
    Files.createDirectories(checkout.resolve("app/src/main"));
    Files.writeString(checkout.resolve("pom.xml"), "");
    Files.writeString(checkout.resolve("app/pom.xml"), "");
    copyExecutable(DureProcess.COMMAND, checkout.resolve("dure"));
    Path finder = DureProcess.COMMAND.resolveSibling("etc/find-jdk.sh");
    copyExecutable(finder, checkout.resolve("etc/find-jdk.sh"));
    for (String tool : TOOLS) {
      tool(tool);
    }
    script(
        tools.resolve("mvn"),
        """
        echo began >> %1$s/builds
        sleep 1
        mkdir -p app/target/dure/lib
        touch app/target/dure/lib/one.jar app/target/dure-app-0.1.0.jar
        echo ended >> %1$s/builds
        """);
    Path jdk = folder.resolve("jdk");
    script(jdk.resolve("bin/javac"), "");
    script(
        jdk.resolve("bin/java"),
        """
        for option; do
          case $option in
            -XX:AOTCacheOutput=*)
              echo recorded >> %1$s/recordings
              echo half > "${option#*=}"
              sleep 0.5
              echo whole >> "${option#*=}"
              exit
              ;;
            -XX:AOTCache=*) cat "${option#*=}" ;;
          esac
        done
        printf '%%s\n' "$@" > %1$s/arguments
        echo "${LC_ALL:-none}" > %1$s/locale
        """);
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
  }

  private static void copyExecutable(Path from, Path to) throws IOException {
    Files.copy(from, to);
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /// Not a link: JUnit warns of those that lead out of its folder.
  private void tool(String name) throws IOException {
    Path file =
        Files.writeString(tools.resolve(name), "#!/bin/sh\nexec %s \"$@\"\n".formatted(find(name)));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path find(String tool) {
    for (String place : System.getenv("PATH").split(":")) {
      Path file = Path.of(place, tool);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new AssertionError("no " + tool);
  }

  private void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + body.formatted(folder));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Path output) throws IOException {
    return start(output, Map.of());
  }

  private Process start(Path output, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(checkout.resolve("dure").toString(), "--version")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private List<String> together(int count) throws Exception {
    List<Process> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(start(folder.resolve("output-" + i)));
    }
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      assertThat(running.get(i).waitFor(60, TimeUnit.SECONDS)).isTrue();
      outputs.add(Files.readString(folder.resolve("output-" + i), StandardCharsets.UTF_8));
      assertThat(running.get(i).exitValue()).as(outputs.getLast()).isZero();
    }
    return outputs;
  }

  private void withFlock(String lock) throws IOException {
    if (lock.equals("flock")) {
      assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "skipped: no flock here");
      tool("flock");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"flock", "link"})
  void ofThreeThatStartAtOnceOneBuildsAndTheOthersWaitForIt(String lock) throws Exception {
    withFlock(lock);
    List<String> outputs = together(3);
    assertThat(folder.resolve("builds")).hasContent("began\nended\n");
    assertThat(folder.resolve("recordings")).hasContent("recorded\n");
    assertThat(outputs).allMatch(output -> output.endsWith("half\nwhole\n"));
    assertThat(outputs).filteredOn(output -> output.contains("waiting for it")).hasSize(2);
    assertThat(together(1)).containsExactly("half\nwhole\n");
    assertThat(folder.resolve("builds")).hasContent("began\nended\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"flock", "link"})
  void whatAKilledOneLeftBehindHoldsNobodyUp(String lock) throws Exception {
    withFlock(lock);
    Process killed = start(folder.resolve("killed"));
    while (!Files.exists(folder.resolve("builds"))) {
      Thread.sleep(20);
    }
    List<ProcessHandle> all = new ArrayList<>(killed.descendants().toList());
    all.add(killed.toHandle());
    all.forEach(ProcessHandle::destroyForcibly);
    killed.waitFor();
    assertThat(together(3)).allMatch(output -> output.endsWith("half\nwhole\n"));
    assertThat(folder.resolve("builds")).hasContent("began\nbegan\nended\n");
    assertThat(folder.resolve("recordings")).hasContent("recorded\n");
  }

  /// A package whose recordings take as long as the file `slow` is there.
  private void installation() throws Exception {
    for (String tool : List.of("cksum", "cut", "awk", "chmod", "ls", "id", "ps", "sh")) {
      tool(tool);
    }
    script(
        tools.resolve("nice"), "shift 2\nwhile [ -e %s/slow ]; do sleep 0.05; done\nexec \"$@\"\n");
    Files.createDirectories(checkout.resolve("bin"));
    Files.createDirectories(checkout.resolve("lib"));
    Files.writeString(checkout.resolve("lib/dure-app-0.1.0.jar"), "");
    Files.move(checkout.resolve("dure"), checkout.resolve("bin/dure"));
    Files.createFile(folder.resolve("slow"));
    Files.setPosixFilePermissions(
        checkout.resolve("lib"), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void runInstalled() throws Exception {
    Process process =
        new ProcessBuilder(
                "env",
                "-i",
                "PATH=" + tools,
                "HOME=" + folder,
                "JAVA_HOME=" + folder.resolve("jdk"),
                checkout.resolve("bin/dure").toString(),
                "--version")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("installed").toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("installed"))).isZero();
  }

  private static void awaitThere(Path file) throws InterruptedException {
    while (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      Thread.sleep(20);
    }
  }

  /// A recording gives way to everything else: on a busy machine it may take very long.
  @Test
  void aRecordingThatLivesIsNotTakenForDeadHoweverLongItTakes() throws Exception {
    installation();
    Path aside = checkout.resolve("lib/recording");
    Path holder = checkout.resolve("lib/recording.by");
    Path users = folder.resolve(".cache/dure/recording.by");
    runInstalled();
    awaitThere(aside);
    for (Path made : List.of(aside, holder, users)) {
      Files.getFileAttributeView(made, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setTimes(FileTime.from(Instant.now().minusSeconds(3_600)), null, null);
    }
    Path by = Files.readSymbolicLink(holder);
    runInstalled();
    runInstalled();
    assertThat(Files.readSymbolicLink(holder)).isEqualTo(by);
    Files.delete(folder.resolve("slow"));
    while (Files.exists(holder, LinkOption.NOFOLLOW_LINKS)) {
      Thread.sleep(20);
    }
    assertThat(folder.resolve("recordings")).hasContent("recorded\n");
    assertThat(aside).doesNotExist();
  }

  @Test
  void whatAKilledRecordingLeftBehindIsClearedAway() throws Exception {
    installation();
    Files.delete(folder.resolve("slow"));
    Files.createDirectories(checkout.resolve("lib/recording"));
    Files.createDirectories(folder.resolve(".cache/dure"));
    Path nobody = Path.of("4194304");
    Files.createSymbolicLink(checkout.resolve("lib/recording.by"), nobody);
    Files.createSymbolicLink(folder.resolve(".cache/dure/recording.by"), nobody);
    runInstalled();
    awaitThere(folder.resolve("recordings"));
  }

  /// A `locale` as the C library's: it knows these names, and complains of any other. Not of bash,
  /// which would complain of its own.
  private void localeOf(String... known) throws IOException {
    Path file = tools.resolve("locale");
    Files.writeString(
        file,
        """
        #!/bin/sh
        known=" %s "
        if [ "$1" = -a ]; then
          printf '%%s\\n' $known
          exit
        fi
        names="${LC_ALL:-${LC_CTYPE:-} ${LANG:-} ${LC_TIME:-}}"
        for name in $names; do
          case "$known" in
            *" $name "*) ;;
            *) echo "locale: Cannot set LC_ALL to default locale" >&2 ;;
          esac
        done
        case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
          *UTF-8 | *utf8) echo UTF-8 ;;
          *) echo ANSI_X3.4-1968 ;;
        esac
        """
            .formatted(String.join(" ", known)));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String localeWith(Map<String, String> environment) throws Exception {
    Map<String, String> whole = new HashMap<>(environment);
    whole.put("DURE_NO_BUILD", "1");
    Files.createDirectories(checkout.resolve("app/target/dure"));
    Files.writeString(checkout.resolve("app/target/dure/classpath"), "one.jar");
    Process process = start(folder.resolve("output"), whole);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("output"))).isZero();
    return Files.readString(folder.resolve("locale")).strip();
  }

  @Test
  void aLocaleOfUtf8ThatIsThereIsKept() throws Exception {
    localeOf("C.UTF-8", "ko_KR.UTF-8");
    assertThat(localeWith(Map.of("LANG", "ko_KR.UTF-8"))).isEqualTo("none");
    assertThat(localeWith(Map.of("LC_CTYPE", "ko_KR.UTF-8"))).isEqualTo("none");
    assertThat(localeWith(Map.of("LC_ALL", "ko_KR.UTF-8"))).isEqualTo("ko_KR.UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "-, -, -",
        "-, -, ko_KR.UTF-8",
        "-, ko_KR.UTF-8, -",
        "ko_KR.UTF-8, -, C.UTF-8",
        "-, C.UTF-8, ko_KR.UTF-8",
        "-, -, ko_KR.EUC-KR",
        "POSIX, C.UTF-8, C.UTF-8",
      })
  void oneThatIsNotInstalledOrNotOfUtf8GivesWay(
      @Nullable String all, @Nullable String characters, @Nullable String language)
      throws Exception {
    localeOf("C", "POSIX", "C.UTF-8", "ko_KR.EUC-KR");
    Map<String, String> environment = new HashMap<>();
    environment.put("LC_ALL", all == null ? "" : all);
    environment.put("LC_CTYPE", characters == null ? "" : characters);
    environment.put("LANG", language == null ? "" : language);
    assertThat(localeWith(environment)).isEqualTo("C.UTF-8");
  }

  @Test
  void aMissingLocaleOfAnyCategoryCounts() throws Exception {
    localeOf("C.UTF-8");
    assertThat(localeWith(Map.of("LANG", "C.UTF-8", "LC_TIME", "ko_KR.UTF-8")))
        .isEqualTo("C.UTF-8");
  }

  @Test
  void withoutTheUsualOneAnyOtherOfUtf8IsTaken() throws Exception {
    localeOf("C", "POSIX", "en_US.UTF-8");
    assertThat(localeWith(Map.of("LANG", "ko_KR.UTF-8"))).isEqualTo("en_US.UTF-8");
    localeOf("C", "POSIX", "fr_CH.iso88591", "fr_CH.utf8");
    assertThat(localeWith(Map.of("LANG", "ko_KR.UTF-8"))).isEqualTo("fr_CH.utf8");
  }

  @Test
  void withoutTheCommandThatKnowsTheLocalesTheUsualOneIsTaken() throws Exception {
    assertThat(localeWith(Map.of("LANG", "ko_KR.UTF-8"))).isEqualTo("C.UTF-8");
  }

  private Process startIn(Path place, String... arguments) throws IOException {
    Files.createDirectories(place.getParent());
    Files.move(checkout, place);
    checkout = place;
    List<String> command = new ArrayList<>(List.of(place.resolve("dure").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("DURE_NO_BUILD", "1");
    return builder.start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b/c", "50%", "star*/x", "두레 é", "$HOME `x` 'y\""})
  void aFolderOfAnyOtherNameDoes(String name) throws Exception {
    Path target = Files.createDirectories(checkout.resolve("app/target/dure"));
    Files.writeString(target.resolve("classpath"), "one.jar");
    Process process = startIn(folder.resolve("at").resolve(name), "--version");
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("output"))).isZero();
    assertThat(Files.readAllLines(folder.resolve("arguments")))
        .contains("-Ddure.command=" + checkout.resolve("dure"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "two\nlines", "end\n", "tab\tbed"})
  void aFolderFromWhichJavaCannotBeRunIsRefusedByName(String name) throws Exception {
    Process process = startIn(folder.resolve("at").resolve(name), "--version");
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(2);
    assertThat(Files.readString(folder.resolve("output")))
        .startsWith("dure: ")
        .contains("move or rename it", folder.resolve("at").toString())
        .hasLineCount(1);
    assertThat(folder.resolve("arguments")).doesNotExist();
  }

  @Test
  void aRegionTakesHalfOfWhatItsContainerMayUse() throws Exception {
    // A `cat` that shows the limit of a container of 6 GB.
    script(
        tools.resolve("cat"),
        """
        case "$1" in
          */memory.max | */memory.limit_in_bytes) echo 6442450944 ;;
          *) exec %s "$@" ;;
        esac
        """
            .replace("%s", find("cat").toString()));
    Path target = Files.createDirectories(checkout.resolve("app/target/dure"));
    Files.writeString(target.resolve("classpath"), "one.jar");
    Process process = startIn(folder.resolve("at"), "node");
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("output"))).isZero();
    long most =
        Files.readAllLines(folder.resolve("arguments")).stream()
            .filter(one -> one.startsWith("-XX:MaxDirectMemorySize="))
            .mapToLong(one -> Long.parseLong(one.replaceAll("[^0-9]", "")))
            .findFirst()
            .orElseThrow();
    assertThat(most).isBetween(1_025L, 3_072L);
  }
}
