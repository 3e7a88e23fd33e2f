package org.dure.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A mistake in the command leaves a home as it was; a used home says what differs.
class DemoHomeTest {
  @TempDir Path folder;

  private DemoOptions options(Map<String, Path> text, int steps, int port) {
    return new DemoOptions(
        folder.resolve("demo"),
        folder.resolve("cache"),
        List.of("ko", "es"),
        1,
        text,
        Map.of(),
        new DemoOptions.Budget(null, steps),
        1,
        Together.BODY,
        true,
        false,
        new DemoOptions.Listening(port, 0, 0));
  }

  private void assertRefused(ErrorCode code, DemoOptions options) {
    assertThatExceptionOfType(DureException.class)
        .isThrownBy(() -> new Demo(options, line -> {}).run(finished -> {}))
        .returns(code, DureException::code);
    assertThat(folder.resolve("demo").resolve("request.json")).doesNotExist();
  }

  @Test
  void aMistypedTextOrATakenPortWritesNothing() throws IOException {
    assertRefused(ErrorCode.INPUT_MISSING, options(Map.of("es", folder.resolve("nope")), 6, 0));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(ErrorCode.PORT_TAKEN, options(Map.of(), 6, taken.getLocalPort()));
    }
  }

  @Test
  void aFolderThatHoldsSomethingElseIsNoHome() throws IOException {
    Files.createDirectories(folder.resolve("demo"));
    Files.writeString(folder.resolve("demo/diary.txt"), "mine");
    assertRefused(ErrorCode.HOME_CONFLICT, options(Map.of(), 6, 0));
  }

  @Test
  void aHomeInWhichNothingWasMadeIsTakenOver() throws IOException {
    DemoPlan.noteRequest(options(Map.of("es", folder.resolve("nope")), 6, 0));
    Files.createDirectories(folder.resolve("demo/regions/ko"));
    DemoOptions right = options(Map.of(), 8, 0);
    DemoPlan.checkHome(right);
    DemoPlan.noteRequest(right);
    Files.createDirectories(folder.resolve("demo/regions/ko/corpus"));
    DemoPlan.checkHome(right);
  }

  @Test
  void aUsedHomeSaysWhatDiffersAndWhatToDo() throws IOException {
    DemoPlan.noteRequest(options(Map.of(), 6, 0));
    Files.createDirectories(folder.resolve("demo/hub"));
    assertThatExceptionOfType(DureException.class)
        .isThrownBy(() -> DemoPlan.checkHome(options(Map.of("es", Path.of("/t")), 8, 0)))
        .returns(ErrorCode.HOME_CONFLICT, DureException::code)
        .withMessageContaining("--steps: 6; now 8")
        .withMessageContaining("text of es: the sample; now /t")
        .withMessageContaining("another --home")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("{", "languages"));
  }
}
