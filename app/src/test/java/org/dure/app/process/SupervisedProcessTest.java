package org.dure.app.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("e2e")
@Timeout(60)
class SupervisedProcessTest {
  @TempDir Path folder;
  private final List<String> said = new CopyOnWriteArrayList<>();

  private SupervisedProcess start(String script) {
    return start(List.of("sh", "-c", script));
  }

  private SupervisedProcess start(List<String> command) {
    Path log = folder.resolve("logs").resolve("it.log");
    return new SupervisedProcess(
        new SupervisedProcess.Program("it", command, Map.of("WORD", "a word"), log), said::add);
  }

  private static void awaitEnd(SupervisedProcess process) throws InterruptedException {
    while (!process.isOver()) {
      Thread.sleep(20);
    }
  }

  @Test
  void oneThatIsKilledOnPurposeIsStartedAgainAndThatIsNoDeath() throws Exception {
    try (SupervisedProcess process = start("sleep 1000")) {
      long first = process.pid();
      process.kill();
      long unused = process.awaitRestart();
      assertThat(process.pid()).isNotEqualTo(first);
      assertThat(process.kills()).isEqualTo(1);
      assertThat(process.deaths()).isEmpty();
      assertThat(said).isEmpty();
    }
  }

  @Test
  void oneThatIsHeldDownComesBackOnlyWhenItIsLetUp() throws Exception {
    try (SupervisedProcess process = start("sleep 1000")) {
      long first = process.pid();
      process.down();
      Thread.sleep(100);
      assertThat(process.pid()).isEqualTo(first);
      process.up();
      long unused = process.awaitRestart();
      assertThat(process.pid()).isNotEqualTo(first);
    }
  }

  @Test
  void oneThatDiesIsStartedAgainAndTheDeathIsRememberedWithItsLastWords() throws Exception {
    Path once = folder.resolve("once");
    String script = "[ -f %s ] && exit 0; touch %s; echo $WORD; exit 7".formatted(once, once);
    try (SupervisedProcess process = start(script)) {
      awaitEnd(process);
      process.check();
      assertThat(process.deaths()).singleElement().asString().contains("status 7", "a word");
      assertThat(said).singleElement().asString().contains("starting it again");
    }
  }

  @Test
  void oneWhoseInputIsWrongIsNotStartedAgain() throws Exception {
    int status = ErrorCode.Type.USER.exitStatus();
    try (SupervisedProcess process = start("echo no such study; exit " + status)) {
      awaitEnd(process);
      assertThatThrownBy(process::check)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PROCESS_DIED))
          .hasMessageContaining("no such study");
    }
  }

  @Test
  void oneWhoseMemoryWasExhaustedIsStartedAgain() throws Exception {
    Path once = folder.resolve("once");
    int status = ErrorCode.Type.RESOURCE.exitStatus();
    String script = "[ -f %s ] && exit 0; touch %s; exit %d".formatted(once, once, status);
    try (SupervisedProcess process = start(script)) {
      awaitEnd(process);
      process.check();
      assertThat(said).singleElement().asString().contains("ended with status 5");
    }
  }

  @Test
  void aRefusalIsFinal() throws Exception {
    try (SupervisedProcess process = start("exit " + ErrorCode.Type.REFUSED.exitStatus())) {
      awaitEnd(process);
      assertThatThrownBy(process::check).hasMessageContaining("status 3");
      assertThat(said).isEmpty();
    }
  }

  @Test
  void oneThatCannotBeStartedAgainEndsTheWait() throws Exception {
    Path script = folder.resolve("script");
    Files.writeString(script, "#!/bin/sh\nsleep 1000\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (SupervisedProcess process = start(List.of(script.toString()))) {
      Files.delete(script);
      process.kill();
      long unused = process.awaitRestart();
      assertThat(process.isOver()).isTrue();
      assertThatThrownBy(process::check).hasMessageContaining("cannot be started again");
    }
  }
}
