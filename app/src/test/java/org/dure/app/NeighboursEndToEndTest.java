package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dure.app.process.Ports;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Other users of the same machine: they read nothing, write nothing and plant nothing, whatever
/// the umask. The real command, as a user starts it.
@Tag("e2e")
@Timeout(180)
class NeighboursEndToEndTest {
  private static final String STUDY =
      """
      name = "neighbours"
      workload = "rehearsal"
      rounds = 2
      steps = 1
      rehearsal.bytes = 4000
      [regions.ko]
      language = "ko"
      """;

  @TempDir Path folder;

  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("bash", "-c", "umask 000; exec \"$0\" \"$@\"", DureProcess.COMMAND.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.environment().putAll(environment);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("output").toFile())
        .start();
  }

  private String run(int status, Map<String, String> environment, String... arguments)
      throws Exception {
    Process process = start(environment, arguments);
    assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
    String output = Files.readString(folder.resolve("output"));
    assertThat(process.exitValue()).as(output).isEqualTo(status);
    return output;
  }

  private static void assertPrivate(Path start) throws IOException {
    try (Stream<Path> all = Files.walk(start)) {
      for (Path one : (Iterable<Path>) all::iterator) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(one));
        assertThat(mode).as(one.toString()).endsWith("------");
      }
    }
  }

  @Test
  void homesCorporaAndCachesAreTheirUsersAloneAndNothingIsUnpackedWhereAllMayWrite()
      throws Exception {
    Path caches = folder.resolve("caches");
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Map<String, String> environment =
        Map.of(
            "XDG_CACHE_HOME",
            caches.toString(),
            "DURE_JAVA_OPTIONS",
            DureProcess.QUICK + " -Djava.io.tmpdir=" + shared + " -XX:+PerfDisableSharedMem");
    Path study = Files.writeString(folder.resolve("study.toml"), STUDY);
    Path hub = folder.resolve("hub");
    run(0, environment, "hub", "init", "--home", hub.toString(), "--study", study.toString());
    SmallText.write(folder.resolve("text"), "fr", 60);
    Path corpus = folder.resolve("corpus");
    run(
        0,
        environment,
        "corpus",
        "build",
        "--language=fr",
        "--in=" + folder.resolve("text"),
        "--out=" + corpus);
    Process running =
        start(
            environment,
            "hub",
            "--home=" + hub,
            "--port=" + Ports.orAnyFree(0),
            "--console-port=" + Ports.orAnyFree(0));
    while (!Files.exists(hub.resolve("rounds.sqlite-wal")) && running.isAlive()) {
      Thread.sleep(50);
    }
    assertPrivate(hub);
    running.destroy();
    assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertPrivate(hub);
    assertPrivate(corpus);
    assertPrivate(caches);
    assertThat(caches.resolve("dure/native")).isNotEmptyDirectory();
    assertThat(shared).isEmptyDirectory();

    Files.setPosixFilePermissions(
        caches.resolve("dure/native"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(
            run(
                3,
                environment,
                "corpus",
                "build",
                "--language=fr",
                "--in=" + folder.resolve("text"),
                "--out=" + folder.resolve("other")))
        .contains("FOLDER_EXPOSED", caches.resolve("dure/native").toString());
  }

  @Test
  void aHubWhoseDatabaseIsAwayWaitsForIt() throws Exception {
    Path study = Files.writeString(folder.resolve("study.toml"), STUDY);
    Process hub =
        start(
            Map.of(),
            "hub",
            "--study=" + study,
            "--home=" + folder.resolve("hub"),
            "--port=" + Ports.orAnyFree(0),
            "--console-port=" + Ports.orAnyFree(0),
            "--store=jdbc:postgresql://127.0.0.1:%d/dure?user=dure".formatted(Ports.orAnyFree(0)));
    while (!Files.readString(folder.resolve("output")).contains("waiting for the database")
        && hub.isAlive()) {
      Thread.sleep(50);
    }
    Thread.sleep(2_500);
    assertThat(hub.isAlive()).as(Files.readString(folder.resolve("output"))).isTrue();
    hub.destroy();
    assertThat(hub.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(folder.resolve("output")))
        .containsOnlyOnce("waiting for the database")
        .contains("STORE_UNREACHABLE");
  }
}
