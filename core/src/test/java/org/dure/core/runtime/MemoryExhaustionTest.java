package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.dure.core.DureException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each way is taken by a process of its own, which would go on, or end otherwise, if memory that
/// is exhausted were a failure like any other.
class MemoryExhaustionTest {
  enum Way {
    MAIN,
    PLAIN_THREAD,
    TASK,
    RECURRING_TASK,
    EXECUTOR,
    DIRECT_BUFFERS
  }

  static final class Victim {
    public static void main(String[] arguments) throws InterruptedException {
      MemoryExhaustion.endsThisProcess();
      switch (Way.valueOf(arguments[0])) {
        case MAIN -> exhaust();
        case PLAIN_THREAD -> new Thread(Victim::exhaust).start();
        case TASK -> BackgroundTask.once("task", Victim::exhaust, failure -> {});
        case RECURRING_TASK ->
            BackgroundTask.every(Duration.ofMillis(1), "task", Victim::exhaust, failure -> {});
        case EXECUTOR -> {
          try (var executor = Executors.newSingleThreadExecutor()) {
            executor.submit(Victim::exhaust).get();
          } catch (ExecutionException e) {
            DureException unused = Failures.of(e);
          }
        }
        case DIRECT_BUFFERS ->
            BackgroundTask.once(
                "task",
                () -> {
                  List<ByteBuffer> all = new ArrayList<>();
                  while (true) {
                    all.add(ByteBuffer.allocateDirect(1 << 20));
                  }
                },
                failure -> {});
      }
      new CountDownLatch(1).await();
    }

    private static void exhaust() {
      List<byte[]> all = new ArrayList<>();
      while (true) {
        all.add(new byte[1 << 16]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whereverMemoryIsExhaustedTheProcessEndsWithTheStatusOfAResource(Way way)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx16m",
                "-XX:MaxDirectMemorySize=8m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Victim.class.getName(),
                way.name())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(5);
    assertThat(said).contains("error 5003 (MEMORY_SHORT): this process has no memory left");
  }

  @Test
  void whatLibtorchSaysIsRecognisedAndNothingElse() {
    assertThat(
            MemoryExhaustion.isIt(
                new IllegalStateException(
                    new RuntimeException(
                        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"
                            + " allocate 4000000000000 bytes. Error code 12"))))
        .isTrue();
    assertThat(MemoryExhaustion.isIt(new OutOfMemoryError("Java heap space"))).isTrue();
    assertThat(MemoryExhaustion.isIt(new StackOverflowError())).isFalse();
    assertThat(MemoryExhaustion.isIt(new RuntimeException())).isFalse();
  }
}
