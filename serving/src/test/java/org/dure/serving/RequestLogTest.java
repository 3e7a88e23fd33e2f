package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestLogTest {
  /// As `simplelogger.properties` says.
  private static final Path LOG = Path.of("target", "serving.log");

  @Test
  void requestsAreLoggedWithNumbersAndWithoutText() {
    List<String> lines;
    try (TestServer server = new TestServer(ClientServer.french())) {
      int before = lines(0).size();
      server.post(
          "/v1/completions",
          CompletionsTest.json(
              "'model': 'fr', 'prompt': 'Au village', 'temperature': 0, 'max_tokens': 30, 'user': 'Anne'"));
      server.post("/v1/completions", CompletionsTest.json("'model': 'Secret', 'prompt': 'Secret'"));
      TestServer.await("two lines", () -> lines(before).size() >= 2);
      lines = lines(before);
    }
    assertThat(lines.getFirst())
        .matches(
            "INFO POST /v1/completions 200 \\d+ms req_\\w+ model=fr prompt=5 completion=30 finish=length");
    assertThat(lines.get(1)).matches("INFO POST /v1/completions 404 \\d+ms req_\\w+");
    assertThat(String.join("\n", lines)).doesNotContain("village", "chacun", "Anne", "Secret");
  }

  private static List<String> lines(int before) {
    try {
      List<String> all = Files.exists(LOG) ? Files.readAllLines(LOG) : List.of();
      return all.subList(before, all.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
