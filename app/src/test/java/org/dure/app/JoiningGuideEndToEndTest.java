package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.Extent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Follows docs/joining.md word for word: the hub in one network namespace, a bare region in
/// another, nothing but the package and the text. Needs root and `ip netns`.
@Tag("e2e")
@Timeout(600)
class JoiningGuideEndToEndTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK =
      Pattern.compile("^```(sh|toml) ([^\\n]+)\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("DURE1(-[0-9A-Z]{2,8})+");

  /// Whether the packages record their caches of classes, which takes a core for half a minute
  /// each.
  private static final boolean RECORDS = Extent.of(false, true);

  @TempDir Path folder;

  private final String tag = Long.toString(ProcessHandle.current().pid());
  private final List<Running> running = new ArrayList<>();
  private final Map<String, Path> places = new LinkedHashMap<>();
  private String code = "";
  private String digest = "";
  private boolean finished;

  private record Running(String command, Process process, Path output) {
    String said() throws IOException {
      return Files.readString(output);
    }
  }

  @BeforeEach
  void twoNamespaces() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name")) && system("ip netns list").status() == 0,
        "skipped: network namespaces need root and ip (iproute2)");
    assumeTrue(
        system("ip netns add dj-hub-" + tag).status() == 0, "skipped: no network namespaces here");
    must("ip netns add dj-region-" + tag);
    must("ip link add dj-h netns dj-hub-%s type veth peer name dj-r netns dj-region-%s", tag, tag);
    int last = 1;
    for (String side : List.of("hub", "region")) {
      String namespace = "dj-%s-%s".formatted(side, tag);
      String device = "dj-" + side.charAt(0);
      must("ip netns exec %s ip link set lo up", namespace);
      must("ip netns exec %s ip address add 10.99.77.%d/24 dev %s", namespace, last++, device);
      must("ip netns exec %s ip link set %s up", namespace, device);
      Path hosts = Path.of("/etc/netns").resolve(namespace).resolve("hosts");
      AtomicFiles.write(hosts, "127.0.0.1 localhost\n10.99.77.1 hub.example\n");
      places.put(side, Files.createDirectories(folder.resolve(side)));
    }
  }

  @AfterEach
  void away() throws Exception {
    for (Running one : running) {
      one.process.descendants().forEach(ProcessHandle::destroyForcibly);
      one.process.destroyForcibly().waitFor();
    }
    for (String side : List.of("hub", "region")) {
      String namespace = "dj-%s-%s".formatted(side, tag);
      var unused = system("ip netns delete " + namespace);
      AtomicFiles.delete(Path.of("/etc/netns").resolve(namespace));
    }
  }

  private static void must(String format, Object... values) throws Exception {
    DureProcess.Outcome outcome = system(format.formatted(values));
    assertThat(outcome.status()).as(outcome.output()).isZero();
  }

  private static DureProcess.Outcome system(String command) throws Exception {
    Process process = new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new DureProcess.Outcome(process.waitFor(), output);
  }

  @Test
  void theGuideLeadsFromTwoBareMachinesToAContributionThatCounts() throws Exception {
    DureProcess.Outcome packaged =
        system(
            "DURE_NO_BUILD=1 JAVA_HOME='%s' '%s'".formatted(java(), ROOT.resolve("etc/package")));
    assertThat(packaged.status()).as(packaged.output()).isZero();
    Path archive = Path.of(packaged.output().lines().toList().getLast());
    for (Path place : places.values()) {
      Files.copy(archive, place.resolve(archive.getFileName()));
    }
    Matcher blocks = BLOCK.matcher(Files.readString(ROOT.resolve("docs/joining.md")));
    int commands = 0;
    while (blocks.find()) {
      if (blocks.group(1).equals("toml")) {
        Files.writeString(place("hub").resolve(blocks.group(2)), blocks.group(3));
      } else {
        for (String line : blocks.group(3).lines().toList()) {
          follow(blocks.group(2), line);
          commands++;
        }
      }
    }
    assertThat(commands).isGreaterThan(10);
    Running hub = running.getFirst();
    await(hub, "finished, round 4 of 4");
    assertThat(hub.said()).contains("ko asks to be admitted");
    if (RECORDS) {
      awaitCache(place("hub").resolve("lib"));
    }
  }

  /// Every package records a cache of classes in the background at its first use.
  private static void awaitCache(Path libraries) throws Exception {
    // It gives way to everything else that this machine has to do, and so would this test.
    var unused =
        system("pgrep -f AOTCacheOutput=%s | xargs -r renice -n 0 -p".formatted(libraries));
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
    while (caches(libraries).isEmpty() || Files.exists(libraries.resolve("recording"))) {
      assertThat(System.nanoTime()).as("no cache in " + libraries).isLessThan(until);
      Thread.sleep(100);
    }
    assertThat(caches(libraries))
        .singleElement()
        .satisfies(cache -> assertThat(Files.size(cache)).isGreaterThan(1_000_000));
  }

  private static List<Path> caches(Path libraries) throws IOException {
    try (Stream<Path> files = Files.list(libraries)) {
      return files.filter(file -> file.toString().endsWith(".aot")).toList();
    }
  }

  private Path place(String side) {
    return places.getOrDefault(side, folder);
  }

  private void follow(String where, String line) throws Exception {
    String side = where.split(" ")[0];
    if (line.startsWith("cd ")) {
      places.put(side, place(side).resolve(line.substring(3)));
      return;
    }
    if (line.contains("region prepare")) {
      SmallText.write(place("region").resolve("text"), "ko", 300);
    }
    if (where.endsWith(" finished") && !finished) {
      Running run = running.getLast();
      assertThat(run.process.waitFor(180, TimeUnit.SECONDS)).as(run.said()).isTrue();
      assertThat(run.said()).contains("the model: ko/model", "its scores: ko/evaluation.json");
      finished = true;
    }
    Running step = start(side, line.replace("CODE", code).replace("DIGEST", digest));
    if (where.endsWith(" running")) {
      running.add(step);
      await(
          step,
          line.contains("hub --home")
              ? "regions: https://"
              : line.contains("init")
                  ? "waiting for approval"
                  : line.contains("dure serve") ? "serving ko on http://" : "");
      return;
    }
    assertThat(step.process.waitFor(120, TimeUnit.SECONDS)).as(step.said()).isTrue();
    assertThat(step.process.exitValue()).as(line + "\n" + step.said()).isZero();
    Matcher found = CODE.matcher(step.said());
    if (found.find()) {
      code = found.group();
    }
    if (line.contains("region terms")) {
      digest = step.said().lines().toList().getLast().strip();
    }
    if (line.contains("hub approve")) {
      Running init = running.getLast();
      assertThat(init.process.waitFor(30, TimeUnit.SECONDS)).as(init.said()).isTrue();
      assertThat(init.said()).contains("admitted; the certificate is in ko");
    }
  }

  private Running start(String side, String line) throws IOException {
    Path output = Files.createTempFile(folder, "step-", ".output");
    String namespace = "dj-%s-%s".formatted(side, tag);
    ProcessBuilder builder =
        new ProcessBuilder("ip", "netns", "exec", namespace, "bash", "-c", line);
    builder.directory(place(side).toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    builder.environment().put("HOME", folder.toString());
    builder.environment().put("JAVA_HOME", java());
    builder.environment().put("DURE_HEAP", "384m");
    builder.environment().put("DURE_JAVA_OPTIONS", DureProcess.QUICK);
    if (!RECORDS) {
      builder.environment().put("DURE_NO_BUILD", "1");
    }
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    return new Running(line, builder.start(), output);
  }

  private static String java() {
    return System.getProperty("java.home");
  }

  private static void await(Running step, String text) throws Exception {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!step.said().contains(text)) {
      assertThat(step.process.isAlive()).as(step.command + "\n" + step.said()).isTrue();
      assertThat(System.nanoTime()).as(step.command + "\n" + step.said()).isLessThan(until);
      Thread.sleep(100);
    }
  }
}
