package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.app.release.Releases;
import org.dure.core.LanguageProfile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Follows what CONTRIBUTING says of adding a language, word for word, with Khmer, which Dure
/// brings no profile of: from text to a signed release.
@Tag("e2e")
class NewLanguageEndToEndTest {
  private static final Pattern BLOCK =
      Pattern.compile("^```(sh|toml) ([^\\n]+)\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void aFileOfAFewLinesLeadsFromTextToASignedRelease() throws IOException, InterruptedException {
    SmallText.write(folder.resolve("text/km"), "km", 300);
    Matcher blocks = BLOCK.matcher(Files.readString(Path.of("../CONTRIBUTING.md")));
    List<String> said = new ArrayList<>();
    while (blocks.find()) {
      if (blocks.group(1).equals("toml")) {
        assertThat(blocks.group(3).lines().count()).isLessThanOrEqualTo(10);
        Files.writeString(folder.resolve(blocks.group(2)), blocks.group(3));
      } else {
        for (String line : blocks.group(3).lines().toList()) {
          said.add(follow(line));
        }
      }
    }
    assertThat(said).hasSizeGreaterThan(8);
    assertThat(said.getFirst()).contains("Khmer (ខ្មែរ), no mistake", "300 kept, 0 dropped");
    assertThat(String.join("", said))
        .contains("km: 300 documents read", "per character", "bits per byte", "whole")
        .doesNotContain("per word");
    assertThat(said.getLast()).startsWith("សិស្ស");
    Path release = folder.resolve("km/release");
    assertThat(release.resolve("README.md")).content().contains("- km\n", "| Khmer |");
    assertThat(Releases.profiles(release))
        .containsExactly(LanguageProfile.of(folder.resolve("km.toml")));
  }

  private String follow(String line) throws IOException, InterruptedException {
    String command = line.replaceFirst("^\\./dure", Matcher.quoteReplacement(quoted()));
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", command);
    builder.directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.environment().put("DURE_JAVA_OPTIONS", DureProcess.QUICK);
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s%n%s", line, output).isZero();
    return output;
  }

  private static String quoted() {
    return "'" + DureProcess.COMMAND + "'";
  }
}
