package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `dure serve` asks nobody's word for it when it would listen beyond this machine.
class ServeAccessTest {
  @TempDir Path folder;

  private static String refused(String... options) {
    List<String> arguments = new ArrayList<>(List.of("serve", "no-such-release"));
    arguments.addAll(List.of(options));
    String[] array = arguments.toArray(String[]::new);
    StringWriter err = new StringWriter();
    CommandLine dure = Dure.commandLine(array).setErr(new PrintWriter(err, true));
    assertThat(dure.execute(array)).as(err.toString()).isEqualTo(2);
    return err.toString();
  }

  @Test
  void beyondThisMachineOnlyWithAKeyAndTlsOrInsecure() throws IOException {
    Path some = Files.writeString(folder.resolve("some"), "x");
    for (String host : List.of("0.0.0.0", "::", "192.0.2.7", "no.such.host.invalid")) {
      assertThat(refused("--host", host))
          .contains("--api-key-file FILE and --tls-certificate FILE and --tls-key FILE")
          .contains("--insecure");
    }
    assertThat(refused("--host", "0.0.0.0", "--api-key-file", some.toString()))
        .contains("give --tls-certificate FILE and --tls-key FILE");
    assertThat(
            refused(
                "--host", "::", "--tls-certificate", some.toString(), "--tls-key", some.toString()))
        .contains("give --api-key-file FILE");
    assertThat(refused("--tls-certificate", some.toString())).contains("--tls-key FILE is missing");
    assertThat(refused("--allow-origin", "example.org")).contains("https://app.example.org");
    assertThat(refused("--allow-host", "http://a.org")).contains("models.example.org");
    assertThat(refused("--host", "0.0.0.0", "--insecure")).contains("no-such-release");
    assertThat(refused("--host", "localhost")).contains("no-such-release");
  }

  /// The chat page and the console are of one product: one mark.
  @Test
  void chatPageAndConsoleBearOneMark() throws IOException {
    try (InputStream console = resource("/console/icon.svg");
        InputStream chat = resource("/org/dure/serving/page/icon.svg")) {
      assertThat(chat.readAllBytes()).isEqualTo(console.readAllBytes());
    }
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(ServeAccessTest.class.getResourceAsStream(name), name);
  }
}
