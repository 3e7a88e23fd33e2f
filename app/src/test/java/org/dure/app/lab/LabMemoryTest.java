package org.dure.app.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.Settings;
import org.dure.federation.protocol.Study;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The lab's hub and nodes have the memory that the `dure` command gives them anywhere.
@Tag("e2e")
class LabMemoryTest {
  private static final Path COMMAND = Path.of("../dure").toAbsolutePath().normalize();
  private static final Pattern FLAG =
      Pattern.compile(
          "(?m)^ *\\w+ (\\w*(?:Heap|Memory|Cache|Stack)\\w*Size|\\w*HeapFreeRatio) *= (\\d+)");

  @TempDir Path folder;

  /// What Java is told about memory by the launcher of a verb.
  private static Map<String, Long> memory(String verb, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(COMMAND.toString(), verb);
    builder.environment().putAll(environment);
    builder.environment().put("DURE_NO_BUILD", "1");
    builder
        .environment()
        .merge(
            "DURE_JAVA_OPTIONS",
            "-XX:+PrintFlagsFinal -version",
            (given, more) -> given + " " + more);
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    Map<String, Long> flags = new TreeMap<>();
    for (Matcher flag = FLAG.matcher(said); flag.find(); ) {
      flags.put(flag.group(1), Long.parseLong(flag.group(2)));
    }
    assertThat(flags).containsKeys("MaxHeapSize", "MaxDirectMemorySize");
    return flags;
  }

  @Test
  void theHubHasTheMemoryOfAnyHub() throws Exception {
    Files.createDirectories(folder.resolve("logs"));
    assertThat(memory("hub", LabEnvironment.hub(LabOptions.HUB_HEAP, folder)))
        .isEqualTo(memory("hub", Map.of()));
  }

  @Test
  void aNodeHasTheMemoryOfANodeOnAMachineOfItsShare() throws Exception {
    Study study =
        Study.of(
            Settings.parse(
                "lab", "name = \"lab\"\nrounds = 1\nsteps = 1\nregions.ko.language = \"ko\"\n"),
            settings -> {});
    Map<String, String> environment = LabEnvironment.region(2, 1 << 20, study);
    assertThat(environment).containsOnlyKeys("DURE_MEMORY");
    long megabytes = Long.parseLong(environment.get("DURE_MEMORY"));
    Map<String, Long> node = memory("node", environment);
    Map<String, Long> anywhere = memory("node", Map.of());
    assertThat(node).containsEntry("MaxHeapSize", anywhere.get("MaxHeapSize"));
    assertThat(node.get("MaxDirectMemorySize"))
        .isEqualTo(megabytes / 2 > 1024 ? megabytes / 2 << 20 : 0);
  }
}
