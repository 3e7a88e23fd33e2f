package org.dure.app.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dure.core.DureException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SupervisedProcessTest {
  private static final String COMMAND = "dure.command";

  @TempDir Path folder;
  private final List<String> said = new CopyOnWriteArrayList<>();
  private String before = "";

  @BeforeEach
  void remember() {
    before = System.getProperty(COMMAND, "");
  }

  @AfterEach
  void putBack() {
    if (before.isEmpty()) {
      System.clearProperty(COMMAND);
    } else {
      System.setProperty(COMMAND, before);
    }
  }

  /// A process that ends with `status` the first time, and well the second.
  private SupervisedProcess process(int status) throws IOException {
    Path script = folder.resolve("dure");
    Path been = folder.resolve("been");
    Files.writeString(
        script,
        "#!/bin/sh\nif [ -e %1$s ]; then exit 0; fi\ntouch %1$s\nexit %2$d\n"
            .formatted(been, status));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    System.setProperty(COMMAND, script.toString());
    return new SupervisedProcess("the hub", List.of(), Map.of(), folder.resolve("log"), said::add);
  }

  private static void awaitEnd(SupervisedProcess process) throws InterruptedException {
    while (!process.finished()) {
      process.check();
      Thread.sleep(20);
    }
  }

  @Test
  void oneWhoseMemoryWasExhaustedIsStartedAgain() throws IOException, InterruptedException {
    try (SupervisedProcess process = process(5)) {
      awaitEnd(process);
    }
    assertThat(said).singleElement().asString().contains("ended with status 5");
  }

  @Test
  void aRefusalIsFinal() throws IOException {
    try (SupervisedProcess process = process(3)) {
      assertThatThrownBy(() -> awaitEnd(process))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("status 3");
    }
    assertThat(said).isEmpty();
  }

  @Test
  void oneThatCannotBeStartedAgainIsNotWaitedForInVain()
      throws IOException, InterruptedException {
    try (SupervisedProcess process = process(5)) {
      while (!Files.exists(folder.resolve("been"))) {
        Thread.sleep(5);
      }
      Files.delete(folder.resolve("dure"));
      assertThatThrownBy(() -> awaitEnd(process))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("cannot start");
    }
  }
}
